//! A product added to the residual stream.

use super::{
    Kernel, Part, Shape,
    rows::{self, INPUT_PLAIN, Tile, WEIGHTS_ROWS},
};

/// Bindings: input, quants, scales, hidden. `cols` is the input's stride.
pub fn kernel(shape: &Shape, tile: Tile, cols: u32, part: Part) -> Kernel {
    let Kernel { shader, groups } =
        rows::kernel("project", include_str!("project.wgsl"), INPUT_PLAIN, tile, cols, part.rows.div_ceil(2));
    let shader = shader
        .with(WEIGHTS_ROWS)
        .count("HIDDEN", shape.hidden())
        .count("PART_FIRST", part.first)
        .loader("weights", part.format);
    Kernel { shader, groups }
}
