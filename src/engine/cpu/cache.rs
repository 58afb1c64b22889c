//! Keys and values of the positions so far, in single precision.
//!
//! They come in pages of [`PAGE`] positions for all layers, allocated when the conversation reaches them: most never
//! come near the model's limit, a page is never moved, and wasm memory that was once taken is never given back.

use super::zeros;
use crate::engine::{error::EngineError, models::Hyperparameters};

/// Positions of a page.
pub const PAGE: usize = 64;

/// The cache of one conversation.
pub struct Cache {
    capacity: usize,
    layers: usize,
    kv_heads: usize,
    head_dim: usize,
    /// Each (layers, 2, kv_heads, PAGE, head_dim); of the two, keys come first.
    pages: Vec<Vec<f32>>,
}

impl Cache {
    /// An empty cache for at most `capacity` positions.
    pub fn new(config: &Hyperparameters, capacity: usize) -> Self {
        Self {
            capacity,
            layers: config.layers,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            pages: Vec::new(),
        }
    }

    /// The most positions.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Makes room for positions `0..positions`.
    pub fn reserve(&mut self, positions: usize) -> Result<(), EngineError> {
        while self.pages.len() * PAGE < positions {
            let page = zeros(self.layers * 2 * self.kv_heads * PAGE * self.head_dim, "the conversation's state")?;
            self.pages.push(page);
        }
        Ok(())
    }

    /// Keeps a position's key and value, both (kv_heads, head_dim).
    pub fn store(&mut self, layer: usize, position: usize, key: &[f32], value: &[f32]) {
        for (kind, vectors) in [key, value].into_iter().enumerate() {
            for (head, vector) in vectors.chunks_exact(self.head_dim).enumerate() {
                let start = self.offset(layer, kind, head) + position % PAGE * self.head_dim;
                self.pages[position / PAGE][start..start + self.head_dim].copy_from_slice(vector);
            }
        }
    }

    /// Keys and values of a head for positions `0..positions`, page by page: each (positions of the page, head_dim).
    pub fn pages(&self, layer: usize, head: usize, positions: usize) -> impl Iterator<Item = (&[f32], &[f32])> {
        let (keys, values) = (self.offset(layer, 0, head), self.offset(layer, 1, head));
        self.pages.iter().enumerate().map_while(move |(index, page)| {
            let count = positions.saturating_sub(index * PAGE).min(PAGE);
            let len = count * self.head_dim;
            (count > 0).then(|| (&page[keys..keys + len], &page[values..values + len]))
        })
    }

    /// Where a head's vectors begin in a page.
    fn offset(&self, layer: usize, kind: usize, head: usize) -> usize {
        ((layer * 2 + kind) * self.kv_heads + head) * PAGE * self.head_dim
    }
}
