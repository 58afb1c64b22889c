//! `cargo xtask serve`: the demo site, the widget's own origin and an API, on three origins, as in production.
//!
//! A Node server does the serving (`tests/e2e/server.mjs`), the same one that the browser tests use. `localhost` and
//! `127.0.0.1` are two sites to a browser, and a secure context both. The API is the contract's server. It takes minutes
//! to build the first time, and the shop does without: so it follows when the pages are there already.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;

use serde_json::Value;

use crate::arguments::Serve;
use crate::build;
use crate::gateway;
use crate::machine::Machine;
use crate::process;
use crate::setup::{self, Part, model, node};

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
    let chosen = chosen_model(machine, options)?;
    let default: &[&Part] = if chosen.is_some() { &[] } else { &[&model::PART] };
    setup::require(machine, &[&build::needs(options.release), default].concat())?;
    let model = chosen.or_else(|| model::file(machine)).ok_or("The default model is gone.")?;
    build::build(machine, options.release)?;

    let api = format!("http://127.0.0.1:{api_port}");
    let node = node::program(machine).ok_or("Node.js is missing: run `cargo xtask setup`.")?;
    let mut command = machine.command(node);
    command.args(["--import", END_WITH_PARENT]).arg(machine.browser_tests().join("server.mjs"));
    command.arg("--dist").arg(machine.dist()).arg("--model").arg(&model).args(["--api", &api]);
    command.args(["--site-port", &options.port.to_string(), "--host-port", &host_port.to_string()]);
    let mut server = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("The server could not be started: {error}"))?;
    let announced = announce(&mut server, || {
        // Not waited for when the server ends: it ends with us.
        thread::spawn(move || follow_with_gateway(&model, api_port));
    });
    let status = server.wait().map_err(|error| format!("The server could not be waited for: {error}"))?;
    announced?;
    if status.success() { Ok(()) } else { Err(process::ended(&command, status)) }
}

/// Builds the gateway, starts it, and keeps it for as long as we run.
fn follow_with_gateway(model: &Path, port: u16) {
    let running = Machine::find().and_then(|machine| {
        let program = gateway::build_aside(&machine)?;
        gateway::start(&machine, &program, model, port)
    });
    match running {
        Ok(gateway) => {
            println!("The API answers at {}: the playground is complete.", gateway.api);
            // Dropping it would end it.
            loop {
                thread::park();
            }
        }
        Err(sentence) => println!("There is no API, and the playground lacks the errors of a server. {sentence}"),
    }
}

/// The file of the command line, if there is one.
fn chosen_model(machine: &Machine, options: &Serve) -> Result<Option<PathBuf>, String> {
    let Some(file) = &options.model else { return Ok(None) };
    let here = std::env::current_dir().unwrap_or_else(|_| machine.root.clone());
    let file = here.join(file);
    if file.is_file() { Ok(Some(file)) } else { Err(format!("{} is not a file.", file.display())) }
}

/// Reads what the server says; its first JSON line tells where it listens, which is told on, and the rest is passed on.
fn announce(server: &mut Child, listens: impl FnOnce()) -> Result<(), String> {
    // `wait` would close the pipe that keeps the server alive, so it stays ours until the server's output has ended.
    let _lifeline = server.stdin.take();
    let Some(output) = server.stdout.take() else { return Ok(()) };
    let mut listens = Some(listens);
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        match addresses(&line) {
            Some((site, host)) if listens.is_some() => {
                println!("\nA shop with the widget:            {site}/");
                println!("Every error, seen from both sides: {site}/playground/");
                println!("The widget comes from {host}. The API, for the playground, is built now. Ctrl-C ends all.\n");
                if let Some(listens) = listens.take() {
                    listens();
                }
            }
            _ => println!("{line}"),
        }
    }
    if listens.is_none() { Ok(()) } else { Err("The server ended before it listened.".into()) }
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
