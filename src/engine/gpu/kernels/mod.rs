//! The kernels: `<name>.wgsl` computes, `<name>.rs` says with which constants and how many workgroups, and holds the
//! twin in plain Rust that the tests compare it with. What several share lies in `shared/`.

pub mod argmax;
pub mod attention;
pub mod candidates;
pub mod embed;
pub mod gate_up;
pub mod head;
pub mod project;
pub mod qkv;
pub mod rows;
pub mod sample;
#[cfg(test)]
mod testing;

use super::shader::Shader;
use crate::engine::{models::Hyperparameters, quant::Format};
use rows::Tile;

/// Elements of a block, whatever the format: the loaders decode this many at once.
pub const BLOCK: u32 = 32;
/// Logits that one workgroup looks through.
pub const CHUNK: u32 = 1024;
/// Candidates that a token is drawn from, as in [`crate::engine::sampler::CANDIDATES`].
pub const KEEP: u32 = 64;
/// Tokens that the penalty for repetition looks back, as in [`crate::engine::sampler::PENALTY_WINDOW`].
pub const RECENT: u32 = 64;
/// Sampled tokens that are kept for the host to read.
pub const SAMPLED: u32 = 64;
/// Where there is no recent token.
pub const NO_TOKEN: u32 = u32::MAX;

const STATE: &str = include_str!("shared/state.wgsl");
const SAMPLING: &str = include_str!("shared/sampling.wgsl");
const CHUNK_OF_LOGITS: &str = include_str!("shared/chunk.wgsl");
const ORDER: &str = include_str!("shared/order.wgsl");
const SORT: &str = include_str!("shared/sort.wgsl");

/// A shader and how many workgroups of it run.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    pub shader: Shader,
    pub groups: [u32; 3],
}

/// The lengths that kernels are compiled for. Those of rows are padded to whole blocks with zeros.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Elements of a hidden state, without padding: what a mean is taken over.
    pub embedding: u32,
    pub heads: u32,
    pub kv_heads: u32,
    pub head_dim: u32,
    pub rope_dims: u32,
    pub feed_forward: u32,
    pub vocab: u32,
    /// Positions of the cache.
    pub context: u32,
    /// The most tokens of a prompt that pass through together; a multiple of 4.
    pub chunk: u32,
    /// Added to the mean square in RMSNorm.
    pub epsilon: f32,
}

impl Shape {
    /// The shape of a model whose cache holds `context` positions.
    pub fn new(config: &Hyperparameters, context: usize, chunk: u32) -> Self {
        // GGUF's own header stores these as 32-bit numbers.
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            embedding: count(config.embedding),
            heads: count(config.heads),
            kv_heads: count(config.kv_heads),
            head_dim: count(config.head_dim),
            rope_dims: count(config.rope_dims),
            feed_forward: count(config.feed_forward),
            vocab: count(config.vocab),
            context: count(context),
            chunk,
            epsilon: config.norm_eps,
        }
    }

    pub fn q_dim(&self) -> u32 {
        self.heads * self.head_dim
    }

    pub fn kv_dim(&self) -> u32 {
        self.kv_heads * self.head_dim
    }

    /// Stride of a hidden state.
    pub fn hidden(&self) -> u32 {
        padded(self.embedding)
    }

    /// Stride of attention's output.
    pub fn attended(&self) -> u32 {
        padded(self.q_dim())
    }

    /// Stride of a feed-forward state.
    pub fn inner(&self) -> u32 {
        padded(self.feed_forward)
    }

    /// Chunks of logits.
    pub fn chunks(&self) -> u32 {
        self.vocab.div_ceil(CHUNK)
    }
}

/// Rows of a matrix that one dispatch multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub format: Format,
    /// The first row's number in the whole matrix.
    pub first: u32,
    pub rows: u32,
}

/// A length rounded up to whole blocks.
pub fn padded(length: u32) -> u32 {
    length.next_multiple_of(BLOCK)
}

/// Every variant that some adapter and some model may need, as (name, WGSL): for tests that validate them.
#[must_use]
pub fn catalogue() -> Vec<(String, String)> {
    let default = Shape {
        embedding: 576,
        heads: 9,
        kv_heads: 3,
        head_dim: 64,
        rope_dims: 64,
        feed_forward: 1536,
        vocab: 49152,
        context: 2048,
        chunk: 8,
        epsilon: 1e-5,
    };
    let odd = Shape {
        embedding: 160,
        heads: 10,
        kv_heads: 5,
        head_dim: 16,
        rope_dims: 8,
        feed_forward: 400,
        vocab: 257,
        context: 96,
        chunk: 16,
        epsilon: 1e-6,
    };
    let wide = Shape { embedding: 2048, heads: 8, kv_heads: 1, head_dim: 256, feed_forward: 16384, ..default };
    let mut found = Vec::new();
    for (model, shape) in [("default", default), ("odd", odd), ("wide", wide)] {
        for (adapter, software) in [("software", true), ("hardware", false)] {
            let kernels = every_kernel(&shape, software);
            found.extend(kernels.into_iter().map(|kernel| {
                (format!("{} for the {model} model on {adapter}", kernel.shader.label()), kernel.shader.wgsl())
            }));
        }
    }
    found
}

/// The variants for one model and kind of adapter, in every format.
fn every_kernel(shape: &Shape, software: bool) -> Vec<Kernel> {
    let mut kernels = vec![
        attention::kernel(shape, 1),
        attention::kernel(shape, shape.chunk),
        argmax::kernel(shape),
        candidates::kernel(shape),
        sample::kernel(shape, true),
        sample::kernel(shape, false),
    ];
    let whole = |format, rows| Part { format, first: 0, rows };
    for format in Format::ALL {
        kernels.push(embed::kernel(shape, 1, whole(format, shape.vocab)));
        kernels.push(head::kernel(shape, Tile::new(software, shape.hidden(), 1), whole(format, shape.vocab)));
        for tokens in [1, shape.chunk] {
            let hidden = Tile::new(software, shape.hidden(), tokens);
            kernels.push(qkv::kernel(shape, hidden, whole(format, shape.q_dim() + 2 * shape.kv_dim())));
            let attended = Tile::new(software, shape.attended(), tokens);
            kernels.push(project::kernel(shape, attended, shape.attended(), whole(format, shape.embedding)));
            let inner = Tile::new(software, shape.inner(), tokens);
            kernels.push(project::kernel(shape, inner, shape.inner(), whole(format, shape.embedding)));
            for up in Format::ALL {
                kernels.push(gate_up::kernel(shape, hidden, whole(format, shape.feed_forward), up));
            }
        }
    }
    kernels
}
