//! Debian's package manager, used only where it may be: as root, on a system that has it.

use std::sync::PoisonError;

use crate::machine::Machine;
use crate::process;

/// Installs packages, or says what a person can do who may.
///
/// # Errors
/// A sentence that names the packages.
pub fn install(machine: &Machine, packages: &[&str]) -> Result<(), String> {
    let list = packages.join(" ");
    let Some(apt) = machine.which("apt-get") else {
        return Err(format!("Install it with your system's package manager; Debian's packages are: {list}."));
    };
    if !is_root(machine) {
        return Err(format!("Run `sudo apt-get install --no-install-recommends {list}`."));
    }
    let mut lists_are_fresh = machine.packages.lock().unwrap_or_else(PoisonError::into_inner);
    if !std::mem::replace(&mut *lists_are_fresh, true) {
        // A stale list names versions that the archive no longer has. Where this fails, the installation says why.
        let _ = process::capture(machine.command(&apt).args(["update", "-qq"]));
    }
    let mut command = machine.command(&apt);
    command.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages);
    process::capture(command.env("DEBIAN_FRONTEND", "noninteractive"))
        .map(drop)
        .map_err(|error| format!("Debian's packages {list} could not be installed ({error})."))
}

fn is_root(machine: &Machine) -> bool {
    process::capture(machine.command("id").arg("-u")).is_ok_and(|user| user.trim() == "0")
}
