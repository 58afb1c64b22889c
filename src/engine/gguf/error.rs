//! Why a file is refused, in words for the developer who chose it.

use super::tensor::type_name;
use crate::engine::error::EngineError;
use std::fmt;

/// A file that is not a GGUF model that this engine can read.
///
/// Text out of the file is quoted, escaped and cut short where it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GgufError {
    /// The file does not start like one.
    NotGguf,
    /// The file was written for a big-endian machine.
    BigEndian,
    /// The container has a version that is not read.
    Version(u32),
    /// The file ends before the header does.
    Truncated {
        /// Bytes that the header claims.
        needed: u64,
        /// Bytes that the file has.
        file: u64,
    },
    /// A number is above its limit.
    TooLarge {
        /// What was counted or measured.
        what: &'static str,
        /// What the file says.
        value: u64,
        /// The most that is read.
        limit: u64,
    },
    /// A text is not UTF-8.
    Text(&'static str),
    /// A metadata entry is not well formed.
    Entry {
        /// Its key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// `general.alignment` is of no use.
    Alignment(String),
    /// A tensor's description is not well formed.
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A tensor is stored in a format that the engine does not have.
    TensorType {
        /// The tensor's name.
        name: String,
        /// GGML's type number.
        id: u32,
    },
    /// Two tensors share bytes.
    Overlap {
        /// The one that starts first.
        first: String,
        /// The other.
        second: String,
    },
}

impl fmt::Display for GgufError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGguf => f.write_str("the file is not a GGUF model"),
            Self::BigEndian => f.write_str("the GGUF file is big-endian; only little-endian files are supported"),
            Self::Version(version) => {
                write!(f, "the GGUF file has version {version}; only versions 2 and 3 are supported")
            }
            Self::Truncated { needed, file } => {
                write!(f, "the GGUF file is cut off: its header needs {needed} bytes and the file has {file}")
            }
            Self::TooLarge { what, value, limit } => {
                write!(f, "the GGUF file is malformed: {what} is {value}, more than {limit}")
            }
            Self::Text(what) => write!(f, "the GGUF file is malformed: {what} is not UTF-8"),
            Self::Entry { key, problem } => {
                write!(f, "the GGUF file is malformed: metadata entry {} {problem}", Quoted(key))
            }
            Self::Alignment(problem) => {
                write!(f, "the GGUF file is malformed: metadata entry \"general.alignment\" {problem}")
            }
            Self::Tensor { name, problem } => {
                write!(f, "the GGUF file is malformed: tensor {} {problem}", Quoted(name))
            }
            Self::TensorType { name, id } => match type_name(*id) {
                Some(format) => write!(f, "the weight format {format} of tensor {} is not supported", Quoted(name)),
                None => write!(f, "the weight format number {id} of tensor {} is unknown", Quoted(name)),
            },
            Self::Overlap { first, second } => {
                write!(f, "the GGUF file is malformed: tensors {} and {} overlap", Quoted(first), Quoted(second))
            }
        }
    }
}

impl std::error::Error for GgufError {}

impl From<GgufError> for EngineError {
    fn from(error: GgufError) -> Self {
        Self::Unsupported(error.to_string())
    }
}

/// Shows text out of a file: in quotes, escaped, no more than a line of it.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 80;
        match self.0.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{:?}…", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_out_of_the_file_is_escaped_and_cut() {
        let error = GgufError::Entry { key: "k\n".repeat(1000), problem: "is wrong".into() };
        let shown = error.to_string();
        assert!(shown.len() < 300, "{shown}");
        assert!(!shown.contains('\n'), "{shown}");
    }

    #[test]
    fn weight_formats_are_named() {
        let shown = |id| GgufError::TensorType { name: "blk.0.attn_q.weight".into(), id }.to_string();
        assert_eq!(shown(12), "the weight format Q4_K of tensor \"blk.0.attn_q.weight\" is not supported");
        assert_eq!(shown(9999), "the weight format number 9999 of tensor \"blk.0.attn_q.weight\" is unknown");
    }
}
