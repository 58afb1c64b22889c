//! Weight formats: one file (pair) each, one row in [`Format::ALL`].
//!
//! A format's `.rs` file documents its block as the file holds it and decodes it on the CPU; the `.wgsl` file beside
//! it is the same for the GPU. All numbers are little-endian, and no block is aligned to more than two bytes.

pub mod f16;
pub mod f32;
pub mod q4_0;
pub mod q4_1;
pub mod q8_0;

use std::primitive::f32 as Single;

/// How a tensor's numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// IEEE single precision.
    F32,
    /// IEEE half precision.
    F16,
    /// 32 signed bytes and a half-precision scale.
    Q8_0,
    /// 32 nibbles around 8 and a half-precision scale.
    Q4_0,
    /// 32 nibbles, a half-precision scale and a half-precision minimum.
    Q4_1,
}

/// What there is to know about a format.
struct Layout {
    /// GGML's type number (`enum ggml_type`).
    id: u32,
    /// Elements of a block.
    block_len: usize,
    /// Bytes of a block.
    block_bytes: usize,
    /// Whole blocks to single precision.
    decode_row: fn(&[u8], &mut [Single]),
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::F32, Self::F16, Self::Q8_0, Self::Q4_0, Self::Q4_1];

    /// The format's row in the table.
    const fn layout(self) -> &'static Layout {
        match self {
            Self::F32 => &Layout { id: 0, block_len: 1, block_bytes: f32::BYTES, decode_row: f32::decode_row },
            Self::F16 => &Layout { id: 1, block_len: 1, block_bytes: f16::BYTES, decode_row: f16::decode_row },
            Self::Q4_0 => {
                &Layout { id: 2, block_len: q4_0::LEN, block_bytes: q4_0::BYTES, decode_row: q4_0::decode_row }
            }
            Self::Q4_1 => {
                &Layout { id: 3, block_len: q4_1::LEN, block_bytes: q4_1::BYTES, decode_row: q4_1::decode_row }
            }
            Self::Q8_0 => {
                &Layout { id: 8, block_len: q8_0::LEN, block_bytes: q8_0::BYTES, decode_row: q8_0::decode_row }
            }
        }
    }

    /// GGML's type number.
    #[must_use]
    pub const fn id(self) -> u32 {
        self.layout().id
    }

    /// The format of a GGML type number, if the engine has it.
    #[must_use]
    pub fn from_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.id() == id)
    }

    /// Elements that are stored together.
    #[must_use]
    pub const fn block_len(self) -> usize {
        self.layout().block_len
    }

    /// Bytes of a block.
    #[must_use]
    pub const fn block_bytes(self) -> usize {
        self.layout().block_bytes
    }

    /// Bytes of `elements` numbers, or none where they do not fill their blocks or the length overflows.
    #[must_use]
    pub const fn bytes_of(self, elements: usize) -> Option<usize> {
        if !elements.is_multiple_of(self.block_len()) {
            return None;
        }
        (elements / self.block_len()).checked_mul(self.block_bytes())
    }

    /// Decodes whole blocks from `bytes` into `out`, as many as both hold.
    pub fn decode_row(self, bytes: &[u8], out: &mut [Single]) {
        (self.layout().decode_row)(bytes, out);
    }
}

/// A half-precision number from its two bytes.
fn half(bytes: [u8; 2]) -> Single {
    half::f16::from_le_bytes(bytes).to_f32()
}

#[cfg(test)]
mod tests {
    use super::Format;

    /// Decodes one block and compares elements by index.
    fn check(format: Format, block: &[u8], expected: &[(usize, f32)]) {
        assert_eq!(block.len(), format.block_bytes(), "{format:?}");
        let mut out = vec![f32::NAN; format.block_len()];
        format.decode_row(block, &mut out);
        for &(index, value) in expected {
            assert_eq!(out[index], value, "{format:?} element {index}");
        }
        assert!(out.iter().all(|value| value.is_finite()), "{format:?} left an element undecoded");
    }

    const ONE_HALF: [u8; 2] = [0x00, 0x38];
    const MINUS_TWO: [u8; 2] = [0x00, 0xc0];

    #[test]
    fn blocks_decode_to_the_values_that_their_bytes_spell() {
        check(Format::F32, &1.5f32.to_le_bytes(), &[(0, 1.5)]);
        check(Format::F16, &MINUS_TWO, &[(0, -2.0)]);

        let mut q8_0 = ONE_HALF.to_vec();
        q8_0.extend((0..32u8).map(|i| i.wrapping_sub(16)));
        check(Format::Q8_0, &q8_0, &[(0, -8.0), (15, -0.5), (16, 0.0), (31, 7.5)]);

        let mut nibbles = vec![0u8; 16];
        nibbles[0] = 0xf1;
        nibbles[15] = 0x2e;
        let q4_0 = [&ONE_HALF[..], &nibbles].concat();
        check(Format::Q4_0, &q4_0, &[(0, -3.5), (1, -4.0), (15, 3.0), (16, 3.5), (17, -4.0), (31, -3.0)]);

        let q4_1 = [&ONE_HALF[..], &MINUS_TWO, &nibbles].concat();
        check(Format::Q4_1, &q4_1, &[(0, -1.5), (1, -2.0), (15, 5.0), (16, 5.5), (17, -2.0), (31, -1.0)]);
    }

    #[test]
    fn type_numbers_are_ggml_s_and_find_their_format_again() {
        for (id, format) in
            [(0, Format::F32), (1, Format::F16), (2, Format::Q4_0), (3, Format::Q4_1), (8, Format::Q8_0)]
        {
            assert_eq!(format.id(), id);
            assert_eq!(Format::from_id(id), Some(format));
        }
        for unknown in [4, 5, 6, 7, 9, 12, 14, u32::MAX] {
            assert_eq!(Format::from_id(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn lengths_count_whole_blocks_only() {
        assert_eq!(Format::Q4_1.bytes_of(576), Some(360));
        assert_eq!(Format::Q8_0.bytes_of(64), Some(68));
        assert_eq!(Format::Q8_0.bytes_of(33), None);
        assert_eq!(Format::F16.bytes_of(3), Some(6));
        assert_eq!(Format::F32.bytes_of(usize::MAX), None);
    }

    #[test]
    fn a_row_cut_short_leaves_the_rest_alone() {
        for format in Format::ALL {
            let len = format.block_len();
            let mut out = vec![7.0; 3 * len];
            format.decode_row(&vec![0; 2 * format.block_bytes() + 1], &mut out);
            assert_eq!(out[2 * len..], vec![7.0; len], "{format:?}");
            format.decode_row(&vec![0; 9 * format.block_bytes()], &mut out[..len]);
        }
    }
}
