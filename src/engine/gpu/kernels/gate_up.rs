//! Norm and the first half of the feed-forward.

use super::{
    Kernel, Part, Shape,
    rows::{self, INPUT_NORMED, Tile},
};
use crate::engine::quant::Format;

/// Bindings: hidden, gain, gate's quants and scales, up's quants and scales, output. Both matrices are split at the
/// same rows.
pub fn kernel(shape: &Shape, tile: Tile, gate: Part, up: Format) -> Kernel {
    let Kernel { shader, groups } =
        rows::kernel("gate_up", include_str!("gate_up.wgsl"), INPUT_NORMED, tile, shape.hidden(), gate.rows);
    let shader = shader
        .count("COLS", shape.embedding)
        .count("OUTPUT", shape.inner())
        .count("PART_FIRST", gate.first)
        .number("EPSILON", shape.epsilon)
        .loader("gate", gate.format)
        .loader("up", up);
    Kernel { shader, groups }
}
