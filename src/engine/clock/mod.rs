//! Time and the event loop: what the engine asks of its surroundings without knowing them.
//!
//! [`now_ms`] reads a monotonic clock, [`turn`] lets the event loop bring what already waits, and [`after`] lets time
//! pass. `web` has them of the browser, `native` of the operating system. Nothing here can fail to end, so nothing here
//! is raced with a stop: that is what [`Pace`](super::pace::Pace) is for, which is built on these.

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(not(target_arch = "wasm32"))]
pub use native::{after, now_ms, turn};
#[cfg(target_arch = "wasm32")]
pub use web::{after, now_ms, turn};
