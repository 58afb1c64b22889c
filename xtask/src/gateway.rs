//! The contract's server, `tests/gateway`: built for this machine, and kept running for as long as we are.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::machine::Machine;
use crate::process;

/// Builds it and says where it lies. In the profile of the native tests, which share nearly all of it.
///
/// # Errors
/// A sentence.
pub fn build(machine: &Machine) -> Result<PathBuf, String> {
    build_with(machine, machine.cargo())
}

/// As [`build`], while a visitor of the demo already waits for words: the compiler leaves them the processor.
///
/// # Errors
/// A sentence.
pub fn build_aside(machine: &Machine) -> Result<PathBuf, String> {
    let Some(nice) = machine.which("nice") else { return build(machine) };
    let mut command = machine.command(nice);
    command.args(["-n", "10"]).arg(machine.cargo().get_program());
    build_with(machine, command)
}

fn build_with(machine: &Machine, mut cargo: Command) -> Result<PathBuf, String> {
    process::run(cargo.args(["build", "--profile", "test", "--package", "inferkit-gateway"]))?;
    let program = machine.target.join("debug").join(format!("inferkit-gateway{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() { Ok(program) } else { Err(format!("{} was not built.", program.display())) }
}

/// A gateway that runs. It ends when this is dropped, and when we end in any other way: with the pipe to us.
pub struct Running {
    child: Child,
    /// Its address, such as `http://127.0.0.1:8082`.
    pub api: String,
}

/// Starts it with its controls for tests, and waits until it listens. Its log is passed on.
///
/// # Errors
/// A sentence.
pub fn start(machine: &Machine, program: &Path, model: &Path, port: u16) -> Result<Running, String> {
    let mut command = machine.command(program);
    command.arg("--model").arg(model).args(["--port", &port.to_string(), "--test-controls", "--end-with-parent"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("The gateway could not be started: {error}"))?;
    match child.stdout.take().and_then(listening) {
        Some(api) => Ok(Running { child, api }),
        None => {
            let status = child.wait().map_err(|error| format!("The gateway could not be waited for: {error}"))?;
            Err(process::ended(&command, status))
        }
    }
}

/// Waits for the line that says where it listens; a thread of its own passes on the rest.
fn listening(output: ChildStdout) -> Option<String> {
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let api = lines.by_ref().find_map(|line| address(&line))?;
    thread::spawn(move || lines.for_each(|line| println!("{line}")));
    Some(api)
}

/// The address in a line such as `{"api":"http://127.0.0.1:8082"}`.
fn address(line: &str) -> Option<String> {
    let value: Value = serde_json::from_str(line).ok()?;
    Some(value.get("api")?.as_str()?.to_owned())
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // An error means that it is gone already.
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_first_line_is_understood_and_others_are_not() {
        assert_eq!(address(r#"{"api":"http://127.0.0.1:1"}"#).as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(address(r#"{"request_id":"x","status":200}"#), None);
        assert_eq!(address("loading"), None);
    }
}
