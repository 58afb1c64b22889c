//! The likeliest token of each chunk of logits.

use super::{CHUNK, CHUNK_OF_LOGITS, Kernel, ORDER, RECENT, SAMPLING, Shape};
use crate::engine::gpu::shader::Shader;

/// Bindings: sampling, logits, candidates.
pub fn kernel(shape: &Shape) -> Kernel {
    let shader = Shader::new("argmax", include_str!("argmax.wgsl"))
        .with(SAMPLING)
        .with(CHUNK_OF_LOGITS)
        .with(ORDER)
        .count("WORKGROUP", 256)
        .count("CHUNK", CHUNK)
        .count("RECENT", RECENT)
        .count("VOCAB", shape.vocab);
    Kernel { shader, groups: [shape.chunks(), 1, 1] }
}
