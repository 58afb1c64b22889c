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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gpu::kernels::testing::{
        AWKWARD, Numbers, assert_product, bits, device, floats, normed, product, run, storable, tiles, weights,
    };

    #[test]
    fn gate_up_equals_its_twin() {
        let Some(device) = device("gate_up_equals_its_twin") else { return };
        for format in Format::ALL {
            for up_format in [format, Format::Q8_0] {
                let both = storable(format, AWKWARD.embedding).max(storable(up_format, AWKWARD.embedding));
                let shape = Shape { embedding: both, ..AWKWARD };
                for tile in tiles(shape.hidden()) {
                    let mut numbers = Numbers(6);
                    let part = Part { format, first: 13, rows: 77 };
                    let gate = weights(&mut numbers, format, part.rows, shape.embedding);
                    let up = weights(&mut numbers, up_format, part.rows, shape.embedding);
                    let hidden = numbers.rows(shape.chunk, shape.embedding, shape.hidden());
                    let gain = numbers.rows(1, shape.embedding, shape.hidden());
                    let before = numbers.rows(shape.chunk, shape.inner(), shape.inner());
                    let mut buffers =
                        [bits(&hidden), bits(&gain), gate.quants, gate.scales, up.quants, up.scales, bits(&before)];
                    run(&device, kernel(&shape, tile, part, up_format), &mut buffers);

                    let mut twin = before;
                    for token in 0..tile.tokens {
                        let x = &hidden[(token * shape.hidden()) as usize..][..shape.embedding as usize];
                        let x = normed(x, &gain, shape.epsilon);
                        for (row, (gate, up)) in (part.first..).zip(gate.rows.iter().zip(&up.rows)) {
                            let (gate, up) = (product(format, gate, &x), product(up_format, up, &x));
                            twin[(token * shape.inner() + row) as usize] = (gate / (1.0 + (-gate).exp()) * up) as f32;
                        }
                    }
                    assert_product(&format!("{format:?} {up_format:?} {tile:?}"), &floats(&buffers[6]), &twin, 2e-4);
                }
            }
        }
    }
}
