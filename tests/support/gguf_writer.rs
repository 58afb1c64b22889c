//! Writes GGUF files, right ones and wrong ones.
//!
//! What is written follows from what was put in unless a field is overridden: the overrides are how tests build the
//! malformed files that other parsers fell over. Names and texts are bytes, for a file may hold any.

/// A metadata value, by the format's types.
#[derive(Clone, Debug, PartialEq)]
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
    String(Vec<u8>),
    /// The elements' type number, how many the header claims, and their bytes.
    Array(u32, u64, Vec<u8>),
    /// A type number and bytes, right or wrong.
    Raw(u32, Vec<u8>),
}

impl Value {
    pub fn string(text: &str) -> Self {
        Self::String(text.as_bytes().to_vec())
    }

    pub fn strings<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Self {
        let (mut count, mut bytes) = (0, Vec::new());
        for text in texts {
            put_string(&mut bytes, text.as_ref());
            count += 1;
        }
        Self::Array(8, count, bytes)
    }

    pub fn u32s(numbers: &[u32]) -> Self {
        Self::Array(4, numbers.len() as u64, numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
    }

    pub fn i32s(numbers: &[i32]) -> Self {
        Self::Array(5, numbers.len() as u64, numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
    }

    pub fn f32s(numbers: &[f32]) -> Self {
        Self::Array(6, numbers.len() as u64, numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
    }

    /// Appends the type number and the value.
    fn put(&self, out: &mut Vec<u8>) {
        let (id, bytes) = match self {
            Self::U8(v) => (0, v.to_le_bytes().to_vec()),
            Self::I8(v) => (1, v.to_le_bytes().to_vec()),
            Self::U16(v) => (2, v.to_le_bytes().to_vec()),
            Self::I16(v) => (3, v.to_le_bytes().to_vec()),
            Self::U32(v) => (4, v.to_le_bytes().to_vec()),
            Self::I32(v) => (5, v.to_le_bytes().to_vec()),
            Self::F32(v) => (6, v.to_le_bytes().to_vec()),
            Self::Bool(v) => (7, vec![u8::from(*v)]),
            Self::String(v) => {
                let mut bytes = Vec::new();
                put_string(&mut bytes, v);
                (8, bytes)
            }
            Self::Array(element, count, elements) => {
                (9, [&element.to_le_bytes()[..], &count.to_le_bytes(), elements].concat())
            }
            Self::U64(v) => (10, v.to_le_bytes().to_vec()),
            Self::I64(v) => (11, v.to_le_bytes().to_vec()),
            Self::F64(v) => (12, v.to_le_bytes().to_vec()),
            Self::Raw(id, bytes) => (*id, bytes.clone()),
        };
        out.extend(id.to_le_bytes());
        out.extend(bytes);
    }
}

/// A tensor: what the header says of it, and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub name: Vec<u8>,
    /// ggml's order: the contiguous one first.
    pub dims: Vec<u64>,
    /// GGML's type number.
    pub format: u32,
    pub bytes: Vec<u8>,
    /// In place of the offset where the bytes are really put.
    pub offset: Option<u64>,
    /// In place of the length of `dims`.
    pub rank: Option<u32>,
}

/// Collects the parts of a file.
#[derive(Clone, Debug)]
pub struct GgufWriter {
    pub magic: [u8; 4],
    pub version: u32,
    pub pairs: Vec<(Vec<u8>, Value)>,
    pub tensors: Vec<Tensor>,
    /// Where tensors are put; written as `general.alignment` unless it is the default of 32.
    pub alignment: u32,
    /// In place of the number of pairs.
    pub pair_count: Option<u64>,
    /// In place of the number of tensors.
    pub tensor_count: Option<u64>,
}

impl Default for GgufWriter {
    fn default() -> Self {
        Self {
            magic: *b"GGUF",
            version: 3,
            pairs: Vec::new(),
            tensors: Vec::new(),
            alignment: 32,
            pair_count: None,
            tensor_count: None,
        }
    }
}

impl GgufWriter {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    pub fn alignment(mut self, alignment: u32) -> Self {
        self.alignment = alignment;
        self
    }

    /// Adds a pair, also under a key that is there already.
    pub fn pair(mut self, key: &str, value: Value) -> Self {
        self.pairs.push((key.as_bytes().to_vec(), value));
        self
    }

    /// Puts a pair in place of those of the same key.
    pub fn set(mut self, key: &str, value: Value) -> Self {
        self.pairs.retain(|(known, _)| known != key.as_bytes());
        self.pair(key, value)
    }

    pub fn without(mut self, key: &str) -> Self {
        self.pairs.retain(|(known, _)| known != key.as_bytes());
        self
    }

    pub fn tensor(mut self, name: &str, dims: &[u64], format: u32, bytes: Vec<u8>) -> Self {
        let (name, dims) = (name.as_bytes().to_vec(), dims.to_vec());
        self.tensors.push(Tensor { name, dims, format, bytes, offset: None, rank: None });
        self
    }

    pub fn without_tensor(mut self, name: &str) -> Self {
        self.tensors.retain(|tensor| tensor.name != name.as_bytes());
        self
    }

    /// Changes the tensor that was added last, or the one of that name.
    pub fn tensor_mut(&mut self, name: &str) -> &mut Tensor {
        let found = self.tensors.iter_mut().find(|tensor| tensor.name == name.as_bytes());
        found.unwrap_or_else(|| panic!("no tensor {name:?}"))
    }

    /// Everything before the tensors' bytes, without the padding.
    pub fn header(&self) -> Vec<u8> {
        let mut out = self.magic.to_vec();
        out.extend(self.version.to_le_bytes());
        out.extend(self.tensor_count.unwrap_or(self.tensors.len() as u64).to_le_bytes());
        let alignment = (self.alignment != 32).then(|| (b"general.alignment".to_vec(), Value::U32(self.alignment)));
        let pairs = self.pairs.iter().chain(&alignment);
        out.extend(self.pair_count.unwrap_or(pairs.clone().count() as u64).to_le_bytes());
        for (key, value) in pairs {
            put_string(&mut out, key);
            value.put(&mut out);
        }
        let mut offset = 0_u64;
        for tensor in &self.tensors {
            put_string(&mut out, &tensor.name);
            out.extend(tensor.rank.unwrap_or(tensor.dims.len() as u32).to_le_bytes());
            out.extend(tensor.dims.iter().flat_map(|dim| dim.to_le_bytes()));
            out.extend(tensor.format.to_le_bytes());
            out.extend(tensor.offset.unwrap_or(offset).to_le_bytes());
            offset = (offset + tensor.bytes.len() as u64).next_multiple_of(self.padding());
        }
        out
    }

    /// The whole file.
    pub fn finish(&self) -> Vec<u8> {
        let mut out = self.header();
        for tensor in &self.tensors {
            out.resize(out.len().next_multiple_of(self.padding() as usize), 0);
            out.extend(&tensor.bytes);
        }
        out
    }

    /// Where bytes are put. A nonsensical alignment is written but not obeyed.
    fn padding(&self) -> u64 {
        if self.alignment.is_power_of_two() && self.alignment <= 1 << 20 { self.alignment.into() } else { 32 }
    }
}

/// Appends a length and bytes.
pub fn put_string(out: &mut Vec<u8>, text: &[u8]) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text);
}
