//! The key-value pairs: what a file says about the model, its vocabulary included.
//!
//! A vocabulary of 50,000 tokens comes as arrays of strings. They are kept packed, one buffer and one table of ends,
//! for a quarter of a million little allocations would cost the worker more than the text itself.

use super::{
    GgufError,
    reader::{Halt, Reader},
};

/// The shortest pair: an empty key's length, a type number and a one-byte value.
pub(super) const MIN_PAIR_BYTES: u64 = 8 + 4 + 1;

/// Longest key, in bytes; the specification's.
const MAX_KEY: u64 = 65_535;

/// Bytes that every string has: its length.
const MIN_STRING_BYTES: u64 = 8;

/// One value, of the type that the file gives it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants are the format's type names")]
pub enum Value {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    U64(u64),
    I64(i64),
    F32(f32),
    F64(f64),
    Bool(bool),
    String(String),
    Array(Array),
}

impl Value {
    /// The type, for messages.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::U8(_) => "u8",
            Self::I8(_) => "i8",
            Self::U16(_) => "u16",
            Self::I16(_) => "i16",
            Self::U32(_) => "u32",
            Self::I32(_) => "i32",
            Self::U64(_) => "u64",
            Self::I64(_) => "i64",
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
            Self::Bool(_) => "bool",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
        }
    }

    /// The value of any integer type, unless it is negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::U8(v) => Some(v.into()),
            Self::U16(v) => Some(v.into()),
            Self::U32(v) => Some(v.into()),
            Self::U64(v) => Some(v),
            Self::I8(v) => v.try_into().ok(),
            Self::I16(v) => v.try_into().ok(),
            Self::I32(v) => v.try_into().ok(),
            Self::I64(v) => v.try_into().ok(),
            Self::F32(_) | Self::F64(_) | Self::Bool(_) | Self::String(_) | Self::Array(_) => None,
        }
    }

    /// The value of either floating-point type.
    #[must_use]
    pub fn as_f32(&self) -> Option<f32> {
        match *self {
            Self::F32(v) => Some(v),
            Self::F64(v) => Some(v as f32),
            _ => None,
        }
    }
}

/// Many values of one type. Arrays of arrays, which the format allows and nobody writes, are refused.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants are the format's type names")]
pub enum Array {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Bool(Vec<bool>),
    String(StringArray),
}

/// Byte strings end to end. Tokens need not be UTF-8, so these are bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StringArray {
    bytes: Vec<u8>,
    /// Where each string ends in `bytes`; ascending. A header fits 32 bits.
    ends: Vec<u32>,
}

impl StringArray {
    /// How many strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A string by its place.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.bytes.get(start as usize..end as usize)
    }

    /// All strings in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }
}

/// All pairs, by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// By key, ascending.
    pairs: Vec<(String, Value)>,
}

/// The typed lookups give none both for a missing key and for a value of another type; [`get`](Metadata::get) tells
/// the two apart.
impl Metadata {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let place = self.place(key).ok()?;
        self.pairs.get(place).map(|(_, value)| value)
    }

    /// All pairs, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// A string.
    #[must_use]
    pub fn str(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// An integer of any type that is not negative.
    #[must_use]
    pub fn u64(&self, key: &str) -> Option<u64> {
        self.get(key)?.as_u64()
    }

    /// A floating-point number; double precision is rounded.
    #[must_use]
    pub fn f32(&self, key: &str) -> Option<f32> {
        self.get(key)?.as_f32()
    }

    /// A truth value.
    #[must_use]
    pub fn bool(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// An array of strings.
    #[must_use]
    pub fn strings(&self, key: &str) -> Option<&StringArray> {
        match self.array(key)? {
            Array::String(strings) => Some(strings),
            _ => None,
        }
    }

    /// An array of 32-bit unsigned integers.
    #[must_use]
    pub fn u32s(&self, key: &str) -> Option<&[u32]> {
        match self.array(key)? {
            Array::U32(values) => Some(values),
            _ => None,
        }
    }

    /// An array of 32-bit signed integers, such as `tokenizer.ggml.token_type`.
    #[must_use]
    pub fn i32s(&self, key: &str) -> Option<&[i32]> {
        match self.array(key)? {
            Array::I32(values) => Some(values),
            _ => None,
        }
    }

    /// An array of single-precision numbers, such as `tokenizer.ggml.scores`.
    #[must_use]
    pub fn f32s(&self, key: &str) -> Option<&[f32]> {
        match self.array(key)? {
            Array::F32(values) => Some(values),
            _ => None,
        }
    }

    /// Where a key is, or where it would be.
    fn place(&self, key: &str) -> Result<usize, usize> {
        self.pairs.binary_search_by(|(known, _)| known.as_str().cmp(key))
    }

    fn array(&self, key: &str) -> Option<&Array> {
        match self.get(key)? {
            Value::Array(array) => Some(array),
            _ => None,
        }
    }
}

/// Reads `count` pairs.
pub(super) fn read(reader: &mut Reader<'_>, count: u64) -> Result<Metadata, Halt> {
    let mut metadata = Metadata::default();
    for _ in 0..count {
        let key = text("a metadata key", reader.string("the length of a metadata key", MAX_KEY)?)?;
        let Err(place) = metadata.place(&key) else {
            return Err(GgufError::Entry { key, problem: "appears twice".into() }.into());
        };
        let value = read_value(reader, &key)?;
        metadata.pairs.insert(place, (key, value));
    }
    Ok(metadata)
}

/// A type number and a value of that type.
fn read_value(reader: &mut Reader<'_>, key: &str) -> Result<Value, Halt> {
    Ok(match reader.u32()? {
        0 => Value::U8(u8::from_le_bytes(reader.array()?)),
        1 => Value::I8(i8::from_le_bytes(reader.array()?)),
        2 => Value::U16(u16::from_le_bytes(reader.array()?)),
        3 => Value::I16(i16::from_le_bytes(reader.array()?)),
        4 => Value::U32(reader.u32()?),
        5 => Value::I32(i32::from_le_bytes(reader.array()?)),
        6 => Value::F32(f32::from_le_bytes(reader.array()?)),
        7 => Value::Bool(truth(key, reader.array()?)?),
        8 => Value::String(text("a metadata string", reader.string("the length of a string", u64::MAX)?)?),
        9 => Value::Array(read_array(reader, key)?),
        10 => Value::U64(reader.u64()?),
        11 => Value::I64(i64::from_le_bytes(reader.array()?)),
        12 => Value::F64(f64::from_le_bytes(reader.array()?)),
        id => return Err(problem(key, format!("has the unknown type number {id}"))),
    })
}

/// The elements' type number, their count, and the elements.
fn read_array(reader: &mut Reader<'_>, key: &str) -> Result<Array, Halt> {
    let id = reader.u32()?;
    let count = reader.u64()?;
    Ok(match id {
        0 => Array::U8(numbers(reader, count, u8::from_le_bytes)?),
        1 => Array::I8(numbers(reader, count, i8::from_le_bytes)?),
        2 => Array::U16(numbers(reader, count, u16::from_le_bytes)?),
        3 => Array::I16(numbers(reader, count, i16::from_le_bytes)?),
        4 => Array::U32(numbers(reader, count, u32::from_le_bytes)?),
        5 => Array::I32(numbers(reader, count, i32::from_le_bytes)?),
        6 => Array::F32(numbers(reader, count, f32::from_le_bytes)?),
        7 => Array::Bool(reader.take(count)?.iter().map(|&byte| truth(key, [byte])).collect::<Result<_, _>>()?),
        8 => Array::String(read_strings(reader, count)?),
        9 => return Err(problem(key, "is an array of arrays".into())),
        10 => Array::U64(numbers(reader, count, u64::from_le_bytes)?),
        11 => Array::I64(numbers(reader, count, i64::from_le_bytes)?),
        12 => Array::F64(numbers(reader, count, f64::from_le_bytes)?),
        _ => return Err(problem(key, format!("is an array of the unknown type number {id}"))),
    })
}

/// `count` numbers of `N` bytes. They are allocated once their bytes are here, so a false count costs nothing.
fn numbers<T, const N: usize>(reader: &mut Reader<'_>, count: u64, decode: fn([u8; N]) -> T) -> Result<Vec<T>, Halt> {
    let bytes = reader.take(count.saturating_mul(N as u64))?;
    Ok(bytes.as_chunks::<N>().0.iter().map(|chunk| decode(*chunk)).collect())
}

/// `count` strings, packed.
fn read_strings(reader: &mut Reader<'_>, count: u64) -> Result<StringArray, Halt> {
    // The lengths alone must be here before the table is allocated, which is then half their size.
    reader.promise(count.saturating_mul(MIN_STRING_BYTES))?;
    let mut strings = StringArray::default();
    strings.ends.reserve_exact(usize::try_from(count).unwrap_or_default());
    for _ in 0..count {
        strings.bytes.extend_from_slice(reader.string("the length of a string", u64::MAX)?);
        // A header is shorter than 2³² bytes, and so is any part of it.
        strings.ends.push(u32::try_from(strings.bytes.len()).unwrap_or(u32::MAX));
    }
    strings.bytes.shrink_to_fit();
    Ok(strings)
}

/// A byte that must be 0 or 1.
fn truth(key: &str, [byte]: [u8; 1]) -> Result<bool, Halt> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(problem(key, format!("has the truth value {byte}"))),
    }
}

/// Bytes that must be UTF-8.
pub(super) fn text(what: &'static str, bytes: &[u8]) -> Result<String, GgufError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| GgufError::Text(what))
}

fn problem(key: &str, problem: String) -> Halt {
    GgufError::Entry { key: key.to_owned(), problem }.into()
}
