//! One pass of a few tokens through all layers.

use super::{Arithmetic, CHUNK, Cpu, cache::Cache, plain, product::Input, vector, zeros};
use crate::engine::{error::EngineError, models::Hyperparameters, pace::Pace, rotary};

/// Everything that a pass writes to, allocated once.
pub struct Scratch {
    /// The hidden states (CHUNK, embedding).
    x: Vec<f32>,
    /// What enters a product.
    input: Input,
    /// (CHUNK, q_dim); rotated in place
    q: Vec<f32>,
    /// (CHUNK, kv_dim)
    k: Vec<f32>,
    /// (CHUNK, kv_dim)
    v: Vec<f32>,
    /// Attention's result (CHUNK, q_dim).
    attended: Vec<f32>,
    /// One head's scores (capacity).
    scores: Vec<f32>,
    /// (CHUNK, feed_forward)
    gate: Vec<f32>,
    /// (CHUNK, feed_forward)
    up: Vec<f32>,
    /// What a block adds to the hidden states (CHUNK, embedding).
    added: Vec<f32>,
    /// Cosine and sine of each position's angles (CHUNK, rope_dims / 2).
    rotations: Vec<(f32, f32)>,
}

impl Scratch {
    /// Room for [`CHUNK`] tokens and scores for `capacity` positions.
    pub fn new(config: &Hyperparameters, capacity: usize) -> Result<Self, EngineError> {
        let zeros = |len: usize| zeros(len, "the activations");
        let widest = config.embedding.max(config.q_dim()).max(config.feed_forward);
        Ok(Self {
            x: zeros(CHUNK * config.embedding)?,
            input: Input::new(CHUNK, widest)?,
            q: zeros(CHUNK * config.q_dim())?,
            k: zeros(CHUNK * config.kv_dim())?,
            v: zeros(CHUNK * config.kv_dim())?,
            attended: zeros(CHUNK * config.q_dim())?,
            scores: zeros(capacity)?,
            gate: zeros(CHUNK * config.feed_forward)?,
            up: zeros(CHUNK * config.feed_forward)?,
            added: zeros(CHUNK * config.embedding)?,
            rotations: super::zeros(CHUNK * (config.rope_dims / 2), "the activations")?,
        })
    }
}

impl Cpu {
    /// Reads 1 to [`CHUNK`] tokens behind those in the cache; with `last`, computes the logits behind the last one.
    /// Only when all is done do the tokens count as being in the cache: until then its later positions may hold
    /// anything, and a stop leaves it as it was.
    pub(super) async fn forward(&mut self, tokens: &[u32], last: bool, pace: &Pace) -> Result<(), EngineError> {
        let Self { config, arithmetic, weights, cache, scratch, frequencies, .. } = self;
        let (config, arithmetic) = (&*config, *arithmetic);
        let Scratch { x, input, q, k, v, attended, scores, gate, up, added, rotations } = scratch;
        let (count, width, first) = (tokens.len(), config.embedding, self.tokens.len());

        let x = &mut x[..count * width];
        for (token, x) in tokens.iter().zip(x.chunks_exact_mut(width)) {
            weights.embedding.format.decode_row(weights.embedding.row(*token as usize), x);
        }
        let rotations = &mut rotations[..count * frequencies.len()];
        rotate(frequencies, first, rotations);

        for (index, layer) in weights.layers.iter().enumerate() {
            input.set(arithmetic, count, width, |out| norm(config, x, layer.attn_norm(), out));
            input.multiply(&layer.q, count, q, pace).await?;
            input.multiply(&layer.k, count, k, pace).await?;
            input.multiply(&layer.v, count, v, pace).await?;

            let mut positions =
                Positions { config, arithmetic, cache: &mut *cache, layer: index, scores: &mut *scores };
            for t in 0..count {
                let rotations = &rotations[t * frequencies.len()..][..frequencies.len()];
                let q = &mut q[t * config.q_dim()..][..config.q_dim()];
                let k = &mut k[t * config.kv_dim()..][..config.kv_dim()];
                let v = &mut v[t * config.kv_dim()..][..config.kv_dim()];
                plain::rope(q, config.head_dim, rotations);
                plain::rope(k, config.head_dim, rotations);
                if !arithmetic.is_float() {
                    // Attention's inputs have half precision in llama.cpp, too.
                    for x in [&mut *q, &mut *k, &mut *v] {
                        vector::round_to_halves(x);
                    }
                }
                positions.cache.store(index, first + t, k, v);
                positions.attend(first + t + 1, q, &mut attended[t * config.q_dim()..][..config.q_dim()]);
                pace.breathe().await?;
            }

            input.set(arithmetic, count, config.q_dim(), |out| out.copy_from_slice(&attended[..out.len()]));
            input.multiply(&layer.o, count, added, pace).await?;
            plain::add(x, added);

            input.set(arithmetic, count, width, |out| norm(config, x, layer.ffn_norm(), out));
            input.multiply(&layer.gate, count, gate, pace).await?;
            input.multiply(&layer.up, count, up, pace).await?;
            input.set(arithmetic, count, config.feed_forward, |out| {
                out.copy_from_slice(&gate[..out.len()]);
                if arithmetic.is_float() { plain::swiglu(out, up) } else { vector::swiglu(out, up) }
            });
            input.multiply(&layer.down, count, added, pace).await?;
            plain::add(x, added);
        }

        if last {
            let x = &x[(count - 1) * width..];
            input.set(arithmetic, 1, width, |out| norm(config, x, weights.output_norm(), out));
            input.multiply(weights.output(), 1, &mut self.logits, pace).await?;
        }
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }
}

/// One layer's attention over the cache.
struct Positions<'a> {
    config: &'a Hyperparameters,
    arithmetic: Arithmetic,
    cache: &'a mut Cache,
    layer: usize,
    /// (capacity)
    scores: &'a mut [f32],
}

impl Positions<'_> {
    /// `out[h] = softmax(q[h] · keys / √head_dim) · values` over positions `0..count`. Both q and out are
    /// (heads, head_dim); adjacent query heads share a key and value head.
    fn attend(&mut self, count: usize, q: &[f32], out: &mut [f32]) {
        let Hyperparameters { heads, kv_heads, head_dim, .. } = *self.config;
        let float = self.arithmetic.is_float();
        let scale = 1.0 / (head_dim as f32).sqrt();
        let weights = &mut self.scores[..count];
        for (head, (q, out)) in q.chunks_exact(head_dim).zip(out.chunks_exact_mut(head_dim)).enumerate() {
            let kv_head = head / (heads / kv_heads);
            let mut rest = &mut *weights;
            for (keys, _) in self.cache.pages(self.layer, kv_head, count) {
                let (page, after) = rest.split_at_mut(keys.len() / head_dim);
                if float {
                    plain::scores(q, keys, scale, page)
                } else {
                    vector::scores(q, keys, scale, page)
                }
                rest = after;
            }
            if float {
                plain::softmax(weights)
            } else {
                vector::softmax(weights)
            }
            out.fill(0.0);
            let mut rest = &*weights;
            for (_, values) in self.cache.pages(self.layer, kv_head, count) {
                let (page, after) = rest.split_at(values.len() / head_dim);
                if float {
                    plain::mix(page, values, out)
                } else {
                    vector::mix(page, values, out)
                }
                rest = after;
            }
        }
    }
}

/// RMSNorm of each token: x and out (tokens, embedding).
fn norm(config: &Hyperparameters, x: &[f32], weight: &[f32], out: &mut [f32]) {
    for (x, out) in x.chunks_exact(config.embedding).zip(out.chunks_exact_mut(config.embedding)) {
        plain::rms_norm(x, weight, config.norm_eps, out);
    }
}

/// Cosine and sine of the angles at positions `first..`: out (tokens, frequencies).
fn rotate(frequencies: &[f64], first: usize, out: &mut [(f32, f32)]) {
    if frequencies.is_empty() {
        return;
    }
    for (t, out) in out.chunks_exact_mut(frequencies.len()).enumerate() {
        for (out, frequency) in out.iter_mut().zip(frequencies) {
            *out = rotary::turn(first + t, *frequency);
        }
    }
}
