//! wasm-opt, which makes release builds smaller. npm's `binaryen` package brings it to every system that has Node.js.

use std::path::{Path, PathBuf};

use super::Part;
use super::{node, npm};
use crate::machine::{Machine, version};
use crate::process;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "wasm-opt",
    purpose: "makes release builds smaller",
    takes: "half a minute",
    optional: false,
    after: &[&node::PART],
    find: |machine| program(machine).map(|file| file.display().to_string()),
    obtain,
};

/// The version of npm's package.
const VERSION: &str = "132.0.0";

/// Older ones on `PATH` do not know all that today's compiler emits.
const OLDEST: u32 = 120;

/// The program, when it is there and recent enough.
pub fn program(machine: &Machine) -> Option<PathBuf> {
    let cached = cache_folder(machine).join("node_modules").join(".bin").join("wasm-opt");
    [machine.which("wasm-opt"), Some(cached)].into_iter().flatten().find(|file| fits(machine, file))
}

fn obtain(machine: &Machine) -> Result<(), String> {
    npm::install(machine, &cache_folder(machine), &format!("binaryen@{VERSION}"))
        .map_err(|error| format!("Install Binaryen {OLDEST} or newer, so that wasm-opt is on PATH ({error})."))
}

fn fits(machine: &Machine, file: &Path) -> bool {
    let printed = process::capture(machine.command(file).arg("--version")).unwrap_or_default();
    version(&printed).and_then(|version| version.first().copied()).is_some_and(|release| release >= OLDEST)
}

fn cache_folder(machine: &Machine) -> PathBuf {
    machine.cache.join(format!("binaryen-{VERSION}"))
}
