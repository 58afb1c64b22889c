//! Failures: what went wrong for the developer, and as much of it as a visitor may know.
//!
//! [`Code`] is the catalog, one row per code. [`Reference`] is the number that a visitor can quote. [`Failure`] is the
//! one object that a failure becomes; the same object, with the same reference, reaches `onError`, the `error` events
//! and the console, while the visitor's side receives only a [`Family`], the reference and a [`Retry`].
//! [`normalize`] makes it of whatever a server answered, read by [`json`].

mod catalog;
mod class;
pub mod crossing;
mod failure;
pub mod json;
mod normalize;
mod reference;
mod spelling;
#[cfg(all(any(feature = "widget", feature = "remote"), target_arch = "wasm32"))]
mod web;

pub use catalog::Code;
#[cfg(not(target_arch = "wasm32"))]
pub use catalog::Documentation;
pub use class::{ByItself, Family, Offer, Retry};
pub use failure::Failure;
pub use normalize::{Arrival, MOST_BODY_BYTES, after_headers, normalize};
pub use reference::Reference;
pub use spelling::UnknownCode;
#[cfg(all(any(feature = "widget", feature = "remote"), target_arch = "wasm32"))]
pub use web::{random, reference};
