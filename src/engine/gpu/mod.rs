//! The model on WebGPU. Only this folder names wgpu.
//!
//! ```text
//! embed ─▶ x ─┬─▶ qkv (norm, RoPE, cache) ─▶ attention ─▶ project ─▶ x ─┬─▶ gate_up (norm, SwiGLU) ─▶ project ─▶ x
//!             └────────────────────────────────────────────────────────┘└──────────────────────────────────────┘
//! x of the last token ─▶ head (norm, logits) ─▶ argmax or candidates ─▶ sample ─▶ state: token, position, step
//! ```
//! - `device`: an adapter, its device, and every wait: each ends with the page's stop, a deadline or the device's loss.
//! - `shader`: WGSL text put together from a kernel, the weight formats' loaders and constants. Pure.
//! - `pipelines`: that text compiled; binding layouts are read from it, never typed twice.
//! - `buffers`, `layout`, `upload`: weights, repacked on their way to the GPU so that the file never lies in our memory.
//! - `kernels`: one pair of files each, `<name>.wgsl` and `<name>.rs` with its dispatch and its CPU twin.
//! - `graph`: the list of dispatches for a chunk of a prompt, for a token, and for choosing the next. Built once.
//! - `submit`: how much of that list goes to the device at once.
//! - `model`: the [`Backend`](super::backend::Backend).
//!
//! Invariants:
//! - Nothing here needs more than a device must offer: single precision, workgroup memory of 16 KiB, eight storage
//!   buffers. No subgroups, no half-precision arithmetic.
//! - A kernel never knows a weight format, and a format's loader never knows a kernel.
//! - A decoded token is one compute pass; only token ids come back.
//! - The token to feed, its position and the sampling step live on the GPU, so that tokens follow each other without
//!   a word from the host. A call that was stopped leaves work behind, and the next `start` writes them anew, after
//!   that work: the queue is the order.

mod buffers;
mod device;
mod graph;
mod kernels;
mod layout;
mod model;
mod pipelines;
mod shader;
mod submit;
mod upload;

pub use device::{Device, Pretence};
pub use kernels::catalogue;
pub use model::Model;
