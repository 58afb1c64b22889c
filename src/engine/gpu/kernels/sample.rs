//! The next token.

use super::{CHUNK, KEEP, Kernel, ORDER, RECENT, SAMPLED, SAMPLING, SORT, STATE, Shape};
use crate::engine::gpu::shader::Shader;

/// Bindings: state, sampling, candidates, sampled. After `argmax` a chunk has one candidate, otherwise [`KEEP`].
pub fn kernel(shape: &Shape, after_argmax: bool) -> Kernel {
    let each = if after_argmax { 1 } else { KEEP };
    let shader = Shader::new("sample", include_str!("sample.wgsl"))
        .with(STATE)
        .with(SAMPLING)
        .with(ORDER)
        .with(SORT)
        .count("WORKGROUP", 256)
        .count("CHUNK_TOKENS", shape.chunk)
        .count("CHUNK", CHUNK)
        .count("RECENT", RECENT)
        .count("KEEP", KEEP)
        .count("SAMPLED", SAMPLED)
        .count("CANDIDATES", shape.chunks() * each);
    Kernel { shader, groups: [1, 1, 1] }
}
