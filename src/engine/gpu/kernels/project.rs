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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        gpu::kernels::padded,
        gpu::kernels::testing::{
            AWKWARD, Numbers, assert_product, bits, device, floats, product, run, storable, tiles, weights,
        },
        quant::Format,
    };

    #[test]
    fn project_equals_its_twin() {
        let Some(device) = device("project_equals_its_twin") else { return };
        let shape = AWKWARD;
        for format in Format::ALL {
            let inner = storable(format, shape.feed_forward);
            for tile in tiles(padded(inner)) {
                let mut numbers = Numbers(5);
                let part = Part { format, first: 62, rows: 111 };
                let matrix = weights(&mut numbers, format, part.rows, inner);
                let input = numbers.rows(shape.chunk, inner, padded(inner));
                let hidden = numbers.rows(shape.chunk, shape.embedding, shape.hidden());
                let mut buffers = [bits(&input), matrix.quants, matrix.scales, bits(&hidden)];
                run(&device, kernel(&shape, tile, padded(inner), part), &mut buffers);

                let mut twin = hidden;
                for token in 0..tile.tokens {
                    let x = &input[(token * padded(inner)) as usize..][..inner as usize];
                    for (row, weights) in (part.first..).zip(&matrix.rows) {
                        twin[(token * shape.hidden() + row) as usize] += product(format, weights, x) as f32;
                    }
                }
                assert_product(&format!("{format:?} {tile:?}"), &floats(&buffers[3]), &twin, 1e-4);
            }
        }
    }
}
