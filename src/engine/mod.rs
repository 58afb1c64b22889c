//! Inference: a GGUF file becomes answers.
//!
//! `source → gguf → models → gpu | cpu → session → worker`. Builds for wasm32 and natively; only `gpu` names wgpu.

pub mod backend;
pub mod cpu;
pub mod either;
pub mod error;
pub mod gguf;
pub mod gpu;
pub mod loader;
pub mod models;
pub mod order;
pub mod pace;
pub mod quant;
pub mod rotary;
pub mod sampler;
pub mod session;
pub mod source;
pub mod template;
pub mod tokenizer;
#[cfg(target_arch = "wasm32")]
pub mod web;
pub mod worker;
