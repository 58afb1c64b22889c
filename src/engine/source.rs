//! Where a model's bytes come from: a seam, so that they may come from the network, from where they are kept, or
//! from the page when the engine's frame may keep nothing.

use super::{error::EngineError, pace::Pace};

/// A file read once from its first byte to its last.
#[expect(async_fn_in_trait, reason = "used inside this crate only, on one thread")]
pub trait ByteSource {
    /// The file's length in bytes, when the source says so.
    fn total(&self) -> Option<u64>;

    /// Replaces `chunk` by the next bytes, at most [`CHUNK`] of them; false at the end of the file.
    /// A source that ends before its announced length is an error of the source, not an end.
    async fn next(&mut self, chunk: &mut Vec<u8>, pace: &Pace) -> Result<bool, EngineError>;
}

/// The most bytes that pass through wasm memory at once.
pub const CHUNK: usize = 1 << 20;

/// A file on disk, for native tests, benchmarks and servers.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug)]
pub struct FileSource {
    file: std::fs::File,
    total: u64,
}

#[cfg(not(target_arch = "wasm32"))]
impl FileSource {
    /// Opens a file, or says why not.
    pub fn open(path: &std::path::Path) -> Result<Self, EngineError> {
        let failed = |error| EngineError::Download(format!("{}: {error}", path.display()));
        let file = std::fs::File::open(path).map_err(failed)?;
        let total = file.metadata().map_err(failed)?.len();
        Ok(Self { file, total })
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl ByteSource for FileSource {
    fn total(&self) -> Option<u64> {
        Some(self.total)
    }

    async fn next(&mut self, chunk: &mut Vec<u8>, pace: &Pace) -> Result<bool, EngineError> {
        use std::io::Read;
        pace.check()?;
        chunk.clear();
        let read = (&mut self.file).take(CHUNK as u64).read_to_end(chunk);
        Ok(read.map_err(|error| EngineError::Download(error.to_string()))? > 0)
    }
}

/// Bytes in memory, in pieces of a chosen length, for tests.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug)]
pub struct SliceSource<'a> {
    /// What is left.
    pub bytes: &'a [u8],
    /// The length of a piece.
    pub piece: usize,
    /// What to say of the length.
    pub total: Option<u64>,
}

#[cfg(not(target_arch = "wasm32"))]
impl ByteSource for SliceSource<'_> {
    fn total(&self) -> Option<u64> {
        self.total
    }

    async fn next(&mut self, chunk: &mut Vec<u8>, pace: &Pace) -> Result<bool, EngineError> {
        pace.check()?;
        let (piece, rest) = self.bytes.split_at(self.piece.clamp(1, CHUNK).min(self.bytes.len()));
        chunk.clear();
        chunk.extend_from_slice(piece);
        self.bytes = rest;
        Ok(!chunk.is_empty())
    }
}
