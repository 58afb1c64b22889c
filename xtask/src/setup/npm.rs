//! The npm packages of the browser tests, as their lock file has them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Part, node};
use crate::machine::Machine;
use crate::process;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "npm packages",
    purpose: "drive browsers, check types and bring test cases",
    takes: "10 seconds",
    optional: false,
    after: &[&node::PART],
    find,
    obtain,
};

/// An npm that neither asks nor advertises.
///
/// # Errors
/// A sentence, when there is no npm.
pub fn command(machine: &Machine) -> Result<Command, String> {
    let mut command = machine.command(machine.which("npm").ok_or("Install Node.js with npm.")?);
    command.env("npm_config_audit", "false").env("npm_config_fund", "false").env("npm_config_update_notifier", "false");
    Ok(command)
}

/// Installs one package of npm's registry into a folder of its own.
///
/// # Errors
/// A sentence.
pub fn install(machine: &Machine, folder: &Path, package: &str) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{} could not be made: {error}.", folder.display()))?;
    let mut command = command(machine)?;
    command.arg("install").arg("--prefix").arg(folder).args(["--no-save", "--ignore-scripts"]);
    process::capture(command.current_dir(folder).arg(package)).map(drop)
}

fn find(machine: &Machine) -> Option<String> {
    let folder = machine.browser_tests();
    let wanted = packages(&folder.join("package-lock.json"))?;
    let installed = packages(&folder.join("node_modules").join(".package-lock.json"))?;
    is_satisfied(&wanted, &installed).then(|| "tests/e2e/node_modules".into())
}

fn obtain(machine: &Machine) -> Result<(), String> {
    let mut command = command(machine)?;
    command.current_dir(machine.browser_tests()).args(["ci", "--ignore-scripts", "--prefer-offline"]);
    process::capture(&mut command)
        .map(drop)
        .map_err(|error| format!("Run `npm ci` in tests/e2e where npm's registry can be reached ({error})."))
}

fn packages(file: &Path) -> Option<Value> {
    let lock: Value = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
    lock.get("packages").cloned()
}

/// Whether each package of the lock file is installed in its version. Optional ones may be for another system.
fn is_satisfied(wanted: &Value, installed: &Value) -> bool {
    let Some(wanted) = wanted.as_object() else { return false };
    wanted.iter().filter(|(place, _)| !place.is_empty()).all(|(place, package)| {
        let optional = ["optional", "devOptional", "peer"].iter().any(|key| package[key] == Value::Bool(true));
        match installed.get(place) {
            Some(there) => there["version"] == package["version"],
            None => optional,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installed_packages_must_be_those_of_the_lock_file() {
        let lock = r#"{"": {"name": "tests"}, "node_modules/a": {"version": "1.0.0"},
            "node_modules/only-elsewhere": {"version": "2.0.0", "optional": true}}"#;
        let check = |installed: &str, expected: bool| {
            let (wanted, there) = (serde_json::from_str(lock).unwrap(), serde_json::from_str(installed).unwrap());
            assert_eq!(is_satisfied(&wanted, &there), expected, "{installed}");
        };
        check(r#"{"node_modules/a": {"version": "1.0.0"}}"#, true);
        check(r#"{"node_modules/a": {"version": "1.0.1"}}"#, false);
        check(
            r#"{"node_modules/a": {"version": "1.0.0"}, "node_modules/only-elsewhere": {"version": "1.0.0"}}"#,
            false,
        );
        check("{}", false);
    }
}
