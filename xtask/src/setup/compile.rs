//! Programs compiled from their source, into a folder of the cache: the long way, made as short as it can be.
//!
//! Both that come this way have a second of work per build even so: what matters is how long the compiler takes. So
//! nothing is optimised, and there is no debug information.

use std::fs;
use std::path::Path;

use crate::machine::Machine;
use crate::process;

/// `cargo install` of one package: with the versions of its own lock file where the registry serves them, else with
/// those that it does serve.
///
/// # Errors
/// A sentence with the command to try by hand.
pub fn install(machine: &Machine, folder: &Path, package: &str, options: &[&str]) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{} could not be made: {error}.", folder.display()))?;
    let attempt = |locked: &[&str]| {
        let mut command = machine.cargo();
        command.current_dir(folder).args(["install", "--quiet"]).args(locked).args(options);
        command.arg("--root").arg(folder).arg(package);
        for (name, value) in PROFILE {
            command.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
        }
        // Built in a temporary folder, so that it does not fill the project's.
        command.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET");
        process::capture(&mut command)
    };
    attempt(&["--locked"])
        .or_else(|_| attempt(&[]))
        .map(drop)
        .map_err(|error| format!("Try `cargo install {package}` by hand ({error})."))
}

/// What makes compiling quick, as Cargo's environment has it for the profile `release`.
const PROFILE: [(&str, &str); 6] = [
    ("OPT_LEVEL", "0"),
    ("LTO", "off"),
    ("CODEGEN_UNITS", "256"),
    ("DEBUG", "0"),
    ("STRIP", "none"),
    ("INCREMENTAL", "false"),
];
