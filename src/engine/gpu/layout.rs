//! How the blocks of a matrix lie on the device.
//!
//! The file mixes a block's scale with its quants, at odd addresses. On the device they lie apart, so that kernels
//! read whole aligned words:
//!
//! | format | quants of 32 elements | scales |
//! |---|---|---|
//! | F32 | 32 words | – |
//! | F16 | 16 words of two halves | – |
//! | Q8_0 | 8 words of four signed bytes | one word: the scale's half, and zero |
//! | Q4_0 | 4 words of eight nibbles, in the file's order | one word: the scale's half, and zero |
//! | Q4_1 | 4 words of eight nibbles, in the file's order | one word: the scale's half and the minimum's |
//!
//! A row of F32 or F16 that does not end with a block is padded with zeros.

use crate::engine::quant::Format;

/// Bytes of 32 elements' quants on the device.
pub const fn quant_bytes(format: Format) -> usize {
    match format {
        Format::F32 => 128,
        Format::F16 => 64,
        Format::Q8_0 => 32,
        Format::Q4_0 | Format::Q4_1 => 16,
    }
}

/// Whether a format has scales on the device.
pub const fn has_scales(format: Format) -> bool {
    scale_bytes(format) > 0
}

/// Bytes with which a block of the file begins: its scale, and its minimum where it has one.
pub const fn scale_bytes(format: Format) -> usize {
    match format {
        Format::F32 | Format::F16 => 0,
        Format::Q8_0 | Format::Q4_0 => 2,
        Format::Q4_1 => 4,
    }
}
