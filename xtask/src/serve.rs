//! `cargo xtask serve`: the demo site, the widget's own origin and an API, on three origins, as in production.
//!
//! A Node server does the serving (`tests/e2e/server.mjs`), the same one that the browser tests use. `localhost` and
//! `127.0.0.1` are two sites to a browser, and a secure context both. The API is the contract's server.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::arguments::Serve;
use crate::build;
use crate::gateway;
use crate::machine::Machine;
use crate::process;
use crate::setup::{self, model, node};

/// Ties the server's life to ours: it ends when the pipe to us closes, in whatever way we end.
const END_WITH_PARENT: &str = "data:text/javascript,process.stdin.on('end',()=>process.exit(0)).resume()";

/// Sets up, builds and serves until it is interrupted.
///
/// # Errors
/// A sentence.
pub fn command(machine: &Machine, options: &Serve) -> Result<(), String> {
    let (host_port, api_port) = (options.port + 1, options.port + 2);
    for port in [options.port, host_port, api_port] {
        // Said now rather than after minutes of building.
        TcpListener::bind(("127.0.0.1", port))
            .map_err(|error| format!("Port {port} is not free ({error}); choose another with --port."))?;
    }
    let model = chosen_model(machine, options)?;
    build::command(machine, options.release)?;
    let gateway = gateway::start(machine, &gateway::build(machine)?, &model, api_port)?;

    let node = node::program(machine).ok_or("Node.js is missing: run `cargo xtask setup`.")?;
    let mut command = machine.command(node);
    command.args(["--import", END_WITH_PARENT]).arg(machine.browser_tests().join("server.mjs"));
    command.arg("--dist").arg(machine.dist()).arg("--model").arg(model).args(["--api", &gateway.api]);
    command.args(["--site-port", &options.port.to_string(), "--host-port", &host_port.to_string()]);
    let mut server = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("The server could not be started: {error}"))?;
    let announced = announce(&mut server, &gateway.api);
    let status = server.wait().map_err(|error| format!("The server could not be waited for: {error}"))?;
    announced?;
    if status.success() { Ok(()) } else { Err(process::ended(&command, status)) }
}

fn chosen_model(machine: &Machine, options: &Serve) -> Result<PathBuf, String> {
    let Some(file) = &options.model else {
        setup::require(machine, &[&model::PART])?;
        return model::file(machine).ok_or_else(|| "The default model is gone.".into());
    };
    let here = std::env::current_dir().unwrap_or_else(|_| machine.root.clone());
    let file = here.join(file);
    if file.is_file() { Ok(file) } else { Err(format!("{} is not a file.", file.display())) }
}

/// Reads what the server says; its first JSON line tells where it listens, the rest is passed on.
fn announce(server: &mut Child, api: &str) -> Result<(), String> {
    // `wait` would close the pipe that keeps the server alive, so it stays ours until the server's output has ended.
    let _lifeline = server.stdin.take();
    let Some(output) = server.stdout.take() else { return Ok(()) };
    let mut listening = false;
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        match addresses(&line) {
            Some((site, host)) if !listening => {
                listening = true;
                println!("\nA shop with the widget:            {site}/");
                println!("Every error, seen from both sides: {site}/playground/");
                println!("The widget comes from {host}, remote answers from {api}. Ctrl-C ends all.");
            }
            _ => println!("{line}"),
        }
    }
    if listening { Ok(()) } else { Err("The server ended before it listened.".into()) }
}

/// The two addresses in a line such as `{"site": "http://localhost:8080/", "host": "http://127.0.0.1:8081/"}`.
fn addresses(line: &str) -> Option<(String, String)> {
    let value: Value = serde_json::from_str(line).ok()?;
    Some((value.get("site")?.as_str()?.to_owned(), value.get("host")?.as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_first_line_is_understood_and_others_are_not() {
        let check = |line: &str, expected: Option<(&str, &str)>| {
            assert_eq!(addresses(line), expected.map(|(site, host)| (site.into(), host.into())), "{line}");
        };
        check(
            r#"{"site":"http://localhost:1","host":"http://127.0.0.1:2"}"#,
            Some(("http://localhost:1", "http://127.0.0.1:2")),
        );
        check(r#"{"site":"http://localhost:1"}"#, None);
        check("GET /v1/inferkit.js 200", None);
    }
}
