//! Trunk, which builds all modules and everything beside them into one folder.

use std::path::{Path, PathBuf};

use super::{Part, wasm_bindgen};
use crate::machine::{Machine, version};
use crate::process;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "Trunk",
    purpose: "builds the widget",
    takes: "8 minutes (compiled from source)",
    optional: false,
    find: |machine| program(machine).map(|file| file.display().to_string()),
    obtain,
};

/// The version installed when there is none; later ones ask for a newer compiler than this crate does.
const VERSION: &str = "0.21.14";

/// The program, when it is there. Any 0.21 will do: Trunk.toml and the links in embed.html are written for that one.
pub fn program(machine: &Machine) -> Option<PathBuf> {
    let cached = cache_folder(machine).join("bin").join("trunk");
    [machine.which("trunk"), Some(cached)].into_iter().flatten().find(|file| fits(machine, file))
}

fn obtain(machine: &Machine) -> Result<(), String> {
    wasm_bindgen::install(machine, &cache_folder(machine), &format!("trunk@{VERSION}"), &["--locked"])
}

fn fits(machine: &Machine, file: &Path) -> bool {
    let mut command = machine.command(file);
    // Trunk refuses to start when this has the value that everyone else gives it.
    command.arg("--version").env_remove("NO_COLOR");
    let printed = process::capture(&mut command).unwrap_or_default();
    version(&printed).is_some_and(|version| version.starts_with(&[0, 21]))
}

fn cache_folder(machine: &Machine) -> PathBuf {
    machine.cache.join(format!("trunk-{VERSION}"))
}
