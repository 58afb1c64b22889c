//! Running other programs, and saying in one sentence how they failed.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// Runs a program that talks to the terminal itself.
///
/// # Errors
/// A sentence, when it could not be started or did not end well.
pub fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(ended(command, status)) }
}

/// Runs a program silently and returns what it wrote to its standard output.
///
/// # Errors
/// A sentence with the last line of its standard error.
pub fn capture(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let last = complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(format!("{}: {last}", ended(command, output.status)))
}

/// What a program wrote while [`tee`] passed it on.
pub struct Heard {
    /// How it ended.
    pub status: ExitStatus,
    /// Lines of its standard output.
    pub output: Vec<String>,
    /// Lines of its standard error.
    pub errors: Vec<String>,
}

/// Runs a program, passes on what it writes as it writes it, and keeps the lines.
///
/// # Errors
/// A sentence, when it could not be started or waited for.
pub fn tee(command: &mut Command) -> Result<Heard, String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(command, &error))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    // Two pipes, two readers: a child that fills one that is not read would wait for ever.
    let errors = std::thread::spawn(move || pass_on(stderr, std::io::stderr()));
    let output = pass_on(stdout, std::io::stdout());
    let errors = errors.join().unwrap_or_default();
    let status = child.wait().map_err(|error| format!("{} could not be waited for: {error}", shown(command)))?;
    Ok(Heard { status, output, errors })
}

/// The command as one would type it, for messages.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    let words: Vec<_> = std::iter::once(name).chain(arguments).collect();
    format!("`{}`", words.join(" "))
}

/// The sentence for a program that ended badly.
pub fn ended(command: &Command, status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("{} ended with exit status {code}", shown(command)),
        None => format!("{} was ended by a signal", shown(command)),
    }
}

fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!("{} could not be started: {error}", shown(command))
}

fn pass_on(from: Option<impl Read>, mut to: impl Write) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(from) = from else { return lines };
    let mut from = BufReader::new(from);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        // By bytes: a program may write what is not UTF-8, and that must not end the reading.
        match from.read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return lines,
            Ok(_) => {}
        }
        // A closed terminal is no reason to stop counting.
        let _ = to.write_all(&bytes).and_then(|()| to.flush());
        lines.push(String::from_utf8_lossy(&bytes).trim_end().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["build", "--release"]);
        assert_eq!(shown(&command), "`cargo build --release`");
    }

    #[test]
    fn a_missing_program_is_a_sentence() {
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert!(error.starts_with("`no-such-program-here` could not be started: "), "{error}");
    }

    #[test]
    fn passing_on_keeps_every_line() {
        let mut shown = Vec::new();
        let lines = pass_on(Some(&b"one\ntwo\xff\n\nlast"[..]), &mut shown);
        assert_eq!(lines, ["one", "two\u{fffd}", "", "last"]);
        assert_eq!(shown, b"one\ntwo\xff\n\nlast");
    }
}
