//! Attention over the cache.

use super::{Kernel, STATE, Shape, rows::ARITHMETIC};
use crate::engine::gpu::shader::{Shader, UNPACK};

/// Invocations, and positions that are scored at once.
const WORKGROUP: u32 = 64;

/// The longest head: each invocation sums four elements.
pub const MAX_HEAD_DIM: usize = 4 * WORKGROUP as usize;

/// Bindings: state, query, cache, output.
pub fn kernel(shape: &Shape, tokens: u32) -> Kernel {
    let shader = Shader::new("attention", include_str!("attention.wgsl"))
        .with(STATE)
        .with(UNPACK)
        .with(ARITHMETIC)
        .count("WORKGROUP", WORKGROUP)
        .count("CHUNK_TOKENS", shape.chunk)
        .count("HEADS", shape.heads)
        .count("KV_HEADS", shape.kv_heads)
        .count("HEAD_DIM", shape.head_dim)
        .count("CONTEXT", shape.context)
        .count("OUTPUT_VECTORS", shape.attended() / 4)
        .number("SCALE", 1.0 / (shape.head_dim as f32).sqrt());
    Kernel { shader, groups: [shape.heads, tokens, 1] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gpu::kernels::testing::{AWKWARD, Numbers, assert_close, bits, device, dot, floats, run, state};
    use half::f16;

    #[test]
    fn attention_equals_its_twin() {
        let Some(device) = device("attention_equals_its_twin") else { return };
        let long = Shape { heads: 4, kv_heads: 2, head_dim: 256, ..AWKWARD };
        let short = Shape { heads: 2, kv_heads: 1, head_dim: 4, ..AWKWARD };
        for shape in [AWKWARD, long, short] {
            // Chunks of positions: one, a full one, one and a bit, two and a bit.
            for (position, count) in [(0, 1), (0, 8), (57, 7), (63, 3), (64, 1), (127, 8), (140, 8)] {
                check(&device, &shape, position, count);
            }
        }
    }

    fn check(device: &crate::engine::gpu::Device, shape: &Shape, position: u32, count: u32) {
        let mut numbers = Numbers(position + 1);
        let dim = shape.head_dim as usize;
        // Large scores, so that a softmax without its largest taken off would overflow.
        let query: Vec<f32> = (0..shape.chunk * shape.q_dim()).map(|_| 40.0 * numbers.signed()).collect();
        let cache: Vec<f16> =
            (0..2 * shape.context * shape.kv_dim()).map(|_| f16::from_f32(numbers.signed())).collect();
        let words =
            cache.chunks(2).map(|pair| u32::from(pair[0].to_bits()) | u32::from(pair[1].to_bits()) << 16).collect();
        let cache: Vec<f32> = cache.iter().map(|number| number.to_f32()).collect();
        let before = numbers.rows(shape.chunk, shape.attended(), shape.attended());
        let mut buffers = [state(shape, position, &vec![0; count as usize]), bits(&query), words, bits(&before)];
        run(device, kernel(shape, shape.chunk), &mut buffers);

        let mut twin = before;
        for token in 0..count {
            for head in 0..shape.heads {
                let q = &query[((token * shape.heads + head) * shape.head_dim) as usize..][..dim];
                let row = |kind: u32, position: u32| {
                    let head = kind * shape.kv_heads + head / (shape.heads / shape.kv_heads);
                    &cache[((head * shape.context + position) * shape.head_dim) as usize..][..dim]
                };
                let length = position + token + 1;
                let scores: Vec<f64> = (0..length).map(|p| dot(q, row(0, p)) / (dim as f64).sqrt()).collect();
                let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let weights: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
                let total: f64 = weights.iter().sum();
                let out = &mut twin[(token * shape.attended() + head * shape.head_dim) as usize..][..dim];
                for (element, out) in out.iter_mut().enumerate() {
                    let sum: f64 = (0..length).zip(&weights).map(|(p, w)| w * f64::from(row(1, p)[element])).sum();
                    *out = (sum / total) as f32;
                }
            }
        }
        assert_close(&format!("{shape:?} {position} {count}"), &floats(&buffers[3]), &twin, 2e-4);
    }
}
