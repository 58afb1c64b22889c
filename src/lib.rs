//! InferKit's visitor widget.

pub mod answer;
pub mod chat;
#[cfg(feature = "engine")]
pub mod engine;
pub mod error;
pub mod gate;
pub mod locale;
pub mod wire;
