//! A server's JSON, as the platform reads it: `JSON.parse` in a browser, serde_json everywhere else.
//!
//! No parser of ours goes to visitors, and the developer's network panel agrees with what is read: of members with the
//! same name the last wins, and half of a surrogate pair becomes U+FFFD, because servers that cut a text into tokens do
//! send such halves. A [`Value`] is walked one step at a time, so that depth costs no stack; its size is that of its text,
//! which every caller bounds.
//!
//! Where the two differ: serde_json refuses a number beyond a double, and what is nested deeper than 128 levels.

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(not(target_arch = "wasm32"))]
pub use native::{Value, parse};
#[cfg(target_arch = "wasm32")]
pub use web::{Value, parse};

/// A number that counts something: whole, not negative, and so small that a double tells it from its neighbours.
fn count(number: f64) -> Option<u64> {
    const MOST: f64 = 9_007_199_254_740_991.0;
    (number.fract() == 0.0 && (0.0..=MOST).contains(&number)).then_some(number as u64)
}
