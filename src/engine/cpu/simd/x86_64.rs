//! SSE2, which every x86-64 processor has. Operations are documented in the parent module.

use super::{HALF_BITS, HALF_EXPONENT};
use std::arch::x86_64::*;

/// 8 × i16.
pub type Words = __m128i;
/// 4 × i32.
pub type Ints = __m128i;
/// 4 × f32.
pub type Floats = __m128;

/// The instruction set's name.
pub const NAME: &str = "sse2";

/// Calls intrinsics. They are unsafe to call only where their instruction set may be missing.
macro_rules! sse2 {
    ($($body:tt)*) => {
        // SAFETY: SSE2 is part of x86-64, and nothing but the three accesses to memory that say so has a pointer.
        unsafe { $($body)* }
    };
}

/// 8 quantised activations.
#[inline]
pub fn words(x: &[i16; 8]) -> Words {
    // SAFETY: the array has the vector's 16 bytes, and the load asks for no alignment.
    unsafe { _mm_loadu_si128(x.as_ptr().cast()) }
}

/// 16 bytes.
#[inline]
fn bytes_from(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the array has the vector's 16 bytes, and the load asks for no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// The bytes' nibbles as words, ordered by [`ORDER`](super::ORDER).
#[inline]
pub fn nibbles(bytes: &[u8; 16]) -> [Words; 4] {
    sse2! {
        let pairs = bytes_from(bytes);
        let mask = _mm_set1_epi16(15);
        [
            _mm_and_si128(pairs, mask),
            _mm_and_si128(_mm_srli_epi16::<8>(pairs), mask),
            _mm_and_si128(_mm_srli_epi16::<4>(pairs), mask),
            _mm_srli_epi16::<12>(pairs),
        ]
    }
}

/// The signed bytes as words, ordered by [`ORDER`](super::ORDER).
#[inline]
pub fn signed_bytes(bytes: &[u8; 16]) -> [Words; 2] {
    sse2! {
        let pairs = bytes_from(bytes);
        [_mm_srai_epi16::<8>(_mm_slli_epi16::<8>(pairs)), _mm_srai_epi16::<8>(pairs)]
    }
}

/// Products, added in adjacent pairs.
#[inline]
pub fn dot(a: Words, b: Words) -> Ints {
    sse2! {
        _mm_madd_epi16(a, b)
    }
}

/// Lane by lane.
#[inline]
pub fn add_ints(a: Ints, b: Ints) -> Ints {
    sse2! {
        _mm_add_epi32(a, b)
    }
}

/// The sum of each vector's lanes.
#[inline]
pub fn sum_each([a, b, c, d]: [Ints; 4]) -> Floats {
    sse2! {
        let ab = _mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
        let cd = _mm_add_epi32(_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));
        _mm_cvtepi32_ps(_mm_add_epi32(_mm_unpacklo_epi64(ab, cd), _mm_unpackhi_epi64(ab, cd)))
    }
}

/// The low and the high half-precision number of each lane. Infinities and NaNs come out finite.
#[inline]
pub fn halves([a, b, c, d]: [u32; 4]) -> (Floats, Floats) {
    sse2! {
        let pairs =
            _mm_set_epi32(d.cast_signed(), c.cast_signed(), b.cast_signed(), a.cast_signed());
        let bits = _mm_set1_epi32(HALF_BITS.cast_signed());
        let half = |v| {
            let in_place = _mm_and_si128(_mm_srai_epi32::<3>(v), bits);
            _mm_mul_ps(_mm_castsi128_ps(in_place), _mm_set1_ps(HALF_EXPONENT))
        };
        (half(_mm_slli_epi32::<16>(pairs)), half(pairs))
    }
}

/// All lanes 0.
#[inline]
pub fn zero() -> Floats {
    sse2! {
        _mm_setzero_ps()
    }
}

/// All lanes the same.
#[inline]
pub fn splat(x: f32) -> Floats {
    sse2! {
        _mm_set1_ps(x)
    }
}

/// From memory.
#[inline]
pub fn load(x: &[f32; 4]) -> Floats {
    // SAFETY: the array has the vector's 16 bytes, and the load asks for no alignment.
    unsafe { _mm_loadu_ps(x.as_ptr()) }
}

/// To memory.
#[inline]
pub fn store(x: Floats) -> [f32; 4] {
    let mut out = [0.0; 4];
    // SAFETY: the array has the vector's 16 bytes, and the store asks for no alignment.
    unsafe { _mm_storeu_ps(out.as_mut_ptr(), x) };
    out
}

/// Lane by lane.
#[inline]
pub fn add(a: Floats, b: Floats) -> Floats {
    sse2! {
        _mm_add_ps(a, b)
    }
}

/// Lane by lane.
#[inline]
pub fn mul(a: Floats, b: Floats) -> Floats {
    sse2! {
        _mm_mul_ps(a, b)
    }
}

/// The sum of each vector's lanes.
#[inline]
pub fn sum_each_float([a, b, c, d]: [Floats; 4]) -> Floats {
    sse2! {
        let ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
        let cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
        _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab))
    }
}
