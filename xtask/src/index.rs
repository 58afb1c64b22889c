//! `cargo xtask index` and `cargo xtask bench knowledge`: `xtask/index`, a program of its own.

use std::ffi::OsString;

use crate::machine::Machine;
use crate::process;

/// Builds and runs what makes indexes: a program of its own, for a site's own pipeline has no use for the rest of this.
///
/// # Errors
/// A sentence.
pub fn run(machine: &Machine, arguments: &[OsString]) -> Result<(), String> {
    let mut command = machine.cargo();
    command.args(["run", "--quiet", "--profile", "tool", "--package", "inferkit-index", "--manifest-path"]);
    command.arg(machine.root.join("Cargo.toml")).arg("--").args(arguments);
    // The folders that it is given are named from where the caller is.
    if let Ok(here) = std::env::current_dir() {
        command.current_dir(here);
    }
    process::run(&mut command)
}
