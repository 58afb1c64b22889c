//! Q4_0 (`block_q4_0` in ggml): 32 nibbles around 8 and their scale.
//!
//! | bytes | holds |
//! |---|---|
//! | 0..2 | `d`, half precision |
//! | 2..18 | `q[32]`, four bits each: byte `j` holds element `j` in its low and element `j + 16` in its high nibble |
//!
//! `w[i] = d * (q[i] - 8)`

/// Elements of a block.
pub const LEN: usize = 32;

/// Bytes of a block.
pub const BYTES: usize = 18;

const _: () = assert!(BYTES == size_of::<u16>() + LEN / 2);

/// Decodes one block.
pub fn decode_block(block: &[u8; BYTES], out: &mut [f32; LEN]) {
    let [d0, d1, q @ ..] = block;
    let d = super::half([*d0, *d1]);
    let (low, high) = out.split_at_mut(LEN / 2);
    for ((low, high), q) in low.iter_mut().zip(high).zip(q) {
        *low = d * (f32::from(q & 15) - 8.0);
        *high = d * (f32::from(q >> 4) - 8.0);
    }
}

/// Decodes as many whole blocks as both sides hold.
pub fn decode_row(bytes: &[u8], out: &mut [f32]) {
    for (block, out) in bytes.as_chunks().0.iter().zip(out.as_chunks_mut().0) {
        decode_block(block, out);
    }
}
