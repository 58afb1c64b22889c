//! Tokens become hidden states.

use super::{BLOCK, Kernel, Part, STATE, Shape};
use crate::engine::gpu::shader::Shader;

const WORKGROUP: u32 = 32;

/// Bindings: state, quants, scales, hidden. One dispatch for each part of the embedding; each knows its own tokens.
pub fn kernel(shape: &Shape, tokens: u32, part: Part) -> Kernel {
    let blocks = shape.hidden() / BLOCK;
    let shader = Shader::new("embed", include_str!("embed.wgsl"))
        .with(STATE)
        .count("WORKGROUP", WORKGROUP)
        .count("CHUNK_TOKENS", shape.chunk)
        .count("BLOCKS", blocks)
        .count("PART_FIRST", part.first)
        .count("PART_ROWS", part.rows)
        .loader("weights", part.format);
    Kernel { shader, groups: [blocks.div_ceil(WORKGROUP), tokens, 1] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        gpu::kernels::testing::{AWKWARD, Numbers, assert_close, bits, device, floats, run, state, storable, weights},
        quant::Format,
    };

    #[test]
    fn embed_equals_its_twin() {
        let Some(device) = device("embed_equals_its_twin") else { return };
        for format in Format::ALL {
            let shape = Shape { embedding: storable(format, AWKWARD.embedding), ..AWKWARD };
            let mut numbers = Numbers(1);
            // Rows 100..177 of the embedding: three of the five tokens lie elsewhere.
            let part = Part { format, first: 100, rows: 77 };
            let matrix = weights(&mut numbers, format, part.rows, shape.embedding);
            let tokens = [176, 99, 100, 177, 0];
            let before = numbers.rows(shape.chunk, shape.hidden(), shape.hidden());
            let mut buffers = [state(&shape, 3, &tokens), matrix.quants, matrix.scales, bits(&before)];
            run(&device, kernel(&shape, shape.chunk, part), &mut buffers);

            let mut twin = before;
            for (token, row) in tokens.iter().zip(twin.chunks_mut(shape.hidden() as usize)) {
                if (100..177).contains(token) {
                    row.fill(0.0);
                    row[..shape.embedding as usize].copy_from_slice(&matrix.rows[*token as usize - 100]);
                }
            }
            assert_close(&format!("{format:?}"), &floats(&buffers[3]), &twin, 1e-6);
        }
    }
}
