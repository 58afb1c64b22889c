//! Quantised weights times quantised activations.
//!
//! Activations become signed bytes per 32, as in ggml's Q8_1: `x ≈ scale * q`. Scale and sum are rounded to half
//! precision as there: it costs nothing, and greedy answers then are llama.cpp's but for near ties. A weight is
//! `d * w + m`, and so a block's share of a dot product is
//!
//! `Σ (d w + m) (scale q) = d scale Σ w q + m scale Σ q`
//!
//! where `Σ w q` is a sum of small integers, and `scale Σ q` is computed once when the activations are quantised.
//!
//! Four rows of weights are worked on together: they share the loads of the activations, and their four sums end in
//! the four lanes of one vector, which is then scaled at once.

use super::{
    simd::{self, Floats, Ints, ORDER, Words},
    vector::round_to_half,
};
use crate::engine::quant::{q4_0, q4_1, q8_0};
use std::ops::Range;

/// 32 activations.
#[derive(Clone, Copy, Default)]
pub struct Block {
    /// Integers in -127..=127, ordered by [`ORDER`]; words, because that is what [`simd::dot`] takes.
    q: [[i16; 8]; 4],
    /// `x ≈ scale * q`
    scale: f32,
    /// `scale * Σ q`
    sum: f32,
}

/// Elements of a [`Block`].
pub const LEN: usize = 32;

/// A block of weights as it lies in memory. Its length tells the formats apart.
pub trait Packed: Sized {
    /// What is added to `d w`.
    const OFFSET: Offset;

    /// The block's parts.
    fn parts(&self) -> Parts<'_>;
}

/// The constant part of a block's weights.
#[derive(Clone, Copy)]
pub enum Offset {
    /// None.
    Zero,
    /// `-8 d`
    MinusEight,
    /// `m`, stored in the block.
    Stored,
}

/// A block's scale in the low half, its minimum in the high half, and its integers.
pub struct Parts<'a> {
    scales: u32,
    integers: Integers<'a>,
}

/// Where a block's integers are.
enum Integers<'a> {
    Nibbles(&'a [u8; 16]),
    SignedBytes(&'a [[u8; 16]; 2]),
}

impl Packed for [u8; q4_1::BYTES] {
    const OFFSET: Offset = Offset::Stored;

    #[inline(always)]
    fn parts(&self) -> Parts<'_> {
        let [d0, d1, m0, m1, q @ ..] = self;
        Parts { scales: u32::from_le_bytes([*d0, *d1, *m0, *m1]), integers: Integers::Nibbles(q) }
    }
}

impl Packed for [u8; q4_0::BYTES] {
    const OFFSET: Offset = Offset::MinusEight;

    #[inline(always)]
    fn parts(&self) -> Parts<'_> {
        let [d0, d1, q @ ..] = self;
        Parts { scales: u32::from(u16::from_le_bytes([*d0, *d1])), integers: Integers::Nibbles(q) }
    }
}

impl Packed for [u8; q8_0::BYTES] {
    const OFFSET: Offset = Offset::Zero;

    #[inline(always)]
    fn parts(&self) -> Parts<'_> {
        let [d0, d1, q @ ..] = self;
        let q: &[u8; 32] = q;
        Parts {
            scales: u32::from(u16::from_le_bytes([*d0, *d1])),
            integers: Integers::SignedBytes(bytemuck::cast_ref(q)),
        }
    }
}

/// Quantises whole blocks of `x` into as many of `out`.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn quantise(x: &[f32], out: &mut [Block]) {
    // Adding 1.5 × 2^23 rounds to the nearest whole number and leaves it in the lowest bits of the sum.
    const ROUND: f32 = 12_582_912.0;
    for (x, out) in x.as_chunks::<LEN>().0.iter().zip(out) {
        // Without their sign, single-precision numbers rise with their bits.
        let largest = x.iter().map(|x| (x.to_bits() & 0x7fff_ffff).cast_signed()).fold(0, i32::max);
        let scale = f32::from_bits(largest.cast_unsigned()) / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let mut q = [0i16; LEN];
        let mut total = 0i32;
        for (q, x) in q.iter_mut().zip(x) {
            *q = (x * inverse + ROUND).to_bits() as i16;
            total += i32::from(*q);
        }
        let ordered = out.q.as_flattened_mut();
        for (q, place) in q.iter().zip(ORDER) {
            ordered[place] = *q;
        }
        out.scale = round_to_half(scale);
        out.sum = round_to_half(scale * total as f32);
    }
}

/// `out[t][r] = weights[r] · x[t]` for the rows of a range. Weights (rows, blocks), x (tokens, blocks),
/// out (tokens, rows).
pub fn multiply<const BYTES: usize>(
    weights: &[[u8; BYTES]],
    blocks: usize,
    range: Range<usize>,
    x: &[Block],
    out: &mut [f32],
) where
    [u8; BYTES]: Packed,
{
    if blocks == 0 || weights.is_empty() {
        return;
    }
    let rows = weights.len() / blocks;
    let tokens = x.len() / blocks;
    let row = |index: usize| &weights[index.min(rows - 1) * blocks..][..blocks];
    let token = |index: usize| &x[index * blocks..][..blocks];
    for first in range.clone().step_by(4) {
        // Past the end, the last row is computed again and thrown away.
        let quad = [row(first), row(first + 1), row(first + 2), row(first + 3)];
        let count = (range.end - first).min(4);
        let mut keep = |t: usize, sums: [f32; 4]| {
            out[t * rows + first..][..count].copy_from_slice(&sums[..count]);
        };
        let mut t = 0;
        while t + 4 <= tokens {
            let [a, b, c, d] = four(quad, [token(t), token(t + 1), token(t + 2), token(t + 3)]);
            keep(t, a);
            keep(t + 1, b);
            keep(t + 2, c);
            keep(t + 3, d);
            t += 4;
        }
        while t < tokens {
            keep(t, one(quad, token(t)));
            t += 1;
        }
    }
}

/// Four rows times one token.
///
/// Here and below what belongs to the four rows is written out, not looped over: a build for size keeps loops, even
/// those of one round, and with them in memory what should stay in registers.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn one<const BYTES: usize>([a, b, c, d]: [&[[u8; BYTES]]; 4], token: &[Block]) -> [f32; 4]
where
    [u8; BYTES]: Packed,
{
    let blocks = a.len();
    // Said once, the lengths need no check in the loop.
    let (b, c, d, token) = (&b[..blocks], &c[..blocks], &d[..blocks], &token[..blocks]);
    let mut total = simd::zero();
    for block in 0..blocks {
        let quad = Quad::new(&a[block], &b[block], &c[block], &d[block]);
        total = quad.add_products(total, &token[block]);
    }
    simd::store(total)
}

/// Four rows times four tokens, so that a block is unpacked once for all of them.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn four<const BYTES: usize>([a, b, c, d]: [&[[u8; BYTES]]; 4], tokens: [&[Block]; 4]) -> [[f32; 4]; 4]
where
    [u8; BYTES]: Packed,
{
    let blocks = a.len();
    let (b, c, d) = (&b[..blocks], &c[..blocks], &d[..blocks]);
    let [s, t, u, v] = tokens;
    let (s, t, u, v) = (&s[..blocks], &t[..blocks], &u[..blocks], &v[..blocks]);
    let (mut total_s, mut total_t, mut total_u, mut total_v) = (simd::zero(), simd::zero(), simd::zero(), simd::zero());
    for block in 0..blocks {
        let quad = Quad::new(&a[block], &b[block], &c[block], &d[block]);
        total_s = quad.add_products(total_s, &s[block]);
        total_t = quad.add_products(total_t, &t[block]);
        total_u = quad.add_products(total_u, &u[block]);
        total_v = quad.add_products(total_v, &v[block]);
    }
    [simd::store(total_s), simd::store(total_t), simd::store(total_u), simd::store(total_v)]
}

/// A block of each of four rows, unpacked.
struct Quad<const BYTES: usize> {
    integers: [[Words; 4]; 4],
    /// A lane for each row.
    scale: Floats,
    /// A lane for each row, where the format stores it.
    minimum: Floats,
}

impl<const BYTES: usize> Quad<BYTES>
where
    [u8; BYTES]: Packed,
{
    #[inline(always)]
    fn new(a: &[u8; BYTES], b: &[u8; BYTES], c: &[u8; BYTES], d: &[u8; BYTES]) -> Self {
        let (a, a_scales) = unpack(a);
        let (b, b_scales) = unpack(b);
        let (c, c_scales) = unpack(c);
        let (d, d_scales) = unpack(d);
        let (scale, minimum) = simd::halves([a_scales, b_scales, c_scales, d_scales]);
        Self { integers: [a, b, c, d], scale, minimum }
    }

    /// Adds the block's share of each row's dot product.
    #[inline(always)]
    fn add_products(&self, total: Floats, x: &Block) -> Floats {
        let [a, b, c, d] = &self.integers;
        let sums = simd::sum_each([products(a, x), products(b, x), products(c, x), products(d, x)]);
        let total = simd::add(total, simd::mul(sums, simd::mul(self.scale, simd::splat(x.scale))));
        match <[u8; BYTES]>::OFFSET {
            Offset::Zero => total,
            Offset::MinusEight => simd::add(total, simd::mul(self.scale, simd::splat(-8.0 * x.sum))),
            Offset::Stored => simd::add(total, simd::mul(self.minimum, simd::splat(x.sum))),
        }
    }
}

/// A block's integers as words, ordered by [`ORDER`], and its scales.
#[inline(always)]
fn unpack<const BYTES: usize>(block: &[u8; BYTES]) -> ([Words; 4], u32)
where
    [u8; BYTES]: Packed,
{
    let parts = block.parts();
    let words = match parts.integers {
        Integers::Nibbles(bytes) => simd::nibbles(bytes),
        Integers::SignedBytes([first, second]) => {
            let [a, b] = simd::signed_bytes(first);
            let [c, d] = simd::signed_bytes(second);
            [a, b, c, d]
        }
    };
    (words, parts.scales)
}

/// The products of a block's integers and activations, as four sums.
#[inline(always)]
fn products(weights: &[Words; 4], x: &Block) -> Ints {
    let [a, b, c, d] = &x.q;
    let first = simd::add_ints(simd::dot(weights[0], simd::words(a)), simd::dot(weights[1], simd::words(b)));
    let second = simd::add_ints(simd::dot(weights[2], simd::words(c)), simd::dot(weights[3], simd::words(d)));
    simd::add_ints(first, second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::quant::Format;
    use proptest::prelude::*;

    /// Any bytes with sane scales: (rows, blocks, BYTES).
    fn weights<const BYTES: usize>(rows: usize, blocks: usize, seed: u32) -> Vec<[u8; BYTES]>
    where
        [u8; BYTES]: Packed,
    {
        let mut state = seed;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let mut weights = vec![[0; BYTES]; rows * blocks];
        for block in &mut weights {
            block.fill_with(&mut random);
            // Both half-precision numbers between 2^-9 and 2^-6, of either sign.
            let halves = if matches!(<[u8; BYTES]>::OFFSET, Offset::Stored) { 2 } else { 1 };
            for high in block[..2 * halves].iter_mut().skip(1).step_by(2) {
                *high = *high & 0x87 | 0x18 | *high & 4;
            }
        }
        weights
    }

    /// Multiplies and compares with decoded weights times what the quantised activations stand for.
    fn check<const BYTES: usize>(
        format: Format,
        (rows, blocks, tokens): (usize, usize, usize),
        seed: u32,
    ) -> Result<(), TestCaseError>
    where
        [u8; BYTES]: Packed,
    {
        prop_assert_eq!(format.block_bytes(), BYTES);
        let weights = weights::<BYTES>(rows, blocks, seed);
        let x: Vec<f32> = (0..tokens * blocks * LEN).map(|i| ((i * 7919 + 13) % 1000) as f32 / 100.0 - 5.0).collect();
        let mut quantised = vec![Block::default(); tokens * blocks];
        quantise(&x, &mut quantised);

        let mut out = vec![f32::NAN; tokens * rows];
        let middle = rows / 2;
        multiply(&weights, blocks, 0..middle, &quantised, &mut out);
        multiply(&weights, blocks, middle..rows, &quantised, &mut out);

        for t in 0..tokens {
            for r in 0..rows {
                let mut row = vec![0.0; blocks * LEN];
                format.decode_row(weights[r * blocks..(r + 1) * blocks].as_flattened(), &mut row);
                let x = &x[t * row.len()..(t + 1) * row.len()];
                let exact: f32 = row.iter().zip(x).map(|(w, x)| w * x).sum();
                // Each activation is off by at most half a step of 5 / 127, and by half precision's rounding.
                let bound = row.iter().map(|w| w.abs() * (0.5 * 5.0 / 127.0 + 5.0 / 1024.0)).sum::<f32>() + 1e-3;
                let found = out[t * rows + r];
                prop_assert!(
                    (found - exact).abs() <= bound,
                    "row {} token {}: {} not {} ± {}",
                    r,
                    t,
                    found,
                    exact,
                    bound
                );
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn every_format_agrees_with_its_decoded_weights(
            shape in (1usize..11, 1usize..6, 1usize..10),
            seed in any::<u32>(),
        ) {
            check::<{ q4_0::BYTES }>(Format::Q4_0, shape, seed)?;
            check::<{ q4_1::BYTES }>(Format::Q4_1, shape, seed)?;
            check::<{ q8_0::BYTES }>(Format::Q8_0, shape, seed)?;
        }

        #[test]
        fn quantised_activations_are_close(x in prop::array::uniform32(-300.0f32..300.0)) {
            let mut block = [Block::default()];
            quantise(&x, &mut block);
            let [block] = block;
            let largest = x.iter().fold(0.0f32, |most, x| most.max(x.abs()));
            let mut sum = 0;
            for (x, place) in x.iter().zip(ORDER) {
                let q = block.q.as_flattened()[place];
                prop_assert!((-127..=127).contains(&q));
                prop_assert!((f32::from(q) * block.scale - x).abs() <= largest * (0.5 / 127.0 + 1.0 / 1024.0));
                sum += i32::from(q);
            }
            prop_assert!((block.sum - block.scale * sum as f32).abs() <= (block.sum.abs() + largest) / 512.0);
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        let mut block = [Block { sum: f32::NAN, ..Block::default() }];
        quantise(&[0.0; LEN], &mut block);
        assert_eq!((block[0].scale, block[0].sum, block[0].q), (0.0, 0.0, [[0; 8]; 4]));
    }
}
