//! Attention over the cache.

use super::{Kernel, STATE, Shape};
use crate::engine::gpu::shader::{Shader, UNPACK};

/// Invocations, and positions that are scored at once.
const WORKGROUP: u32 = 64;

/// The longest head: each invocation sums four elements.
pub const MAX_HEAD_DIM: usize = 4 * WORKGROUP as usize;

/// Bindings: state, query, cache, output.
pub fn kernel(shape: &Shape, tokens: u32) -> Kernel {
    let shader = Shader::new("attention", include_str!("attention.wgsl"))
        .with(STATE)
        .with(UNPACK)
        .count("WORKGROUP", WORKGROUP)
        .count("CHUNK_TOKENS", shape.chunk)
        .count("HEADS", shape.heads)
        .count("KV_HEADS", shape.kv_heads)
        .count("HEAD_DIM", shape.head_dim)
        .count("CONTEXT", shape.context)
        .count("OUTPUT_VECTORS", shape.attended() / 4);
    Kernel { shader, groups: [shape.heads, tokens, 1] }
}
