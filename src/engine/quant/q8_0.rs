//! Q8_0 (`block_q8_0` in ggml): 32 signed bytes and their scale.
//!
//! | bytes | holds |
//! |---|---|
//! | 0..2 | `d`, half precision |
//! | 2..34 | `q[32]`, signed |
//!
//! `w[i] = d * q[i]`

/// Elements of a block.
pub const LEN: usize = 32;

/// Bytes of a block.
pub const BYTES: usize = 34;

const _: () = assert!(BYTES == size_of::<u16>() + LEN);

/// Decodes one block.
pub fn decode_block(block: &[u8; BYTES], out: &mut [f32; LEN]) {
    let [d0, d1, q @ ..] = block;
    let d = super::half([*d0, *d1]);
    for (out, q) in out.iter_mut().zip(q) {
        *out = d * f32::from(q.cast_signed());
    }
}

/// Decodes as many whole blocks as both sides hold.
pub fn decode_row(bytes: &[u8], out: &mut [f32]) {
    for (block, out) in bytes.as_chunks().0.iter().zip(out.as_chunks_mut().0) {
        decode_block(block, out);
    }
}
