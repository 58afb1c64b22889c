//! Python's package manager, where it is or can be.

use std::process::Command;

use super::apt;
use crate::machine::Machine;
use crate::process;

/// A pip that takes ready-made packages only, without what they depend on, and is brief about it.
///
/// # Errors
/// A sentence, when there is no pip.
pub fn command(machine: &Machine, name: &str) -> Result<Command, String> {
    if process::capture(machine.command("python3").args(["-m", "pip", "--version"])).is_err() {
        apt::install(machine, &["python3", "python3-pip"]).map_err(|error| format!("pip is missing. {error}"))?;
    }
    let mut pip = machine.command("python3");
    pip.args(["-m", "pip", name, "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]);
    Ok(pip)
}
