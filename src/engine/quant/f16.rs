//! F16: half precision, two bytes an element.

/// Bytes of an element.
pub const BYTES: usize = 2;

/// Decodes as many elements as both sides hold.
pub fn decode_row(bytes: &[u8], out: &mut [f32]) {
    for (bytes, out) in bytes.as_chunks::<BYTES>().0.iter().zip(out) {
        *out = super::half(*bytes);
    }
}
