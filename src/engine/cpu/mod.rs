//! The model on one thread with SIMD: for visitors without WebGPU, and the reference for `gpu`.
//!
//! ```text
//! token ─ embedding ─▶ x ─┬─ norm ─ Q K V ─ RoPE ─ cache ─ attention ─ O ─▶ + ─┬─ norm ─ gate, up ─ SwiGLU ─ down ─▶ + ─▶ x
//!                         └────────────────────────────────────────────────────┘└─────────────────────────────────────┘
//! x of the last token ─ norm ─ output ─▶ logits ─ sampler ─▶ token
//! ```
//! - `weights`: tensors as the file has them. They stay quantised in memory and are read once per token, or once per
//!   [`CHUNK`] tokens of a prompt: memory traffic is what bounds the speed.
//! - `cache`: keys and values, in pages.
//! - `forward`: the graph above.
//! - `product`: matrix times activations, in both arithmetics. `quantised` holds the integer kernels, made of the
//!   operations in `simd`.
//! - `vector`: the same for everything that is not a matrix; `plain` says in ten lines each what it must compute.

mod cache;
mod forward;
mod plain;
mod product;
mod quantised;
mod simd;
mod vector;
mod weights;

use super::{
    backend::Backend,
    error::EngineError,
    models::{Hyperparameters, Plan, Slot},
    pace::Pace,
    rotary, sampler,
};
use crate::wire::Sampling;
use cache::Cache;
use forward::Scratch;
use std::fmt;
use weights::Weights;

/// Tokens of a prompt that pass through a layer together.
pub const CHUNK: usize = 16;

/// How products are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// Activations quantised to signed bytes per 32 and multiplied as integers, with SIMD. What visitors get.
    Integer,
    /// Single precision throughout, in plain Rust. Slow; what the others are checked against.
    Float,
}

impl Arithmetic {
    /// Whether products are computed in single precision. Never in a browser, which the compiler then knows: the
    /// module that visitors download has no reference in it.
    fn is_float(self) -> bool {
        cfg!(not(target_arch = "wasm32")) && self == Self::Float
    }
}

/// The name of the SIMD instruction set that [`Arithmetic::Integer`] uses, for the developer.
#[must_use]
pub fn instruction_set() -> &'static str {
    simd::NAME
}

/// A model in this machine's memory.
pub struct Cpu {
    config: Hyperparameters,
    arithmetic: Arithmetic,
    weights: Weights,
    cache: Cache,
    scratch: Scratch,
    /// Angle per position of each rotated pair (rope_dims / 2).
    frequencies: Vec<f64>,
    sealed: bool,
    /// The tokens in the cache.
    tokens: Vec<u32>,
    /// The token sampled last, not in the cache yet.
    pending: Option<u32>,
    sampling: Sampling,
    /// Tokens sampled in this answer.
    step: u32,
    /// (vocab) before penalties.
    logits: Vec<f32>,
    /// (vocab) after penalties.
    penalised: Vec<f32>,
}

impl Cpu {
    /// Makes room for a model's weights and for `context` positions, or as many as the model knows.
    ///
    /// # Errors
    /// [`EngineError::OutOfMemory`] when this machine has no room, [`EngineError::Unsupported`] when the plan's
    /// tensors do not fit each other.
    pub fn new(plan: &Plan, context: usize, arithmetic: Arithmetic) -> Result<Self, EngineError> {
        let config = plan.config.clone();
        check_shape(&config)?;
        let weights = Weights::new(plan)?;
        let capacity = context.clamp(1, config.context.max(1));
        Ok(Self {
            cache: Cache::new(&config, capacity),
            scratch: Scratch::new(&config, capacity)?,
            frequencies: Vec::new(),
            sealed: false,
            tokens: reserved(capacity, "the conversation")?,
            pending: None,
            sampling: Sampling::default(),
            step: 0,
            logits: zeros(config.vocab, "the logits")?,
            penalised: zeros(config.vocab, "the logits")?,
            weights,
            arithmetic,
            config,
        })
    }

    /// Samples from the logits and remembers the choice.
    fn choose(&mut self) -> u32 {
        self.penalised.copy_from_slice(&self.logits);
        let token = sampler::sample(&mut self.penalised, &self.sampling, &self.tokens, self.step);
        self.step = self.step.wrapping_add(1);
        self.pending = Some(token);
        token
    }

    /// Refuses what a careful caller never asks.
    fn check_prompt(&self, prompt: &[u32], reuse: usize) -> Result<(), EngineError> {
        let wrong = if !self.sealed {
            "the weights are not in place yet"
        } else if prompt.len() > self.cache.capacity() {
            "the prompt is longer than the cache"
        } else if reuse >= prompt.len() || self.tokens.get(..reuse) != Some(&prompt[..reuse]) {
            "the cache does not hold the tokens to be reused"
        } else if prompt.iter().any(|token| *token as usize >= self.config.vocab) {
            "the prompt has a token that the model does not know"
        } else {
            return Ok(());
        };
        Err(EngineError::Internal(wrong.into()))
    }
}

impl fmt::Debug for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, arithmetic, tokens, .. } = self;
        f.debug_struct("Cpu")
            .field("model", &config.name)
            .field("arithmetic", arithmetic)
            .field("filled", &tokens.len())
            .finish_non_exhaustive()
    }
}

impl Backend for Cpu {
    fn write(&mut self, slot: Slot, offset: u64, bytes: &[u8]) -> Result<(), EngineError> {
        self.weights.write(slot, offset, bytes)
    }

    async fn seal(&mut self, _pace: &Pace) -> Result<(), EngineError> {
        let divisors = self.weights.seal()?;
        self.frequencies = rotary::frequencies(&self.config, &divisors);
        self.sealed = true;
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.cache.capacity()
    }

    fn filled(&self) -> usize {
        self.tokens.len()
    }

    async fn start(
        &mut self,
        prompt: &[u32],
        reuse: usize,
        sampling: &Sampling,
        pace: &Pace,
    ) -> Result<u32, EngineError> {
        self.check_prompt(prompt, reuse)?;
        self.tokens.truncate(reuse);
        self.pending = None;
        self.sampling.clone_from(sampling);
        self.step = 0;
        self.cache.reserve(prompt.len())?;
        for chunk in prompt[reuse..].chunks(CHUNK) {
            let last = self.tokens.len() + chunk.len() == prompt.len();
            self.forward(chunk, last, pace).await?;
        }
        Ok(self.choose())
    }

    async fn next(&mut self, want: usize, out: &mut Vec<u32>, pace: &Pace) -> Result<(), EngineError> {
        let Some(pending) = self.pending else {
            return Err(EngineError::Internal("there is no answer to go on with".into()));
        };
        if want == 0 || self.tokens.len() >= self.cache.capacity() {
            return Err(EngineError::Internal("the cache has no room for another token".into()));
        }
        self.cache.reserve(self.tokens.len() + 1)?;
        self.forward(&[pending], true, pace).await?;
        // One token at a time: here a batch would save nothing, and the visitor sees each as it comes.
        out.push(self.choose());
        Ok(())
    }

    async fn logits(&mut self) -> Result<Vec<f32>, EngineError> {
        Ok(self.logits.clone())
    }
}

/// Refuses shapes that the loops over heads and pairs could not walk.
fn check_shape(config: &Hyperparameters) -> Result<(), EngineError> {
    let Hyperparameters { embedding, heads, kv_heads, head_dim, rope_dims, .. } = *config;
    let some = embedding > 0 && head_dim > 0 && kv_heads > 0;
    if some && heads.is_multiple_of(kv_heads) && rope_dims <= head_dim && rope_dims.is_multiple_of(2) {
        return Ok(());
    }
    Err(EngineError::Unsupported("the model's heads do not fit each other".into()))
}

/// An empty vector with room for `len` elements, or a clear refusal: a browser may grant less memory than asked.
fn reserved<T>(len: usize, purpose: &str) -> Result<Vec<T>, EngineError> {
    let mut vector = Vec::new();
    vector.try_reserve_exact(len).map_err(|_| {
        let mebibytes = len.saturating_mul(size_of::<T>()) >> 20;
        EngineError::OutOfMemory(format!("no memory for {purpose} ({mebibytes} MiB)"))
    })?;
    Ok(vector)
}

/// `len` zeros, or a clear refusal.
fn zeros<T: Clone + Default>(len: usize, purpose: &str) -> Result<Vec<T>, EngineError> {
    let mut vector = reserved(len, purpose)?;
    vector.resize(len, T::default());
    Ok(vector)
}
