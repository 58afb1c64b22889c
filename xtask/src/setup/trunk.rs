//! Trunk, which builds all modules and everything beside them into one folder.

use std::path::{Path, PathBuf};

use super::{Part, compile, release};
use crate::machine::{Machine, version};
use crate::process;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "Trunk",
    purpose: "builds the widget",
    takes: "seconds, or 4 minutes where it must be compiled",
    optional: false,
    after: &[],
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
    let folder = cache_folder(machine);
    let ready_made = release::machine_name("gnu").ok_or_else(|| "there is none for this machine".to_owned());
    let ready_made = ready_made.and_then(|name| {
        let address = format!("{RELEASES}/v{VERSION}/trunk-{name}.tar.gz");
        release::install(machine, &address, "trunk", &folder, |file| fits(machine, file))
    });
    ready_made.or_else(|reason| {
        println!("           compiling Trunk, for no ready-made one can be had ({reason})");
        // Builds are offline: what it downloads tools with stays away.
        let options = ["--no-default-features"];
        compile::install(machine, &folder, &format!("trunk@{VERSION}"), &options)
    })
}

/// Where the project publishes its programs.
const RELEASES: &str = "https://github.com/trunk-rs/trunk/releases/download";

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
