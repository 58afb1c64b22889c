//! Programs that their own projects publish ready-made, as `.tar.gz` files of their releases on GitHub.
//!
//! They take seconds where compiling takes minutes. Where GitHub can't be reached, or has nothing for this machine, that
//! is known within seconds too, and the source is compiled instead. The transport is TLS to the project's own
//! releases; the version is checked by running what came.

use std::fs;
use std::path::{Path, PathBuf};

use crate::machine::Machine;
use crate::process;

/// How long a silent network is waited for, and how long a download may take.
const CONNECT_SECONDS: &str = "5";
const DOWNLOAD_SECONDS: &str = "120";

/// What the releases call this machine, when they know it. Programs for Linux come with a C library inside (`musl`) or
/// without, which differs from project to project.
pub fn machine_name(libc: &str) -> Option<String> {
    let arch = std::env::consts::ARCH;
    match (std::env::consts::OS, arch) {
        ("linux", "x86_64") => Some(format!("{arch}-unknown-linux-{libc}")),
        // Both projects have published this one with either library; glibc is the older habit.
        ("linux", "aarch64") => Some(format!("{arch}-unknown-linux-gnu")),
        ("macos", "x86_64" | "aarch64") => Some(format!("{arch}-apple-darwin")),
        _ => None,
    }
}

/// Downloads an archive and puts the program `name` from inside it into `folder/bin`, when it `fits`.
///
/// # Errors
/// A sentence.
pub fn install(
    machine: &Machine,
    address: &str,
    name: &str,
    folder: &Path,
    fits: impl Fn(&Path) -> bool,
) -> Result<(), String> {
    let work = folder.join(format!("download-{}", std::process::id()));
    let result = install_from(machine, address, name, &work, folder, fits);
    // What is left there is only waste.
    let _ = fs::remove_dir_all(&work);
    result
}

fn install_from(
    machine: &Machine,
    address: &str,
    name: &str,
    work: &Path,
    folder: &Path,
    fits: impl Fn(&Path) -> bool,
) -> Result<(), String> {
    let file_error = |error: std::io::Error| error.to_string();
    fs::create_dir_all(work).map_err(file_error)?;
    let archive = work.join("archive.tar.gz");
    let mut curl = machine.command("curl");
    curl.args(["--silent", "--show-error", "--fail", "--location", "--proto-redir", "=https"]);
    curl.args(["--connect-timeout", CONNECT_SECONDS, "--max-time", DOWNLOAD_SECONDS, "--output"]);
    process::capture(curl.arg(&archive).arg(address))?;
    process::capture(machine.command("tar").arg("-xzf").arg(&archive).arg("-C").arg(work))?;
    let program = found(work, name).ok_or_else(|| format!("{address} holds no {name}"))?;
    if !fits(&program) {
        return Err(format!("the {name} of {address} does not run here, or is another version"));
    }
    let place = folder.join("bin");
    fs::create_dir_all(&place).map_err(file_error)?;
    fs::rename(program, place.join(name)).map_err(file_error)
}

/// The file `name` in the archive: at its top, or in the one folder there.
fn found(folder: &Path, name: &str) -> Option<PathBuf> {
    let folders = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    std::iter::once(folder.to_path_buf()).chain(folders).map(|folder| folder.join(name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_in_the_archive_and_tried() {
        let machine = Machine::find().unwrap();
        if machine.which("curl").is_none() || machine.which("tar").is_none() {
            use std::io::Write;
            // Not captured by libtest.
            let _ = writeln!(std::io::stderr(), "SKIPPED: curl or tar is missing");
            return;
        }
        let folder = std::env::temp_dir().join(format!("inferkit-release-test-{}", std::process::id()));
        let (inside, archive) = (folder.join("tool-1.0-somewhere"), folder.join("tool.tar.gz"));
        fs::create_dir_all(&inside).unwrap();
        fs::write(inside.join("tool"), "a program").unwrap();
        let mut tar = machine.command("tar");
        process::capture(tar.arg("-czf").arg(&archive).arg("-C").arg(&folder).arg("tool-1.0-somewhere")).unwrap();
        let address = format!("file://{}", archive.display());
        let target = folder.join("target");
        let try_it = |name: &str, fits: bool| install(&machine, &address, name, &target, |_| fits);
        assert!(try_it("other", true).unwrap_err().ends_with("holds no other"));
        assert!(try_it("tool", false).unwrap_err().contains("does not run here"));
        assert!(!target.join("bin").join("tool").exists());
        try_it("tool", true).unwrap();
        assert_eq!(fs::read_to_string(target.join("bin").join("tool")).unwrap(), "a program");
        let left: Vec<_> = fs::read_dir(&target).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left, ["bin"]);
        fs::remove_dir_all(folder).unwrap();
    }
}
