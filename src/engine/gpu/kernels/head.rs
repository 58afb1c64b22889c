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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        gpu::kernels::testing::{
            AWKWARD, Numbers, assert_product, bits, device, floats, normed, product, run, state, storable, weights,
        },
        quant::Format,
    };

    #[test]
    fn head_equals_its_twin() {
        let Some(device) = device("head_equals_its_twin") else { return };
        for format in Format::ALL {
            let shape = Shape { embedding: storable(format, AWKWARD.embedding), ..AWKWARD };
            for software in [true, false] {
                let tile = Tile::new(software, shape.hidden(), 1);
                let mut numbers = Numbers(8);
                // The last rows of an odd vocabulary; the token is the fifth of a chunk.
                let part = Part { format, first: 1950, rows: 101 };
                let matrix = weights(&mut numbers, format, part.rows, shape.embedding);
                let hidden = numbers.rows(shape.chunk, shape.embedding, shape.hidden());
                let gain = numbers.rows(1, shape.embedding, shape.hidden());
                let before = numbers.rows(1, shape.vocab + 1, shape.vocab + 1);
                let state = state(&shape, 3, &[0; 5]);
                let mut buffers = [state, bits(&hidden), bits(&gain), matrix.quants, matrix.scales, bits(&before)];
                run(&device, kernel(&shape, tile, part), &mut buffers);

                let mut twin = before;
                let x =
                    normed(&hidden[4 * shape.hidden() as usize..][..shape.embedding as usize], &gain, shape.epsilon);
                for (logit, weights) in twin[1950..].iter_mut().zip(&matrix.rows) {
                    *logit = product(format, weights, &x) as f32;
                }
                let logits = shape.vocab as usize;
                assert_product(&format!("{format:?} {tile:?}"), &floats(&buffers[5])[..logits], &twin[..logits], 2e-4);
            }
        }
    }
}
