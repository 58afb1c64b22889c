//! The wasm-bindgen command, in exactly the version that `Cargo.lock` has of the library: the two must match.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Part, compile, release};
use crate::machine::{Machine, version};
use crate::process;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "wasm-bindgen",
    purpose: "writes the JavaScript between the page and WebAssembly",
    takes: "seconds, or 2 minutes where it must be compiled",
    optional: false,
    after: &[],
    find: |machine| program(machine).map(|file| file.display().to_string()),
    obtain,
};

/// The program, when it is there in the right version.
pub fn program(machine: &Machine) -> Option<PathBuf> {
    let needed = locked(machine).ok()?;
    let cached = cache_folder(machine, &needed).join("bin").join("wasm-bindgen");
    [machine.which("wasm-bindgen"), Some(cached)].into_iter().flatten().find(|file| fits(machine, file, &needed))
}

fn obtain(machine: &Machine) -> Result<(), String> {
    let needed = locked(machine)?;
    let folder = cache_folder(machine, &needed);
    let ready_made = release::machine_name("musl").ok_or_else(|| "there is none for this machine".to_owned());
    let ready_made = ready_made.and_then(|name| {
        let address = format!("{RELEASES}/{needed}/wasm-bindgen-{needed}-{name}.tar.gz");
        release::install(machine, &address, "wasm-bindgen", &folder, |file| fits(machine, file, &needed))
    });
    ready_made.or_else(|reason| {
        println!("           compiling wasm-bindgen, for no ready-made one can be had ({reason})");
        let package = format!("wasm-bindgen-cli@{needed}");
        // It serves its own test runner by HTTP: no TLS needed for what a build asks of it.
        let options = ["--no-default-features", "--bin", "wasm-bindgen"];
        compile::install(machine, &folder, &package, &options)
    })
}

/// Where the project publishes its programs.
const RELEASES: &str = "https://github.com/wasm-bindgen/wasm-bindgen/releases/download";

fn fits(machine: &Machine, file: &Path, needed: &str) -> bool {
    let printed = process::capture(machine.command(file).arg("--version")).unwrap_or_default();
    version(&printed).is_some() && version(&printed) == version(needed)
}

fn cache_folder(machine: &Machine, needed: &str) -> PathBuf {
    machine.cache.join(format!("wasm-bindgen-{needed}"))
}

fn locked(machine: &Machine) -> Result<String, String> {
    let file = machine.root.join("Cargo.lock");
    let lock = fs::read_to_string(&file).map_err(|error| format!("Cargo.lock could not be read: {error}."))?;
    locked_version(&lock, "wasm-bindgen").ok_or_else(|| "Cargo.lock does not have wasm-bindgen.".into())
}

/// The version of a package in the text of a `Cargo.lock`.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().map(str::trim).skip_while(|line| *line != name);
    lines.next()?;
    let value = lines.next()?.strip_prefix("version = \"")?;
    Some(value.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"version = 4

[[package]]
name = "wasm-bindgen-futures"
version = "0.4.80"

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
source = "registry+https://example.org/index"
dependencies = [
 "wasm-bindgen-macro",
]
"#;

    #[test]
    fn the_lock_file_is_read_by_whole_names() {
        let check = |package: &str, expected: Option<&str>| {
            assert_eq!(locked_version(LOCK, package).as_deref(), expected, "{package}");
        };
        check("wasm-bindgen", Some("0.2.130"));
        check("wasm-bindgen-futures", Some("0.4.80"));
        check("wasm-bindgen-macro", None);
        check("wasm", None);
    }

    #[test]
    fn the_projects_own_lock_file_has_it() {
        let lock = include_str!("../../../Cargo.lock");
        let version = locked_version(lock, "wasm-bindgen").and_then(|text| version(&text));
        assert!(version.is_some_and(|version| version >= vec![0, 2, 93]));
    }
}
