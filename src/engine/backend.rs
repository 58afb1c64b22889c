//! What the session asks of whatever computes: the seam between `session` and `cpu`, `gpu`.

use super::{error::EngineError, models::Slot, pace::Pace};
use crate::wire::{BackendKind, Sampling};

/// A model with its key-value cache, ready to be filled with weights and then to answer.
///
/// Positions `0..filled()` of the cache hold the tokens of earlier calls.
/// Every method that may take long breathes through its [`Pace`] at least every 100 ms of work and returns
/// [`EngineError::Stopped`] when the page asked; the cache stays valid up to [`filled`](Self::filled).
#[expect(async_fn_in_trait, reason = "used inside this crate only, on one thread")]
pub trait Backend {
    /// Stores bytes of a tensor at a byte offset inside it. Chunks arrive in order and may end anywhere.
    fn write(&mut self, slot: Slot, offset: u64, bytes: &[u8]) -> Result<(), EngineError>;

    /// All weights have arrived: waits until they are in place.
    async fn seal(&mut self, pace: &Pace) -> Result<(), EngineError>;

    /// The most positions that the cache holds.
    fn capacity(&self) -> usize;

    /// How many positions of the cache are valid.
    fn filled(&self) -> usize;

    /// Reads `prompt`, of which the first `reuse` tokens are in the cache already (`reuse < prompt.len()`), and
    /// samples the first token of the answer. That token is not in the cache yet.
    async fn start(
        &mut self,
        prompt: &[u32],
        reuse: usize,
        sampling: &Sampling,
        pace: &Pace,
    ) -> Result<u32, EngineError>;

    /// Feeds the token sampled last and samples the next, between once and `want` times; appends to `out`.
    /// The caller keeps `filled() + want <= capacity()`.
    async fn next(&mut self, want: usize, out: &mut Vec<u32>, pace: &Pace) -> Result<(), EngineError>;

    /// The logits (vocabulary) from which the last token was sampled, before penalties. For tests and diagnostics.
    async fn logits(&mut self) -> Result<Vec<f32>, EngineError>;
}

/// A backend that can say what it is.
pub trait Described: Backend {
    /// Which of the two.
    fn kind(&self) -> BackendKind;

    /// The adapter's or the instruction set's name.
    fn adapter(&self) -> String;
}
