//! The GGUF parser and the plans made from its headers, tried with files that are right, wrong and hostile.

#![cfg(feature = "engine")]

#[path = "gguf/crashes.rs"]
mod crashes;
#[path = "gguf/memory.rs"]
mod memory;
#[path = "gguf/plan.rs"]
mod plan;
#[path = "gguf/properties.rs"]
mod properties;
#[path = "gguf/streaming.rs"]
mod streaming;
mod support;
#[path = "gguf/tiny.rs"]
mod tiny;
