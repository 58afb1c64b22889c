//! Norm, queries, keys and values, RoPE, and into the cache.

use super::{
    Kernel, Part, STATE, Shape,
    rows::{self, INPUT_NORMED, Tile, WEIGHTS_ROWS},
};

/// Bindings: state, hidden, gain, quants, scales, turns, query, cache. Rows count through Q, K and V stacked.
pub fn kernel(shape: &Shape, tile: Tile, part: Part) -> Kernel {
    let Kernel { shader, groups } =
        rows::kernel("qkv", include_str!("qkv.wgsl"), INPUT_NORMED, tile, shape.hidden(), part.rows.div_ceil(2));
    let shader = shader
        .with(STATE)
        .with(WEIGHTS_ROWS)
        .count("CHUNK_TOKENS", shape.chunk)
        .count("COLS", shape.embedding)
        .count("PART_FIRST", part.first)
        .count("Q_DIM", shape.q_dim())
        .count("KV_HEADS", shape.kv_heads)
        .count("HEAD_DIM", shape.head_dim)
        .count("ROPE_DIMS", shape.rope_dims)
        .count("CONTEXT", shape.context)
        .number("EPSILON", shape.epsilon)
        .loader("weights", part.format);
    Kernel { shader, groups }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        gpu::kernels::testing::{
            AWKWARD, Numbers, assert_product, bits, device, floats, normed, product, run, state, storable, tiles,
            weights,
        },
        quant::Format,
    };
    use half::f16;

    #[test]
    fn qkv_equals_its_twin() {
        let Some(device) = device("qkv_equals_its_twin") else { return };
        let rows = AWKWARD.q_dim() + 2 * AWKWARD.kv_dim();
        for format in Format::ALL {
            for tile in tiles(AWKWARD.hidden()) {
                // Q with the first half of K's rows, and the rest, as split matrices have them.
                check(&device, tile, Part { format, first: 0, rows: AWKWARD.q_dim() + AWKWARD.kv_dim() / 2 });
                let first = AWKWARD.q_dim() + AWKWARD.kv_dim() / 2;
                check(&device, tile, Part { format, first, rows: rows - first });
            }
        }
    }

    fn check(device: &crate::engine::gpu::Device, tile: Tile, part: Part) {
        let shape = Shape { embedding: storable(part.format, AWKWARD.embedding), ..AWKWARD };
        let mut numbers = Numbers(part.first + 1);
        let matrix = weights(&mut numbers, part.format, part.rows, shape.embedding);
        // Seven of eight tokens, so that the last one's keys and values must not be stored.
        let (position, count) = (31, if tile.tokens == 1 { 1 } else { 7 });
        let hidden = numbers.rows(shape.chunk, shape.embedding, shape.hidden());
        let gain = numbers.rows(1, shape.embedding, shape.hidden());
        let turns = numbers.rows(shape.context, shape.rope_dims, shape.rope_dims);
        let query = numbers.rows(shape.chunk, shape.q_dim(), shape.q_dim());
        let cache = vec![0x1234_5678; (shape.context * shape.kv_dim()) as usize];
        let mut buffers = [
            state(&shape, position, &vec![0; count]),
            bits(&hidden),
            bits(&gain),
            matrix.quants,
            matrix.scales,
            bits(&turns),
            bits(&query),
            cache.clone(),
        ];
        run(device, kernel(&shape, tile, part), &mut buffers);

        let (mut query, mut cache) = (query, cache);
        for token in 0..count as u32 {
            let x = &hidden[(token * shape.hidden()) as usize..][..shape.embedding as usize];
            let x = normed(x, &gain, shape.epsilon);
            for (row, pair) in (part.first..).step_by(2).zip(matrix.rows.chunks(2)) {
                let (mut a, mut b) = (product(part.format, &pair[0], &x), product(part.format, &pair[1], &x));
                let (element, position) = (row % shape.head_dim, position + token);
                if row < shape.q_dim() + shape.kv_dim() && element < shape.rope_dims {
                    let turn = &turns[(position * shape.rope_dims + element) as usize..];
                    let (cos, sin) = (f64::from(turn[0]), f64::from(turn[1]));
                    (a, b) = (a * cos - b * sin, a * sin + b * cos);
                }
                if row < shape.q_dim() {
                    query[(token * shape.q_dim() + row) as usize] = f16::from_f64(a).to_f32();
                    query[(token * shape.q_dim() + row + 1) as usize] = f16::from_f64(b).to_f32();
                } else {
                    let head = (row - shape.q_dim()) / shape.head_dim;
                    let at = ((head * shape.context + position) * shape.head_dim + element) / 2;
                    let halves = [a, b].map(|number| u32::from(f16::from_f64(number).to_bits()));
                    cache[at as usize] = halves[0] | halves[1] << 16;
                }
            }
        }
        let what = format!("{part:?} {tile:?}");
        // Sums that differ by a hair may round to neighbouring halves.
        assert_product(&what, &floats(&buffers[6]), &query, 2e-3);
        let halves = |words: &[u32]| {
            words
                .iter()
                .flat_map(|word| [*word as u16, (word >> 16) as u16])
                .map(|bits| f16::from_bits(bits).to_f32())
                .collect()
        };
        let (kernel, twin): (Vec<f32>, Vec<f32>) = (halves(&buffers[7]), halves(&cache));
        assert_product(&what, &kernel, &twin, 2e-3);
    }
}
