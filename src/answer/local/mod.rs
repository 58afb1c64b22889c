//! The engine as the page knows it: something that is started, told, heard and ended.
//!
//! A page of another origin can't start a worker of ours, so the worker lives behind `engine.html`, a hidden frame of
//! HOST, and talks through a `MessagePort` of its own. A page of HOST starts the worker directly.

#[cfg(all(feature = "widget", target_arch = "wasm32"))]
mod web;

#[cfg(all(feature = "widget", target_arch = "wasm32"))]
pub use web::EngineHandle;

use crate::{error::Code, wire::FromEngine};

/// What reaches the page from the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A message.
    Said(FromEngine),
    /// The engine can't be started, or died: nothing more will come from this one.
    Gone {
        /// The cause.
        code: Code,
        /// For the developer.
        message: String,
    },
}
