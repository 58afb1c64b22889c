//! A server that speaks OpenAI's API and knows nothing of us: llama.cpp's own, as a Python package carries it.
//!
//! What the widget asks of such servers is proven against it. The package needs no other, so it lies in a folder and
//! not in an environment; `tests/e2e/openai.py` is started with the folder on Python's path.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Part, pip};
use crate::machine::Machine;
use crate::process;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "OpenAI server",
    purpose: "is asked by the browser tests as a foreign API",
    takes: "half a minute (34 MB)",
    optional: true,
    after: &[],
    find: |machine| folder(machine).map(|folder| folder.display().to_string()),
    obtain,
};

/// The Python package with the server inside (MIT), and its version.
const PACKAGE: &str = "xllamacpp";
const VERSION: &str = "2026.10.11549";

/// The folder for Python's path, when what lies in it loads here: the package wants Python 3.10 and glibc 2.35.
pub fn folder(machine: &Machine) -> Option<PathBuf> {
    let folder = cached(machine);
    loads(machine, &folder).is_ok().then_some(folder)
}

fn obtain(machine: &Machine) -> Result<(), String> {
    let work = machine.cache.join(format!("{PACKAGE}-{}", std::process::id()));
    let result = install(machine, &work, &cached(machine)).map_err(|error| {
        format!(
            "The tests against a foreign server are skipped: {PACKAGE} {VERSION} can't be had or used here. {error}"
        )
    });
    // What is left there is only waste.
    let _ = fs::remove_dir_all(&work);
    result
}

fn install(machine: &Machine, work: &Path, folder: &Path) -> Result<(), String> {
    let file_error = |error: std::io::Error| error.to_string();
    fs::create_dir_all(work).map_err(file_error)?;
    let mut pip = pip::command(machine, "install")?;
    process::capture(pip.arg("--target").arg(work).arg(format!("{PACKAGE}=={VERSION}")))?;
    loads(machine, work)?;
    if folder.exists() {
        // It was there and did not load.
        fs::remove_dir_all(folder).map_err(file_error)?;
    }
    fs::rename(work, folder).map_err(file_error)
}

fn loads(machine: &Machine, folder: &Path) -> Result<(), String> {
    if !folder.join(PACKAGE).is_dir() {
        return Err(format!("{} holds no {PACKAGE}.", folder.display()));
    }
    let mut python = machine.command("python3");
    python.args(["-c", &format!("from {PACKAGE} import Server")]).env("PYTHONPATH", folder);
    process::capture(&mut python).map(drop)
}

fn cached(machine: &Machine) -> PathBuf {
    machine.cache.join(format!("{PACKAGE}-{VERSION}"))
}
