//! Norm and logits of the last token.

use super::{
    Kernel, Part, STATE, Shape,
    rows::{self, INPUT_NORMED, Tile, WEIGHTS_ROWS},
};

/// Bindings: state, hidden, gain, quants, scales, logits.
pub fn kernel(shape: &Shape, tile: Tile, part: Part) -> Kernel {
    let Kernel { shader, groups } =
        rows::kernel("head", include_str!("head.wgsl"), INPUT_NORMED, tile, shape.hidden(), part.rows.div_ceil(2));
    let shader = shader
        .with(STATE)
        .with(WEIGHTS_ROWS)
        .count("CHUNK_TOKENS", shape.chunk)
        .count("COLS", shape.embedding)
        .count("PART_FIRST", part.first)
        .number("EPSILON", shape.epsilon)
        .loader("weights", part.format);
    Kernel { shader, groups }
}
