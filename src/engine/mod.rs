//! Inference: a GGUF file becomes answers.
//!
//! `source → loader (gguf, models, tokenizer, template) → gpu | cpu → session → worker`. Builds for wasm32 and natively;
//! only `gpu` names wgpu.
//!
//! Nothing here waits for ever: `pace` lets work breathe, so that a stop is heard within 100 ms, and races whatever the
//! platform owes (a download, an adapter, a readback) with that stop and with a deadline. `clock` is what both stand on.
//! `tests/engine_tree.rs` refuses any other wait, and any arrow between these rooms that its table does not have.
//!
//! Both backends compute in one arithmetic, llama.cpp's: activations quantised to signed bytes per 32 before a matrix
//! product, queries, keys and values rounded to half precision, sums in one order. On software adapters their logits are
//! the same to the last bit; on a GPU they differ by what its own rounding does. Change an order of operations in one,
//! and `tests/gpu.rs` asks for the other.

pub mod backend;
pub mod clock;
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
