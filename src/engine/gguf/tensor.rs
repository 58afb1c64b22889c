//! The tensor descriptions: shapes, formats, and where the bytes lie.

use super::{
    GgufError, metadata,
    reader::{Halt, Reader},
};
use crate::engine::{order, quant::Format};

/// The shortest description: an empty name's length, a count of dimensions, one dimension, a type, an offset.
pub(super) const MIN_INFO_BYTES: u64 = 8 + 4 + 8 + 4 + 8;

/// Longest name, in bytes; ggml's.
const MAX_NAME: u64 = 64;

/// Most dimensions; ggml's.
const MAX_DIMS: u32 = 4;

/// A tensor's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name, such as `blk.0.attn_q.weight`.
    pub name: String,
    /// Lengths in ggml's order: `dims[0]` is the contiguous one. One to four, none zero.
    pub dims: Vec<u64>,
    /// How its numbers are stored.
    pub format: Format,
    /// Absolute byte offset in the file.
    pub offset: u64,
    /// Length in bytes; whole blocks, and every row is.
    pub bytes: u64,
}

impl TensorInfo {
    /// The offset after its last byte. It does not overflow: [`place`] made sure of that.
    pub(super) fn end(&self) -> u64 {
        self.offset.saturating_add(self.bytes)
    }
}

/// The name of a GGML type number, of those that were ever given out.
#[must_use]
pub fn type_name(id: u32) -> Option<&'static str> {
    Some(match id {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        4 => "Q4_2",
        5 => "Q4_3",
        6 => "Q5_0",
        7 => "Q5_1",
        8 => "Q8_0",
        9 => "Q8_1",
        10 => "Q2_K",
        11 => "Q3_K",
        12 => "Q4_K",
        13 => "Q5_K",
        14 => "Q6_K",
        15 => "Q8_K",
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        20 => "IQ4_NL",
        21 => "IQ3_S",
        22 => "IQ2_S",
        23 => "IQ4_XS",
        24 => "I8",
        25 => "I16",
        26 => "I32",
        27 => "I64",
        28 => "F64",
        29 => "IQ1_M",
        30 => "BF16",
        31 => "Q4_0_4_4",
        32 => "Q4_0_4_8",
        33 => "Q4_0_8_8",
        34 => "TQ1_0",
        35 => "TQ2_0",
        36 => "IQ4_NL_4_4",
        37 => "IQ4_NL_4_8",
        38 => "IQ4_NL_8_8",
        39 => "MXFP4",
        40 => "NVFP4",
        _ => return None,
    })
}

/// Reads `count` descriptions. Their offsets are still relative to the data.
pub(super) fn read(reader: &mut Reader<'_>, count: u64) -> Result<Vec<TensorInfo>, Halt> {
    reader.promise(count.saturating_mul(MIN_INFO_BYTES))?;
    (0..count).map(|_| read_one(reader)).collect()
}

/// Makes offsets absolute, and checks that tensors are aligned, disjoint and inside the file.
pub(super) fn place(
    mut tensors: Vec<TensorInfo>,
    data_start: u64,
    alignment: u64,
    file_len: Option<u64>,
) -> Result<Vec<TensorInfo>, GgufError> {
    for tensor in &mut tensors {
        if tensor.offset % alignment != 0 {
            return Err(problem(tensor, format!("is at offset {}, not aligned to {alignment}", tensor.offset)));
        }
        let end = tensor.offset.checked_add(data_start).and_then(|offset| offset.checked_add(tensor.bytes));
        let Some(end) = end else {
            return Err(problem(tensor, format!("is at offset {}, which overflows", tensor.offset)));
        };
        if let Some(file) = file_len
            && end > file
        {
            return Err(problem(tensor, format!("ends at byte {end} of a file of {file}")));
        }
        tensor.offset += data_start;
    }

    let by_name = order::sorted(tensors.len(), &|a, b| tensors[a].name.cmp(&tensors[b].name));
    for pair in by_name.windows(2) {
        if tensors[pair[0]].name == tensors[pair[1]].name {
            return Err(problem(&tensors[pair[1]], "appears twice".into()));
        }
    }

    let by_offset = order::sorted(tensors.len(), &|a, b| tensors[a].offset.cmp(&tensors[b].offset));
    for pair in by_offset.windows(2) {
        let (first, second) = (&tensors[pair[0]], &tensors[pair[1]]);
        if first.end() > second.offset {
            return Err(GgufError::Overlap { first: first.name.clone(), second: second.name.clone() });
        }
    }
    Ok(tensors)
}

fn read_one(reader: &mut Reader<'_>) -> Result<TensorInfo, Halt> {
    let name = metadata::text("a tensor's name", reader.string("the length of a tensor's name", MAX_NAME)?)?;
    let rank = reader.u32()?;
    if !(1..=MAX_DIMS).contains(&rank) {
        return Err(GgufError::Tensor { name, problem: format!("has {rank} dimensions") }.into());
    }
    let dims = (0..rank).map(|_| reader.u64()).collect::<Result<Vec<u64>, Halt>>()?;
    let id = reader.u32()?;
    let offset = reader.u64()?;
    let Some(format) = Format::from_id(id) else {
        return Err(GgufError::TensorType { name, id }.into());
    };
    let bytes = match byte_len(&dims, format) {
        Ok(bytes) => bytes,
        Err(problem) => return Err(GgufError::Tensor { name, problem }.into()),
    };
    Ok(TensorInfo { name, dims, format, offset, bytes })
}

/// The bytes of a tensor, or what is wrong with its shape.
fn byte_len(dims: &[u64], format: Format) -> Result<u64, String> {
    let block = format.block_len() as u64;
    let row = dims.first().copied().unwrap_or_default();
    if dims.contains(&0) {
        return Err(format!("has the empty shape {dims:?}"));
    }
    if row % block != 0 {
        return Err(format!("has rows of {row} elements, not whole blocks of {block}"));
    }
    let elements = dims.iter().try_fold(1_u64, |product, &dim| product.checked_mul(dim));
    let bytes = elements.and_then(|elements| (elements / block).checked_mul(format.block_bytes() as u64));
    bytes.ok_or_else(|| format!("has the shape {dims:?}, whose size overflows"))
}

fn problem(tensor: &TensorInfo, problem: String) -> GgufError {
    GgufError::Tensor { name: tensor.name.clone(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_of_the_engine_has_a_name() {
        for format in Format::ALL {
            assert_eq!(type_name(format.id()), Some(format!("{format:?}").as_str()));
        }
    }
}
