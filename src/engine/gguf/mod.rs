//! GGUF: the container in which models arrive, read as a stream from bytes that nobody vouches for.
//!
//! A file is a fixed preamble (magic, version, two counts), that many key-value pairs, that many tensor
//! descriptions, padding, and then the tensors' bytes. [`parse`] needs everything before the tensors and nothing
//! after: it is called with what has arrived so far and says how much more to gather.
//!
//! Every number in the header is a claim. Before anything is allocated the claim is held against the bytes that are
//! there, the length of the file where it is known, and a fixed limit; all arithmetic is checked and in 64 bits, also
//! where addresses have 32. What passes is consistent in itself: keys and names are unique, tensors are made of whole
//! blocks, aligned, disjoint and inside the file. What a model means by it is `models`' business.
//!
//! Layout: the GGUF specification of the ggml project (`docs/gguf.md`), versions 2 and 3, little-endian.

mod error;
mod metadata;
mod reader;
mod tensor;

pub use error::GgufError;
pub use metadata::{Array, Metadata, StringArray, Value};
pub use tensor::{TensorInfo, type_name};

use reader::{Halt, Reader};

/// The first four bytes of a file.
const MAGIC: &[u8; 4] = b"GGUF";

/// Bytes of the preamble: magic, version, and the counts of tensors and of pairs.
const PREAMBLE_BYTES: u64 = 4 + 4 + 8 + 8;

/// The versions that are read. Version 1 had 32-bit counts and is extinct.
const VERSIONS: std::ops::RangeInclusive<u32> = 2..=3;

/// Longest header, in bytes. The largest vocabularies in use (262,144 tokens with scores and merges) need about 16 MiB.
pub const MAX_HEADER: u64 = 256 << 20;

/// Most key-value pairs. Real files have a few dozen.
const MAX_PAIRS: u64 = 1 << 12;

/// Most tensors. Real files have a few thousand at most.
const MAX_TENSORS: u64 = 1 << 16;

/// Where tensors start when the file does not say, in bytes.
const DEFAULT_ALIGNMENT: u64 = 32;

/// Largest alignment, in bytes. Nothing real exceeds a page; rounding up must stay far from overflow.
const MAX_ALIGNMENT: u64 = 1 << 20;

/// Everything in a file but its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The version of the container, 2 or 3.
    pub version: u32,
    /// What the file says about the model.
    pub metadata: Metadata,
    /// The tensors, in the order of the header, which need not be that of their bytes.
    pub tensors: Vec<TensorInfo>,
    /// Absolute offset of the first tensor's bytes, aligned.
    pub data_start: u64,
}

impl Header {
    /// The length that the file must at least have to hold every tensor.
    #[must_use]
    pub fn data_end(&self) -> u64 {
        self.tensors.iter().map(TensorInfo::end).max().unwrap_or(self.data_start)
    }
}

/// What came of a prefix.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// The header is not complete: call again with this many bytes of the file.
    ///
    /// The number at least doubles the prefix (within the file), so that a stream is parsed a logarithmic number of
    /// times. It may exceed the header, and the file too where its length is unknown; when the file ends earlier,
    /// call with all of it and its length, and the answer is a header or an error.
    NeedMore(usize),
    /// The header is complete.
    Header(Header),
}

/// Reads the header from the first bytes of a file, whose whole length is `file_len` where that is known.
///
/// # Errors
///
/// As soon as the bytes at hand show that the file is none that this engine can read.
pub fn parse(prefix: &[u8], file_len: Option<u64>) -> Result<Parsed, GgufError> {
    let mut reader = Reader::new(prefix, file_len);
    match header(&mut reader, file_len) {
        Ok(header) => Ok(Parsed::Header(header)),
        Err(Halt::More(needed)) => Ok(Parsed::NeedMore(reader.next_prefix(needed))),
        Err(Halt::Error(error)) => Err(error),
    }
}

/// The whole header, from the first byte.
fn header(reader: &mut Reader<'_>, file_len: Option<u64>) -> Result<Header, Halt> {
    let version = preamble(reader)?;
    let tensor_count = reader.u64()?;
    let pair_count = reader.u64()?;
    cap("the number of tensors", tensor_count, MAX_TENSORS)?;
    cap("the number of metadata entries", pair_count, MAX_PAIRS)?;
    // Both products are far below 2⁶⁴ now that the counts are capped.
    reader.promise(pair_count * metadata::MIN_PAIR_BYTES + tensor_count * tensor::MIN_INFO_BYTES)?;

    let metadata = metadata::read(reader, pair_count)?;
    let alignment = alignment(&metadata)?;
    let tensors = tensor::read(reader, tensor_count)?;
    let data_start = reader.position().next_multiple_of(alignment);
    let tensors = tensor::place(tensors, data_start, alignment, file_len)?;
    Ok(Header { version, metadata, tensors, data_start })
}

/// Magic and version.
fn preamble(reader: &mut Reader<'_>) -> Result<u32, Halt> {
    // A page of HTML in place of the model is refused by its first byte, however little has arrived.
    let seen = reader.peek(MAGIC.len());
    if seen != &MAGIC[..seen.len()] {
        let swapped = seen.iter().eq(MAGIC.iter().rev());
        return Err(if swapped { GgufError::BigEndian } else { GgufError::NotGguf }.into());
    }
    reader.promise(PREAMBLE_BYTES)?;
    reader.take(MAGIC.len() as u64)?;
    let version = reader.u32()?;
    if VERSIONS.contains(&version) {
        return Ok(version);
    }
    // Big-endian writers keep the magic's bytes in order and swap everything after it.
    let swapped = (1..=*VERSIONS.end()).contains(&version.swap_bytes());
    Err(if swapped { GgufError::BigEndian } else { GgufError::Version(version) }.into())
}

/// `general.alignment`, or what holds without it.
fn alignment(metadata: &Metadata) -> Result<u64, GgufError> {
    let alignment = match metadata.get("general.alignment") {
        None => DEFAULT_ALIGNMENT,
        Some(Value::U32(alignment)) => u64::from(*alignment),
        Some(other) => return Err(GgufError::Alignment(format!("is {}, not u32", other.type_name()))),
    };
    if !alignment.is_power_of_two() || alignment > MAX_ALIGNMENT {
        return Err(GgufError::Alignment(format!("{alignment} is not a power of two up to {MAX_ALIGNMENT}")));
    }
    Ok(alignment)
}

/// Refuses a count above its limit.
fn cap(what: &'static str, value: u64, limit: u64) -> Result<(), GgufError> {
    if value > limit {
        return Err(GgufError::TooLarge { what, value, limit });
    }
    Ok(())
}
