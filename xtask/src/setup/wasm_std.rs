//! A Rust compiler with a standard library for `wasm32-unknown-unknown`, and the clippy that belongs to it.
//!
//! The short way is the compiler that is there, with `rustup target add` where needed. The long way, for machines that
//! reach Debian's archive but not Rust's: Debian's `rustc-web` brings a second, recent compiler and the source of std,
//! from which std is built into a sysroot in the cache. Nothing outside the cache changes but the packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Part, apt};
use crate::machine::{Machine, version};
use crate::process;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "wasm32 std",
    purpose: "compiles Rust to WebAssembly",
    takes: "half a minute with rustup, 2 to 4 minutes with Debian's packages",
    optional: false,
    after: &[],
    find: |machine| toolchain(machine).map(|toolchain| toolchain.describe()),
    obtain,
};

/// The target's name.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's second compiler. Clippy must come from the same one; `rust-web-llvm` and `lld-22` bring the linker.
const PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22", "rust-web-clippy"];

/// The programs of [`PACKAGES`] that builds call, all in `/usr/bin`.
const PROGRAMS: &[&str] = &["rustc", "cargo", "cargo-clippy", "clippy-driver", "rust-lld"];

/// A compiler that can build for `wasm32-unknown-unknown`.
pub enum Toolchain {
    /// The one that runs us.
    Own,
    /// Debian's, with the sysroot that we built for it.
    Debian {
        /// The folder to give as `--sysroot`.
        sysroot: PathBuf,
    },
}

/// The toolchain for wasm builds, when there is one.
pub fn toolchain(machine: &Machine) -> Option<Toolchain> {
    if own_has_target(machine) {
        return Some(Toolchain::Own);
    }
    let sysroot = sysroot_folder(machine, &debian_version(machine)?);
    has_std(&library_folder(&sysroot)).then_some(Toolchain::Debian { sysroot })
}

impl Toolchain {
    /// Programs that must come first on `PATH`.
    pub fn programs(&self) -> Vec<PathBuf> {
        match self {
            Self::Own => Vec::new(),
            Self::Debian { .. } => PROGRAMS.iter().map(|name| Path::new("/usr/bin").join(name)).collect(),
        }
    }

    /// The program to call for Cargo.
    pub fn cargo(&self, machine: &Machine) -> Command {
        match self {
            Self::Own => machine.cargo(),
            Self::Debian { .. } => machine.command("/usr/bin/cargo"),
        }
    }

    /// Makes `command`, and every Cargo that it calls, use this toolchain.
    pub fn apply(&self, command: &mut Command) {
        let Self::Debian { sysroot } = self else { return };
        let mut flag = std::ffi::OsString::from("--sysroot=");
        flag.push(sysroot);
        command
            .env("CARGO", "/usr/bin/cargo")
            .env("RUSTC", "/usr/bin/rustc")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flag)
            // Both would win over the line above, and the sysroot would be lost.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("RUSTUP_TOOLCHAIN");
    }

    fn describe(&self) -> String {
        match self {
            Self::Own => "of the installed toolchain".into(),
            Self::Debian { sysroot } => format!("Debian's compiler with {}", sysroot.display()),
        }
    }
}

fn obtain(machine: &Machine) -> Result<(), String> {
    let rustup = machine.which("rustup").ok_or_else(|| "rustup is not installed".to_owned());
    let added = rustup.and_then(|rustup| process::capture(machine.command(rustup).args(["target", "add", TARGET])));
    let Err(short_way) = added else { return Ok(()) };
    println!("           the short way failed ({short_way}); trying Debian's compiler");
    let long_way = (|| {
        if debian_version(machine).is_none() {
            apt::install(machine, PACKAGES)?;
        }
        let version = debian_version(machine).ok_or("Debian's compiler is older than this crate asks for.")?;
        build_std(machine, &sysroot_folder(machine, &version))
    })();
    long_way.map_err(|error| format!("Run `rustup target add {TARGET}` where rustup can download. {error}"))
}

fn own_has_target(machine: &Machine) -> bool {
    let mut command = machine.command(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let folder = process::capture(command.args(["--print", "target-libdir", "--target", TARGET]));
    folder.is_ok_and(|folder| has_std(Path::new(folder.trim())))
}

/// The version of Debian's compiler, when it is complete and recent enough for this crate.
fn debian_version(machine: &Machine) -> Option<String> {
    if !PROGRAMS.iter().all(|name| Path::new("/usr/bin").join(name).exists()) {
        return None;
    }
    let printed = process::capture(machine.command("/usr/bin/rustc").arg("--version")).ok()?;
    let version = version(&printed)?;
    let manifest = fs::read_to_string(machine.root.join("Cargo.toml")).ok()?;
    let needed = minimum_rust(&manifest)?;
    (version >= needed).then(|| version.iter().map(u32::to_string).collect::<Vec<_>>().join("."))
}

fn minimum_rust(manifest: &str) -> Option<Vec<u32>> {
    let line = manifest.lines().find(|line| line.trim_start().starts_with("rust-version"))?;
    version(&line.split_once('=')?.1.replace('"', " "))
}

fn sysroot_folder(machine: &Machine, version: &str) -> PathBuf {
    machine.cache.join(format!("sysroot-{version}"))
}

fn library_folder(sysroot: &Path) -> PathBuf {
    sysroot.join("lib").join("rustlib").join(TARGET).join("lib")
}

fn has_std(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Builds std from the source that Debian's package brings, and moves it into place only when it is whole.
fn build_std(machine: &Machine, sysroot: &Path) -> Result<(), String> {
    let work = machine.cache.join(format!("sysroot-build-{}", std::process::id()));
    let result = build_std_in(machine, &work, sysroot).map_err(|error| format!("std could not be built: {error}."));
    // What is left there is only waste.
    let _ = fs::remove_dir_all(&work);
    result
}

fn build_std_in(machine: &Machine, work: &Path, sysroot: &Path) -> Result<(), String> {
    let file_error = |error: std::io::Error| error.to_string();
    fs::create_dir_all(work.join("src")).map_err(file_error)?;
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
    fs::write(work.join("Cargo.toml"), manifest).map_err(file_error)?;
    fs::write(work.join("src").join("lib.rs"), "#![no_std]\n").map_err(file_error)?;

    let mut command = machine.command("/usr/bin/cargo");
    command.current_dir(work).args([
        "build",
        "--release",
        "--quiet",
        "-Zbuild-std=std,panic_abort",
        "--target",
        TARGET,
    ]);
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", "/usr/bin/rustc")
        // Without bitcode, a build with fat link-time optimisation cannot use this std.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env("CARGO_TARGET_DIR", work.join("target"))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTUP_TOOLCHAIN");
    process::run(&mut command)?;

    let staged = work.join("sysroot");
    fs::create_dir_all(library_folder(&staged)).map_err(file_error)?;
    let built = work.join("target").join(TARGET).join("release").join("deps");
    for entry in fs::read_dir(built).map_err(file_error)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty-") {
            fs::copy(entry.path(), library_folder(&staged).join(name)).map_err(file_error)?;
        }
    }
    // An older std of the same version, or half of one, gives way; and so does what was compiled against it.
    let _ = fs::remove_dir_all(sysroot);
    let _ = fs::remove_dir_all(machine.wasm_target());
    fs::rename(&staged, sysroot).map_err(file_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_says_how_old_a_compiler_may_be() {
        assert_eq!(
            minimum_rust("[workspace.package]\nedition = \"2024\"\nrust-version = \"1.95\"\n"),
            Some(vec![1, 95])
        );
        assert_eq!(minimum_rust("[package]\nname = \"x\"\n"), None);
        let manifest = include_str!("../../../Cargo.toml");
        assert!(minimum_rust(manifest).is_some_and(|version| version >= vec![1, 85]), "edition 2024 needs 1.85");
    }

    #[test]
    fn the_sysroot_has_the_shape_that_rustc_expects() {
        let folder = library_folder(Path::new("/cache/sysroot-1.96.0"));
        assert_eq!(folder, Path::new("/cache/sysroot-1.96.0/lib/rustlib/wasm32-unknown-unknown/lib"));
    }
}
