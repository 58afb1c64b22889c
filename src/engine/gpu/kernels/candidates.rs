//! The likeliest tokens of each chunk of logits, in order.

use super::{CHUNK, CHUNK_OF_LOGITS, KEEP, Kernel, ORDER, RECENT, SAMPLING, SORT, Shape};
use crate::engine::gpu::shader::Shader;

/// Bindings: sampling, logits, candidates.
pub fn kernel(shape: &Shape) -> Kernel {
    let shader = Shader::new("candidates", include_str!("candidates.wgsl"))
        .with(SAMPLING)
        .with(CHUNK_OF_LOGITS)
        .with(ORDER)
        .with(SORT)
        .count("WORKGROUP", 256)
        .count("CHUNK", CHUNK)
        .count("RECENT", RECENT)
        .count("KEEP", KEEP)
        .count("VOCAB", shape.vocab);
    Kernel { shader, groups: [shape.chunks(), 1, 1] }
}
