//! Plain Rust, for machines without a file of their own. Operations are documented in the parent module.

use super::{HALF_BITS, HALF_EXPONENT};

/// 8 × i16.
pub type Words = [i16; 8];
/// 4 × i32.
pub type Ints = [i32; 4];
/// 4 × f32.
pub type Floats = [f32; 4];

/// The instruction set's name.
pub const NAME: &str = "scalar";

/// 8 quantised activations.
#[inline]
pub fn words(x: &[i16; 8]) -> Words {
    *x
}

/// The bytes' nibbles as words, ordered by [`ORDER`](super::ORDER).
#[inline]
pub fn nibbles(bytes: &[u8; 16]) -> [Words; 4] {
    let pairs = pairs(bytes);
    [0, 8, 4, 12].map(|shift| pairs.map(|pair| (pair >> shift & 15).cast_signed()))
}

/// The signed bytes as words, ordered by [`ORDER`](super::ORDER).
#[inline]
pub fn signed_bytes(bytes: &[u8; 16]) -> [Words; 2] {
    let pairs = pairs(bytes);
    [pairs.map(|pair| (pair << 8).cast_signed() >> 8), pairs.map(|pair| pair.cast_signed() >> 8)]
}

/// Adjacent bytes as one word.
#[inline]
fn pairs(bytes: &[u8; 16]) -> [u16; 8] {
    std::array::from_fn(|i| u16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]))
}

/// Products, added in adjacent pairs.
#[inline]
pub fn dot(a: Words, b: Words) -> Ints {
    std::array::from_fn(|i| {
        i32::from(a[2 * i]) * i32::from(b[2 * i]) + i32::from(a[2 * i + 1]) * i32::from(b[2 * i + 1])
    })
}

/// Lane by lane.
#[inline]
pub fn add_ints(a: Ints, b: Ints) -> Ints {
    std::array::from_fn(|i| a[i] + b[i])
}

/// The sum of each vector's lanes.
#[inline]
pub fn sum_each(rows: [Ints; 4]) -> Floats {
    rows.map(|row| row.iter().sum::<i32>() as f32)
}

/// The low and the high half-precision number of each lane. Infinities and NaNs come out finite.
#[inline]
pub fn halves(pairs: [u32; 4]) -> (Floats, Floats) {
    let half = |bits: u32| f32::from_bits((bits.cast_signed() >> 3).cast_unsigned() & HALF_BITS) * HALF_EXPONENT;
    (pairs.map(|pair| half(pair << 16)), pairs.map(half))
}

/// All lanes 0.
#[inline]
pub fn zero() -> Floats {
    [0.0; 4]
}

/// All lanes the same.
#[inline]
pub fn splat(x: f32) -> Floats {
    [x; 4]
}

/// From memory.
#[inline]
pub fn load(x: &[f32; 4]) -> Floats {
    *x
}

/// To memory.
#[inline]
pub fn store(x: Floats) -> [f32; 4] {
    x
}

/// Lane by lane.
#[inline]
pub fn add(a: Floats, b: Floats) -> Floats {
    std::array::from_fn(|i| a[i] + b[i])
}

/// Lane by lane.
#[inline]
pub fn mul(a: Floats, b: Floats) -> Floats {
    std::array::from_fn(|i| a[i] * b[i])
}

/// The sum of each vector's lanes.
#[inline]
pub fn sum_each_float(rows: [Floats; 4]) -> Floats {
    rows.map(|[a, b, c, d]| (a + c) + (b + d))
}
