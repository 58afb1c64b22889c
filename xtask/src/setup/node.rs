//! Node.js with npm: it serves the demo, drives the browsers, runs wasm-opt and compresses for the size report.

use std::path::PathBuf;

use super::{Part, apt};
use crate::machine::{Machine, version};
use crate::process;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "Node.js",
    purpose: "serves the demo and drives browsers",
    takes: "a minute",
    optional: false,
    after: &[],
    find: |machine| program(machine).map(|file| file.display().to_string()),
    obtain,
};

/// The oldest release that the drivers of the browser tests run on.
const OLDEST: u32 = 20;

/// `node`, when it is recent enough and has `npm` beside it.
pub fn program(machine: &Machine) -> Option<PathBuf> {
    let node = machine.which("node")?;
    machine.which("npm")?;
    let printed = process::capture(machine.command(&node).arg("--version")).ok()?;
    (*version(&printed)?.first()? >= OLDEST).then_some(node)
}

fn obtain(machine: &Machine) -> Result<(), String> {
    if machine.which("node").is_some() && machine.which("npm").is_some() {
        return Err(format!("The Node.js on PATH is too old: install release {OLDEST} or newer, from nodejs.org."));
    }
    apt::install(machine, &["nodejs", "npm"])?;
    match program(machine) {
        Some(_) => Ok(()),
        None => Err(format!("This system's Node.js is too old: install release {OLDEST} or newer, from nodejs.org.")),
    }
}
