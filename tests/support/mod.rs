//! What several integration tests share: a GGUF writer, tiny models, and where the default model lies.

#![allow(dead_code, reason = "each test that mounts this module uses a part of it")]

pub mod gguf_writer;
pub mod golden;
pub mod quantise;
pub mod skip;
pub mod tiny;

use inferkit_widget::engine::gguf::{self, Header, Parsed};
use std::{env, fs, path::PathBuf};

/// The length of the default model's file, by which it is told from another that `INFERKIT_MODEL` may name.
const DEFAULT_MODEL_BYTES: u64 = 98_362_432;

/// The default model's file, where this machine has it: `INFERKIT_MODEL`, else the cache that set-up fills.
pub fn default_model() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = folder("INFERKIT_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("inferkit-widget")))
        .or_else(|| folder("HOME").map(|home| home.join(".cache/inferkit-widget")));
    let cached = cache.map(|cache| cache.join("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    let whole = |path: &PathBuf| fs::metadata(path).is_ok_and(|file| file.len() == DEFAULT_MODEL_BYTES);
    folder("INFERKIT_MODEL").into_iter().chain(cached).find(whole)
}

/// The default model's bytes. Where there are none, says so on standard error: the caller skips its test.
pub fn default_model_bytes(test: &str) -> Option<Vec<u8>> {
    let Some(path) = default_model() else {
        skip::skip(test, "the default model is not here; `cargo xtask setup` fetches it");
        return None;
    };
    Some(fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The header of a whole file.
pub fn header(file: &[u8]) -> Header {
    match gguf::parse(file, Some(file.len() as u64)) {
        Ok(Parsed::Header(header)) => header,
        other => panic!("a whole file gave {other:?}"),
    }
}
