//! What several integration tests share: a GGUF writer, tiny models, and where the default model lies.

#![allow(dead_code, reason = "each test that mounts this module uses a part of it")]

pub mod gguf_writer;
pub mod quantise;
pub mod tiny;

use inferkit_widget::engine::gguf::{self, Header, Parsed};
use std::{env, fs, path::PathBuf};

/// The default model's file, where this machine has it: `INFERKIT_MODEL`, else the per-user cache.
pub fn default_model() -> Option<PathBuf> {
    let named = env::var_os("INFERKIT_MODEL").map(PathBuf::from);
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let cached = cache.map(|cache| cache.join("inferkit-widget/models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    named.or(cached).filter(|path| path.is_file())
}

/// The default model's bytes. Where there are none, says so on standard error: the caller skips its test.
pub fn default_model_bytes(test: &str) -> Option<Vec<u8>> {
    let Some(path) = default_model() else {
        eprintln!("SKIPPED {test}: the default model is not here; `cargo xtask setup` fetches it");
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
