//! Building all modules and everything that is served beside them, with Trunk, into `dist/`.
//!
//! `dist/` is one version of the widget's own origin: a server offers the same folder as `/v1/`, whose files change with
//! every version, and as `/X.Y.Z/`, whose files never do. The loader at `/v1/` takes all else from there.

mod integrity;
mod loader;
mod shorten;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::index;
use crate::machine::Machine;
use crate::process;
use crate::setup::{self, Part, node, terser, trunk, wasm_bindgen, wasm_opt, wasm_std};

/// What a build needs from the machine.
pub const NEEDS: &[&Part] =
    &[&wasm_std::PART, &wasm_bindgen::PART, &trunk::PART, &node::PART, &wasm_opt::PART, &terser::PART];

/// The modules, compiled the first time. Trunk would do that too, but on some machines it has to be compiled itself, and
/// this needs nothing that others wait for.
const FIRST_COMPILATION: Part = Part {
    name: "modules",
    purpose: "are the widget's own code, compiled here the first time",
    takes: "3 minutes",
    optional: false,
    after: &[&wasm_std::PART],
    find: |machine| {
        let file = |module| machine.wasm_target().join(wasm_std::TARGET).join("browser").join(format!("{module}.wasm"));
        MODULES.iter().all(|module| file(module).is_file()).then(|| "compiled before".into())
    },
    obtain: |machine| {
        fetch(machine)?;
        MODULES.iter().try_for_each(|module| {
            let mut command = wasm_cargo(machine)?;
            command.args(["build", "--profile", "browser", "--quiet", "--offline", "--locked"]);
            command.args(["--package", "inferkit-widget", "--bin", module]);
            command.args(["--target", wasm_std::TARGET, "--no-default-features", "--features", module]);
            process::run(&mut command)
        })
    },
};

/// The index of the demo shop's pages; its program is compiled the first time, beside what else is.
const FIRST_INDEX: Part = Part {
    name: "index",
    purpose: "is of the demo shop's pages, by a program that is compiled here the first time",
    takes: "2 minutes",
    optional: false,
    after: &[],
    find: |machine| shop_index(machine).join("knowledge.ik").is_file().then(|| "made before".into()),
    obtain: index_shop,
};

/// Where the index of the demo shop's pages lies: in a folder that is named like the one that it would lie in.
fn shop_index(machine: &Machine) -> PathBuf {
    machine.root.join("target").join("shop").join("knowledge")
}

fn index_shop(machine: &Machine) -> Result<(), String> {
    let mut arguments = vec![machine.root.join("public").join("shop").into_os_string()];
    arguments.extend(["--out".into(), shop_index(machine).into()]);
    index::run(machine, &arguments)
}

/// What [`build`] needs from the machine.
pub fn needs(release: bool) -> Vec<&'static Part> {
    let first: &[&Part] = if release { &[] } else { &[&FIRST_COMPILATION, &FIRST_INDEX] };
    [NEEDS, first].concat()
}

/// `cargo xtask build`.
///
/// # Errors
/// A sentence: what is missing, or what failed.
pub fn command(machine: &Machine, release: bool) -> Result<(), String> {
    setup::require(machine, &needs(release))?;
    build(machine, release)
}

/// Builds, with [`NEEDS`] met.
///
/// # Errors
/// A sentence.
pub fn build(machine: &Machine, release: bool) -> Result<(), String> {
    fetch(machine)?;
    let trunk = trunk::program(machine).ok_or("Trunk is missing: run `cargo xtask setup`.")?;
    let mut command = machine.command(trunk);
    wasm_environment(machine, &mut command)?;
    command.arg("build");
    if release {
        command.arg("--release");
    }
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        // Trunk reads the variable as a boolean and refuses the customary `1`.
        command.env("NO_COLOR", "true");
    }
    process::run(&mut command)?;
    loader::write(&machine.root, &machine.dist())?;
    if release {
        for module in MODULES {
            if let Err(sentence) = shorten::shorten(&machine.dist(), module) {
                // The module is as good with long names, and somewhat larger: the budgets of `cargo xtask test` judge.
                println!("warning: the names of its imports stay as they are. {sentence}");
            }
        }
        for script in MODULES.iter().chain(FIRST) {
            minify(machine, script)?;
        }
    }
    index_shop(machine)?;
    integrity::write(&machine.dist())
}

/// Trunk builds offline, so what it needs must be there before. Without news this takes no time.
fn fetch(machine: &Machine) -> Result<(), String> {
    let mut fetch = wasm_cargo(machine)?;
    fetch.args(["fetch", "--locked", "--quiet", "--target", wasm_std::TARGET, "--target", &host(machine)?]);
    process::run(&mut fetch)
}

/// Makes a script of `dist/` smaller: wasm-bindgen's glue, and our own scripts, which run as they are written
/// but need not bring their comments along.
fn minify(machine: &Machine, script: &str) -> Result<(), String> {
    let node = node::program(machine).ok_or("Node.js is missing: run `cargo xtask setup`.")?;
    let terser = terser::script(machine).ok_or("Terser is missing: run `cargo xtask setup`.")?;
    let script = machine.dist().join(format!("{script}.js"));
    let mut command = machine.command(node);
    command
        .arg(terser)
        .arg(&script)
        .args(["--compress", "passes=2", "--mangle", "--toplevel", "--output"])
        .arg(&script);
    process::run(&mut command)
}

/// Our own scripts that a page loads before it paints.
const FIRST: &[&str] = &["inferkit", "panel", "shelf"];

/// The modules that Trunk builds, by the names of their binaries.
const MODULES: &[&str] = &["widget", "engine", "remote", "knowledge"];

/// Cargo with the toolchain for wasm32 and its environment.
///
/// # Errors
/// A sentence, when there is no such toolchain.
pub fn wasm_cargo(machine: &Machine) -> Result<Command, String> {
    let toolchain = wasm_std::toolchain(machine).ok_or(NO_TOOLCHAIN)?;
    let mut command = toolchain.cargo(machine);
    wasm_environment(machine, &mut command)?;
    Ok(command)
}

const NO_TOOLCHAIN: &str = "wasm32 std is missing: run `cargo xtask setup`.";

/// Makes `command` find the right compiler and tools, and build into a target folder of its own: the compiler may be
/// another one than the host's, and two compilers in one folder would rebuild each other's work.
fn wasm_environment(machine: &Machine, command: &mut Command) -> Result<(), String> {
    let toolchain = wasm_std::toolchain(machine).ok_or(NO_TOOLCHAIN)?;
    let mut programs = toolchain.programs();
    programs.extend(wasm_bindgen::program(machine));
    programs.extend(wasm_opt::program(machine));
    toolchain.apply(command);
    let sysroot = command.get_envs().find(|(name, _)| *name == FLAGS).and_then(|(_, flags)| flags).map(OsString::from);
    let mut flags = sysroot.unwrap_or_default();
    // Rounds in a loop instead of unrolled: less code, and still faster than a download.
    flags.push(" --cfg=sha2_backend_soft=\"compact\"");
    // A panic names the file of a dependency: it need not name the folder on the machine that built the module.
    if let Some(registry) = registry() {
        flags.push(" --remap-path-prefix=");
        flags.push(registry);
        flags.push("=crates");
    }
    command.env(FLAGS, flags);
    command.env("PATH", path_with(machine, &programs)?).env("CARGO_TARGET_DIR", machine.wasm_target());
    Ok(())
}

/// Where Cargo takes the compiler's flags for the target from.
const FLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

/// The folder with the sources of dependencies. Flags are split at spaces: a path that has one goes unmapped.
fn registry() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))?;
    let folder = home.join("registry").join("src");
    folder.to_str().is_some_and(|text| !text.contains(char::is_whitespace)).then_some(folder)
}

/// `PATH` with exactly these programs in front. They are linked into one folder, since the folders they come from may
/// hold others that must stay behind (rustup's cargo beside a wasm-bindgen, say).
#[cfg(unix)]
fn path_with(machine: &Machine, programs: &[PathBuf]) -> Result<OsString, String> {
    let folder = machine.wasm_target().join("tools");
    let file_error = |error: std::io::Error| format!("{} could not be written: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(file_error)?;
    for program in programs {
        let Some(name) = program.file_name() else { continue };
        let link = folder.join(name);
        if std::fs::read_link(&link).is_ok_and(|target| target == *program) {
            continue;
        }
        // Made under another name and moved into place, so that two runs at once do not trip each other.
        let fresh = folder.join(format!(".{}-{}", name.to_string_lossy(), std::process::id()));
        std::os::unix::fs::symlink(program, &fresh).map_err(file_error)?;
        std::fs::rename(&fresh, &link).map_err(file_error)?;
    }
    remove_others(&folder, programs);
    joined(vec![folder])
}

/// Takes away links that an earlier run made for another toolchain.
#[cfg(unix)]
fn remove_others(folder: &Path, programs: &[PathBuf]) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_temporary = name.to_string_lossy().starts_with('.');
        if !is_temporary && !programs.iter().any(|program| program.file_name() == Some(&name)) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(not(unix))]
fn path_with(_machine: &Machine, programs: &[PathBuf]) -> Result<OsString, String> {
    joined(programs.iter().filter_map(|program| program.parent()).map(Path::to_path_buf).collect())
}

fn joined(mut folders: Vec<PathBuf>) -> Result<OsString, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    std::env::join_paths(folders).map_err(|error| format!("PATH cannot be extended: {error}"))
}

fn host(machine: &Machine) -> Result<String, String> {
    let printed = process::capture(wasm_cargo(machine)?.arg("-vV"))?;
    let line = printed.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.ok_or("Cargo does not say for which host it is.")?.trim().to_owned())
}
