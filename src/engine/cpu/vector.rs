//! The operations of `plain` that take time, with SIMD.

use super::simd::{self, Floats};

/// [`plain::dot`](super::plain::dot).
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<4>();
    let (b, b_rest) = b.as_chunks::<4>();
    let (a4, a) = a.as_chunks::<4>();
    let (b4, b) = b.as_chunks::<4>();
    let mut sums = [simd::zero(); 4];
    for (a, b) in a4.iter().zip(b4) {
        for lane in 0..4 {
            sums[lane] = simd::add(sums[lane], simd::mul(simd::load(&a[lane]), simd::load(&b[lane])));
        }
    }
    for (a, b) in a.iter().zip(b) {
        sums[0] = simd::add(sums[0], simd::mul(simd::load(a), simd::load(b)));
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    simd::store(simd::sum_each_float(sums)).iter().sum::<f32>() + rest
}

/// [`plain::scores`](super::plain::scores), four keys at a time.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn scores(q: &[f32], keys: &[f32], scale: f32, out: &mut [f32]) {
    let len = q.len();
    let (q4, q_rest) = q.as_chunks::<4>();
    let (quads, singles) = out.as_chunks_mut::<4>();
    let single_keys = &keys[quads.len() * 4 * len..];
    for (out, keys) in quads.iter_mut().zip(keys.chunks_exact(4 * len)) {
        let (k0, keys) = keys.split_at(len);
        let (k1, keys) = keys.split_at(len);
        let (k2, k3) = keys.split_at(len);
        let mut sums = [simd::zero(); 4];
        for ((((q, k0), k1), k2), k3) in
            q4.iter().zip(k0.as_chunks().0).zip(k1.as_chunks().0).zip(k2.as_chunks().0).zip(k3.as_chunks().0)
        {
            let q = simd::load(q);
            sums[0] = simd::add(sums[0], simd::mul(q, simd::load(k0)));
            sums[1] = simd::add(sums[1], simd::mul(q, simd::load(k1)));
            sums[2] = simd::add(sums[2], simd::mul(q, simd::load(k2)));
            sums[3] = simd::add(sums[3], simd::mul(q, simd::load(k3)));
        }
        *out = simd::store(simd::mul(simd::sum_each_float(sums), simd::splat(scale)));
        // A head's length need not be a multiple of four.
        for (out, key) in out.iter_mut().zip([k0, k1, k2, k3]) {
            for (q, k) in q_rest.iter().zip(&key[len - q_rest.len()..]) {
                *out += q * k * scale;
            }
        }
    }
    for (out, key) in singles.iter_mut().zip(single_keys.chunks_exact(len)) {
        *out = dot(q, key) * scale;
    }
}

/// [`plain::mix`](super::plain::mix), four values at a time.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn mix(weights: &[f32], values: &[f32], out: &mut [f32]) {
    let len = out.len();
    let (quads, singles) = weights.as_chunks::<4>();
    let single_values = &values[quads.len() * 4 * len..];
    for (w, values) in quads.iter().zip(values.chunks_exact(4 * len)) {
        let (v0, values) = values.split_at(len);
        let (v1, values) = values.split_at(len);
        let (v2, v3) = values.split_at(len);
        let w: [Floats; 4] = [simd::splat(w[0]), simd::splat(w[1]), simd::splat(w[2]), simd::splat(w[3])];
        let (out4, out_rest) = out.as_chunks_mut::<4>();
        for ((((out, v0), v1), v2), v3) in
            out4.iter_mut().zip(v0.as_chunks().0).zip(v1.as_chunks().0).zip(v2.as_chunks().0).zip(v3.as_chunks().0)
        {
            let a = simd::add(simd::mul(w[0], simd::load(v0)), simd::mul(w[1], simd::load(v1)));
            let b = simd::add(simd::mul(w[2], simd::load(v2)), simd::mul(w[3], simd::load(v3)));
            *out = simd::store(simd::add(simd::load(out), simd::add(a, b)));
        }
        let done = len - out_rest.len();
        for (weight, value) in w.iter().zip([v0, v1, v2, v3]) {
            let [weight, ..] = simd::store(*weight);
            for (out, value) in out_rest.iter_mut().zip(&value[done..]) {
                *out += weight * value;
            }
        }
    }
    for (weight, value) in singles.iter().zip(single_values.chunks_exact(len)) {
        for (out, value) in out.iter_mut().zip(value) {
            *out += weight * value;
        }
    }
}

/// [`plain::softmax`](super::plain::softmax).
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn softmax(x: &mut [f32]) {
    let largest = x.iter().copied().fold(f32::NEG_INFINITY, |a, b| if b > a { b } else { a });
    for x in x.iter_mut() {
        *x = exp(*x - largest);
    }
    let scale = 1.0 / sum(x);
    for x in x {
        *x *= scale;
    }
}

/// [`plain::swiglu`](super::plain::swiglu).
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn swiglu(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + exp(-*gate)) * up;
    }
}

/// Half precision to single precision, as many as both sides hold. Infinities and NaNs come out finite.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn widen(bytes: &[u8], out: &mut [f32]) {
    let (bytes8, bytes) = bytes.as_chunks::<8>();
    let (out4, out) = out.as_chunks_mut::<4>();
    for (bytes, out) in bytes8.iter().zip(out4) {
        let [a, b, c, d, e, f, g, h] = *bytes;
        let pair = |low: [u8; 2]| u32::from(u16::from_le_bytes(low));
        *out = simd::store(simd::halves([pair([a, b]), pair([c, d]), pair([e, f]), pair([g, h])]).0);
    }
    crate::engine::quant::Format::F16.decode_row(bytes, out);
}

/// Rounds to what half precision can hold, infinities apart: with a number added whose last place is the wanted one,
/// the sum is rounded there.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn round_to_halves(x: &mut [f32]) {
    for x in x {
        *x = round_to_half(*x);
    }
}

/// [`round_to_halves`] for one.
#[inline]
pub fn round_to_half(x: f32) -> f32 {
    const EXPONENT: i32 = 0x7f80_0000;
    // Below 2^-14 half precision's last place stays 2^-24.
    const SMALLEST: i32 = (127 - 14) << 23;
    // 1.5 × 2^13 times the power of two in x: its last place is 2^-10 of that power.
    const UP: i32 = (13 << 23) | 0x40_0000;
    let exponent = x.to_bits().cast_signed() & EXPONENT;
    let exponent = if exponent > SMALLEST { exponent } else { SMALLEST };
    let large = f32::from_bits((exponent + UP).cast_unsigned());
    (x + large) - large
}

/// `Σ x[i]`
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn sum(x: &[f32]) -> f32 {
    let (x4, rest) = x.as_chunks::<4>();
    let mut total = simd::zero();
    for x in x4 {
        total = simd::add(total, simd::load(x));
    }
    simd::store(total).iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// `e^x` to about 2e-7 of its value, written without a branch so that loops over it become vectors.
///
/// With `n` the whole number nearest to `x / ln 2`, `e^x = 2^n e^r` where `|r| <= ln 2 / 2`; there the Taylor series
/// of degree 6 is exact to single precision. Beyond ±87, where results leave single precision's normal range, it
/// stays at the value there.
#[inline]
fn exp(x: f32) -> f32 {
    // Adding 1.5 × 2^23 leaves the whole part in the lowest bits of the sum.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, the first exact in few bits, so that n times it is exact, too.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;

    let x = if x > 87.0 { 87.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let series = 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    let series = series * r + 1.0;
    let series = series * r + 1.0;
    // Adds n to the exponent.
    f32::from_bits(series.to_bits().wrapping_add(shifted.to_bits() << 23))
}

#[cfg(test)]
mod tests {
    use super::{super::plain, *};
    use crate::engine::quant::Format;
    use proptest::prelude::*;

    fn close(fast: &[f32], plain: &[f32], tolerance: f32) -> Result<(), TestCaseError> {
        prop_assert_eq!(fast.len(), plain.len());
        for (fast, plain) in fast.iter().zip(plain) {
            prop_assert!((fast - plain).abs() <= tolerance * plain.abs().max(1.0), "{} and {}", fast, plain);
        }
        Ok(())
    }

    fn numbers(len: usize) -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-4.0f32..4.0, len)
    }

    proptest! {
        #[test]
        fn dot_agrees((a, b) in (0usize..70).prop_flat_map(|len| (numbers(len), numbers(len)))) {
            close(&[dot(&a, &b)], &[plain::dot(&a, &b)], 1e-4)?;
        }

        #[test]
        fn attention_agrees(
            (q, keys, weights) in (1usize..40, 0usize..11)
                .prop_flat_map(|(len, n)| (numbers(2 * len), numbers(2 * len * n), numbers(n))),
        ) {
            let (mut fast, mut slow) = (weights.clone(), weights.clone());
            scores(&q, &keys, 0.5, &mut fast);
            plain::scores(&q, &keys, 0.5, &mut slow);
            close(&fast, &slow, 1e-4)?;
            if !fast.is_empty() {
                softmax(&mut fast);
                plain::softmax(&mut slow);
                close(&fast, &slow, 1e-4)?;
            }
            let (mut fast, mut slow) = (q.clone(), q);
            mix(&weights, &keys, &mut fast);
            plain::mix(&weights, &keys, &mut slow);
            close(&fast, &slow, 1e-4)?;
        }

        #[test]
        fn swiglu_agrees((gate, up) in (0usize..20).prop_flat_map(|len| (numbers(len), numbers(len)))) {
            let (mut fast, mut slow) = (gate.clone(), gate);
            swiglu(&mut fast, &up);
            plain::swiglu(&mut slow, &up);
            close(&fast, &slow, 1e-6)?;
        }

        #[test]
        fn exp_is_exact_to_single_precision(x in -87.0f32..87.0) {
            let exact = f64::from(x).exp();
            prop_assert!((f64::from(exp(x)) / exact - 1.0).abs() < 3e-7, "exp({}) = {}, not {}", x, exp(x), exact);
        }

        #[test]
        fn rounding_is_that_of_half_precision(x in -60_000.0f32..60_000.0, shift in 0i32..40) {
            let x = x * 0.5f32.powi(shift);
            prop_assert_eq!(round_to_half(x), half::f16::from_f32(x).to_f32());
        }

        #[test]
        fn widening_agrees(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            // The largest exponent means infinity or NaN, which no weight has.
            let bytes: Vec<u8> =
                bytes.into_iter().enumerate().map(|(i, b)| if i % 2 == 1 { b & !0x40 } else { b }).collect();
            let (mut fast, mut slow) = (vec![0.0; bytes.len() / 2], vec![0.0; bytes.len() / 2]);
            widen(&bytes, &mut fast);
            Format::F16.decode_row(&bytes, &mut slow);
            prop_assert_eq!(fast, slow);
        }
    }

    #[test]
    fn extremes_stay_in_their_place() {
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(f32::INFINITY) > 1e37);
        let mut certain = [-1e30, 3.0, -200.0];
        softmax(&mut certain);
        assert_eq!(certain[1], 1.0);
    }
}
