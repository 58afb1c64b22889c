//! Numbers into weight formats: plain rounding, good enough for random weights.
//!
//! Blocks as the ggml project lays them out; the engine's `quant` folder documents and decodes each.

use half::f16;
use inferkit_widget::engine::quant::Format;

/// Encodes whole blocks. The length of `values` must be a multiple of the format's block length.
pub fn quantise(format: Format, values: &[f32]) -> Vec<u8> {
    assert_eq!(values.len() % format.block_len(), 0, "{} values do not fill blocks of {format:?}", values.len());
    let block = match format {
        Format::F32 => |block: &[f32], out: &mut Vec<u8>| out.extend(block[0].to_le_bytes()),
        Format::F16 => |block: &[f32], out: &mut Vec<u8>| out.extend(f16::from_f32(block[0]).to_le_bytes()),
        Format::Q8_0 => q8_0,
        Format::Q4_0 => q4_0,
        Format::Q4_1 => q4_1,
    };
    let mut out = Vec::with_capacity(values.len() / format.block_len() * format.block_bytes());
    values.chunks_exact(format.block_len()).for_each(|values| block(values, &mut out));
    out
}

/// `x = d · q` with q in -127..=127.
fn q8_0(block: &[f32], out: &mut Vec<u8>) {
    let most = block.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let scale = put_f16(out, most / 127.0);
    out.extend(block.iter().map(|x| level(*x, scale, -127.0, 127.0) as i8 as u8));
}

/// `x = d · (q - 8)` with q in 0..=15. The scale's sign puts the largest element on -8, which +8 has no match for.
fn q4_0(block: &[f32], out: &mut Vec<u8>) {
    let most = block.iter().fold(0.0_f32, |most, x| if x.abs() > most.abs() { *x } else { most });
    let scale = put_f16(out, most / -8.0);
    put_nibbles(out, block, |x| (level(x, scale, -8.0, 7.0) + 8.0) as u8);
}

/// `x = m + d · q` with q in 0..=15.
fn q4_1(block: &[f32], out: &mut Vec<u8>) {
    let least = block.iter().fold(f32::INFINITY, |least, x| least.min(*x));
    let most = block.iter().fold(f32::NEG_INFINITY, |most, x| most.max(*x));
    let scale = put_f16(out, (most - least) / 15.0);
    let least = put_f16(out, least);
    put_nibbles(out, block, |x| level(x - least, scale, 0.0, 15.0) as u8);
}

/// The nearest level within the range.
fn level(x: f32, scale: f32, least: f32, most: f32) -> f32 {
    if scale == 0.0 { 0.0_f32.clamp(least, most) } else { (x / scale).round().clamp(least, most) }
}

/// Writes a number in half precision and returns what was written.
fn put_f16(out: &mut Vec<u8>, x: f32) -> f32 {
    let half = f16::from_f32(x);
    out.extend(half.to_le_bytes());
    half.to_f32()
}

/// Sixteen bytes: the first half of the block in the low nibbles, the second in the high ones.
fn put_nibbles(out: &mut Vec<u8>, block: &[f32], nibble: impl Fn(f32) -> u8) {
    let (low, high) = block.split_at(block.len() / 2);
    out.extend(low.iter().zip(high).map(|(low, high)| nibble(*low) | nibble(*high) << 4));
}
