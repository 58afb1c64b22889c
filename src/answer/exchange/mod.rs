//! What a request to a server and a question to the browser's own model have in common while they are under way: a
//! deadline that moves, an abort, and an end after which nothing is heard.

#[cfg(all(feature = "remote", target_arch = "wasm32"))]
mod web;

#[cfg(all(feature = "remote", target_arch = "wasm32"))]
pub use web::Exchange;
#[cfg(all(feature = "remote", target_arch = "wasm32"))]
pub(super) use web::{HELD_MS, Line, now, turn};

use super::remote::Heard;
use crate::error::Reference;

/// How far one has come, without a clock or a network of its own. Moments are milliseconds on any clock that only goes
/// forward; `mint` makes a reference for a failure.
pub trait Course {
    /// Whether all has been said.
    fn is_over(&self) -> bool;
    /// When to [`check`](Self::check).
    fn deadline(&self) -> u64;
    /// The page slept: a deadline that has passed is put off a little, once.
    fn forgive(&mut self, now: u64);
    /// The other side has ended, or the connection to it broke.
    fn closed(&mut self, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard>;
    /// The deadline's moment may have come.
    fn check(&mut self, now: u64, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard>;
}
