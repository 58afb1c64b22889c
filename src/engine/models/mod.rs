//! Model architectures: one file each, one row in `ARCHITECTURES`.

pub mod llama;

use super::{error::EngineError, gguf::Header};

/// The shape of a decoder-only transformer. Lengths are in elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyperparameters {
    /// `general.name`, or the architecture's.
    pub name: String,
    /// Positions that the model was trained for.
    pub context: usize,
    /// Length of a hidden state.
    pub embedding: usize,
    /// Transformer blocks.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Length of one head; even.
    pub head_dim: usize,
    /// Length of the feed-forward state.
    pub feed_forward: usize,
    /// Tokens.
    pub vocab: usize,
    /// Base of the rotary frequencies.
    pub rope_base: f32,
    /// Leading elements of a head that are rotated, in adjacent pairs `(2i, 2i + 1)`; even.
    pub rope_dims: usize,
    /// Added to the mean square in RMSNorm.
    pub norm_eps: f32,
}

impl Hyperparameters {
    /// Length of all query heads together.
    #[must_use]
    pub fn q_dim(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Length of all key heads together.
    #[must_use]
    pub fn kv_dim(&self) -> usize {
        self.kv_heads * self.head_dim
    }
}

/// What a tensor is for. Layers count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// (vocab, embedding); also the output where there is no `Output`.
    Embedding,
    /// (embedding)
    OutputNorm,
    /// (vocab, embedding)
    Output,
    /// (rope_dims / 2) divisors of the rotary frequencies, always F32 (Llama 3.1 and later).
    RopeFreqs,
    /// (embedding)
    AttnNorm(u16),
    /// (q_dim, embedding)
    Q(u16),
    /// (kv_dim, embedding)
    K(u16),
    /// (kv_dim, embedding)
    V(u16),
    /// (embedding, q_dim)
    O(u16),
    /// (embedding)
    FfnNorm(u16),
    /// (feed_forward, embedding)
    Gate(u16),
    /// (feed_forward, embedding)
    Up(u16),
    /// (embedding, feed_forward)
    Down(u16),
}

/// A tensor with its purpose, checked against the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// What it is for.
    pub slot: Slot,
    /// How its numbers are stored.
    pub format: super::quant::Format,
    /// Rows; 1 for a vector.
    pub rows: usize,
    /// Elements of a row; contiguous in the file.
    pub cols: usize,
    /// Absolute byte offset in the file.
    pub offset: u64,
    /// Length in bytes.
    pub bytes: u64,
}

/// A model that the engine can run: its shape and every tensor it needs, in file order.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The shape.
    pub config: Hyperparameters,
    /// Ordered by offset; no slot twice, none missing.
    pub weights: Vec<Weight>,
}

/// Reads a header into a plan.
type Reader = fn(&Header) -> Result<Plan, EngineError>;

/// `general.architecture` and who reads it.
const ARCHITECTURES: &[(&str, Reader)] = &[("llama", llama::plan)];

/// Finds the architecture's reader, or names what is missing.
pub fn plan(header: &Header) -> Result<Plan, EngineError> {
    let name = header.metadata.str("general.architecture").unwrap_or_default();
    let Some((_, reader)) = ARCHITECTURES.iter().find(|(known, _)| *known == name) else {
        return Err(EngineError::Unsupported(format!("the model's architecture {name:?} is not supported")));
    };
    reader(header)
}
