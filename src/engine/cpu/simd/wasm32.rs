//! WebAssembly's 128-bit SIMD, which every browser has had since 2023. Operations are documented in the parent module.

use super::{HALF_BITS, HALF_EXPONENT};
use std::arch::wasm32::*;

/// 8 × i16.
pub type Words = v128;
/// 4 × i32.
pub type Ints = v128;
/// 4 × f32.
pub type Floats = v128;

/// The instruction set's name.
pub const NAME: &str = "wasm simd128";

/// 8 quantised activations.
#[inline(always)]
pub fn words(x: &[i16; 8]) -> Words {
    // SAFETY: the array has the vector's 16 bytes, and the load asks for no alignment.
    unsafe { v128_load(x.as_ptr().cast()) }
}

/// 16 bytes.
#[inline(always)]
fn bytes_from(bytes: &[u8; 16]) -> v128 {
    // SAFETY: the array has the vector's 16 bytes, and the load asks for no alignment.
    unsafe { v128_load(bytes.as_ptr().cast()) }
}

/// The bytes' nibbles as words, ordered by [`ORDER`](super::ORDER).
#[inline(always)]
pub fn nibbles(bytes: &[u8; 16]) -> [Words; 4] {
    let pairs = bytes_from(bytes);
    let mask = u16x8_splat(15);
    [
        v128_and(pairs, mask),
        v128_and(u16x8_shr(pairs, 8), mask),
        v128_and(u16x8_shr(pairs, 4), mask),
        u16x8_shr(pairs, 12),
    ]
}

/// The signed bytes as words, ordered by [`ORDER`](super::ORDER).
#[inline(always)]
pub fn signed_bytes(bytes: &[u8; 16]) -> [Words; 2] {
    let pairs = bytes_from(bytes);
    [i16x8_shr(i16x8_shl(pairs, 8), 8), i16x8_shr(pairs, 8)]
}

/// Products, added in adjacent pairs.
#[inline(always)]
pub fn dot(a: Words, b: Words) -> Ints {
    i32x4_dot_i16x8(a, b)
}

/// Lane by lane.
#[inline(always)]
pub fn add_ints(a: Ints, b: Ints) -> Ints {
    i32x4_add(a, b)
}

/// The sum of each vector's lanes.
#[inline(always)]
pub fn sum_each([a, b, c, d]: [Ints; 4]) -> Floats {
    let ab = i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
    let cd = i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
    f32x4_convert_i32x4(i32x4_add(i64x2_shuffle::<0, 2>(ab, cd), i64x2_shuffle::<1, 3>(ab, cd)))
}

/// The low and the high half-precision number of each lane. Infinities and NaNs come out finite.
#[inline(always)]
pub fn halves([a, b, c, d]: [u32; 4]) -> (Floats, Floats) {
    let pairs = u32x4(a, b, c, d);
    (high_halves(i32x4_shl(pairs, 16)), high_halves(pairs))
}

/// The high half-precision number of each lane.
#[inline(always)]
fn high_halves(pairs: v128) -> Floats {
    f32x4_mul(v128_and(i32x4_shr(pairs, 3), u32x4_splat(HALF_BITS)), f32x4_splat(HALF_EXPONENT))
}

/// All lanes 0.
#[inline(always)]
pub fn zero() -> Floats {
    f32x4_splat(0.0)
}

/// All lanes the same.
#[inline(always)]
pub fn splat(x: f32) -> Floats {
    f32x4_splat(x)
}

/// From memory.
#[inline(always)]
pub fn load(x: &[f32; 4]) -> Floats {
    // SAFETY: the array has the vector's 16 bytes, and the load asks for no alignment.
    unsafe { v128_load(x.as_ptr().cast()) }
}

/// To memory.
#[inline(always)]
pub fn store(x: Floats) -> [f32; 4] {
    // SAFETY: both are 16 bytes, of which any are four numbers.
    unsafe { std::mem::transmute(x) }
}

/// Lane by lane.
#[inline(always)]
pub fn add(a: Floats, b: Floats) -> Floats {
    f32x4_add(a, b)
}

/// Lane by lane.
#[inline(always)]
pub fn mul(a: Floats, b: Floats) -> Floats {
    f32x4_mul(a, b)
}

/// The sum of each vector's lanes.
#[inline(always)]
pub fn sum_each_float([a, b, c, d]: [Floats; 4]) -> Floats {
    let ab = f32x4_add(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
    let cd = f32x4_add(i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
    f32x4_add(i64x2_shuffle::<0, 2>(ab, cd), i64x2_shuffle::<1, 3>(ab, cd))
}
