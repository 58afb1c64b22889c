//! A cursor over the first bytes of a file that tells "not yet here" from "can't be".

use super::{GgufError, MAX_HEADER};

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Halt {
    /// The file has to be read up to this offset at least.
    More(u64),
    /// No number of further bytes would help.
    Error(GgufError),
}

impl From<GgufError> for Halt {
    fn from(error: GgufError) -> Self {
        Self::Error(error)
    }
}

/// Reads little-endian values from a prefix of a file.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    /// Offset of the next value; never beyond `bytes`.
    at: usize,
    file_len: Option<u64>,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of the file. Bytes after its end, if the caller holds any, are not looked at.
    pub(super) fn new(prefix: &'a [u8], file_len: Option<u64>) -> Self {
        let whole = file_len.and_then(|len| usize::try_from(len).ok()).unwrap_or(usize::MAX);
        Self { bytes: &prefix[..prefix.len().min(whole)], at: 0, file_len }
    }

    /// Offset of the next value.
    pub(super) fn position(&self) -> u64 {
        self.at as u64
    }

    /// How long a prefix to ask for when `needed` bytes are the least: twice what there was, within the file.
    pub(super) fn next_prefix(&self, needed: u64) -> usize {
        let most = self.file_len.unwrap_or(MAX_HEADER).min(MAX_HEADER);
        let doubled = (self.bytes.len() as u64).saturating_mul(2).min(most);
        // `needed` passed `end_of`, so it is at most MAX_HEADER and fits.
        usize::try_from(needed.max(doubled)).unwrap_or(usize::MAX)
    }

    /// Up to `len` bytes from here, without moving.
    pub(super) fn peek(&self, len: usize) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        &rest[..rest.len().min(len)]
    }

    /// The header says that `len` bytes at least follow from here: stops unless that can be and they have arrived.
    pub(super) fn promise(&self, len: u64) -> Result<(), Halt> {
        self.end_of(len).map(drop)
    }

    /// The next `len` bytes.
    pub(super) fn take(&mut self, len: u64) -> Result<&'a [u8], Halt> {
        let end = self.end_of(len)?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// A text: its length in bytes, then the bytes. A text longer than `limit` is refused before it arrives.
    pub(super) fn string(&mut self, what: &'static str, limit: u64) -> Result<&'a [u8], Halt> {
        let len = self.u64()?;
        if len > limit {
            return Err(GgufError::TooLarge { what, value: len, limit }.into());
        }
        self.take(len)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Halt> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64)?);
        Ok(array)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Halt> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Halt> {
        self.array().map(u64::from_le_bytes)
    }

    /// Where `len` bytes from here end, if they are here.
    fn end_of(&self, len: u64) -> Result<usize, Halt> {
        let end = self.position().saturating_add(len);
        if let Some(file) = self.file_len
            && end > file
        {
            return Err(GgufError::Truncated { needed: end, file }.into());
        }
        if end > MAX_HEADER {
            return Err(GgufError::TooLarge { what: "the header's length", value: end, limit: MAX_HEADER }.into());
        }
        match usize::try_from(end) {
            Ok(end) if end <= self.bytes.len() => Ok(end),
            _ => Err(Halt::More(end)),
        }
    }
}
