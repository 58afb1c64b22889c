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
