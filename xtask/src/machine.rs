//! Where things are on this machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The repository, the cache, and what `PATH` holds.
pub struct Machine {
    /// The repository's root.
    pub root: PathBuf,
    /// What setup downloads or builds, kept per user so that a second checkout does not pay again.
    pub cache: PathBuf,
    /// Cargo's target folder for host builds.
    pub target: PathBuf,
    /// The system's package manager, which serves one caller at a time; whether this run has its newest lists.
    pub packages: Mutex<bool>,
}

impl Machine {
    /// Looks around.
    ///
    /// # Errors
    /// A sentence, when there is neither a home folder nor `INFERKIT_CACHE`.
    pub fn find() -> Result<Self, String> {
        // Cargo sets the variable when it runs us; the constant serves when the binary is started by hand.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).parent().ok_or("xtask's folder has no parent folder.")?.to_path_buf();
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let cache = cache_folder(variable("INFERKIT_CACHE"), variable("XDG_CACHE_HOME"), variable("HOME"))
            .ok_or("Set INFERKIT_CACHE to a folder for downloads: this account has no home folder.")?;
        let target = variable("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
        Ok(Self { root, cache, target, packages: Mutex::new(false) })
    }

    /// Where the built widget lies.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The target folder of wasm builds: a compiler of their own, so a folder of their own.
    pub fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm")
    }

    /// The folder of the browser tests.
    pub fn browser_tests(&self) -> PathBuf {
        self.root.join("tests").join("e2e")
    }

    /// A program that runs in the repository's root.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// The Cargo that runs us, for host builds.
    pub fn cargo(&self) -> Command {
        self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// Finds a program on `PATH`, or by its full path.
    pub fn which(&self, name: &str) -> Option<PathBuf> {
        which::which(name).ok()
    }

    /// The first of several programs that is on `PATH` or, as a full path, exists.
    pub fn first_of(&self, names: &[&str]) -> Option<PathBuf> {
        names.iter().find_map(|name| self.which(name))
    }
}

fn cache_folder(own: Option<OsString>, xdg: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let per_user = || match (xdg.map(PathBuf::from), home) {
        // The specification says that a relative path is to be ignored.
        (Some(folder), _) if folder.is_absolute() => Some(folder),
        (_, Some(home)) => Some(Path::new(&home).join(".cache")),
        (_, None) => None,
    };
    own.map(PathBuf::from).or_else(|| per_user().map(|folder| folder.join("inferkit-widget")))
}

/// The first thing in `text` that looks like a version: numbers with dots between them.
pub fn version(text: &str) -> Option<Vec<u32>> {
    text.split(|character: char| character.is_whitespace() || "v_(".contains(character)).find_map(|word| {
        let digits = word.split(|character: char| !(character.is_ascii_digit() || character == '.')).next()?;
        let numbers: Option<Vec<u32>> = digits.trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect();
        numbers.filter(|numbers| !numbers.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_the_user_says() {
        let check = |own: Option<&str>, xdg: Option<&str>, home: Option<&str>, expected: Option<&str>| {
            let folder = cache_folder(own.map(Into::into), xdg.map(Into::into), home.map(Into::into));
            assert_eq!(folder.as_deref(), expected.map(Path::new));
        };
        check(Some("/here"), Some("/xdg"), Some("/home/me"), Some("/here"));
        check(None, Some("/xdg"), Some("/home/me"), Some("/xdg/inferkit-widget"));
        check(None, Some("relative"), Some("/home/me"), Some("/home/me/.cache/inferkit-widget"));
        check(None, None, Some("/home/me"), Some("/home/me/.cache/inferkit-widget"));
        check(None, None, None, None);
    }

    #[test]
    fn versions_as_programs_print_them() {
        let check = |text: &str, expected: &[u32]| assert_eq!(version(text).as_deref(), Some(expected), "{text}");
        check("trunk 0.21.14", &[0, 21, 14]);
        check("wasm-bindgen 0.2.130", &[0, 2, 130]);
        check("wasm-opt version 132 (version_132)", &[132]);
        check("Mozilla Firefox 153.7.0esr", &[153, 7, 0]);
        check("v20.20.2", &[20, 20, 2]);
        check("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)", &[1, 96, 0]);
        check("rustc 1.97.0-nightly (0123abcde 2026-05-25)", &[1, 97, 0]);
        check("Chromium 156.0.8078.79 built on Debian GNU/Linux 12", &[156, 0, 8078, 79]);
        assert_eq!(version("no version"), None);
    }
}
