//! Terser, which makes the scripts between the page and its modules smaller.

use std::path::PathBuf;

use super::Part;
use super::{node, npm};
use crate::machine::Machine;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "Terser",
    purpose: "makes the glue of release builds smaller",
    takes: "5 seconds",
    optional: false,
    after: &[&node::PART],
    find: |machine| script(machine).map(|file| file.display().to_string()),
    obtain,
};

/// The version of npm's package.
const VERSION: &str = "5.51.4";

/// The program, for Node.js.
pub fn script(machine: &Machine) -> Option<PathBuf> {
    Some(folder(machine).join("node_modules/terser/bin/terser")).filter(|file| file.is_file())
}

fn obtain(machine: &Machine) -> Result<(), String> {
    npm::install(machine, &folder(machine), &format!("terser@{VERSION}"))
        .map_err(|error| format!("Let `cargo xtask setup` reach npm's registry, for terser@{VERSION} ({error})."))
}

fn folder(machine: &Machine) -> PathBuf {
    machine.cache.join(format!("terser-{VERSION}"))
}
