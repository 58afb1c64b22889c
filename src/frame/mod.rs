//! A page of HOST in a frame of the site's page: how the two make sure of each other, and get a port to talk through.
//!
//! The page gets its parent's origin and a nonce in its fragment, which no server sees. It says `{nonce, ready}` to
//! that origin alone; its parent checks origin, source and nonce, and answers `{nonce}` with a `MessagePort`; the page
//! checks the same three. Whatever else the two say goes through the port, but for `{nonce, gone: words}`, a page's
//! last words to a parent whose port has gone elsewhere.

#[cfg(all(any(feature = "widget", feature = "remote"), target_arch = "wasm32"))]
mod web;

#[cfg(all(any(feature = "widget", feature = "remote"), target_arch = "wasm32"))]
pub use web::{HostFrame, field, nonce};
