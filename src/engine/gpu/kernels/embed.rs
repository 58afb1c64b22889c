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
