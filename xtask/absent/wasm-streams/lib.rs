//! In the place of `wasm-streams`, which Leptos needs for server functions.
//!
//! This widget has no server functions. The real crate exports classes to JavaScript, and what is exported no linker
//! may drop: every visitor would download some 4 KB for nobody. Here is only what Leptos must find to compile; whoever
//! writes a server function one day takes the `[patch]` out of `Cargo.toml`.

#![cfg(target_arch = "wasm32")]

use futures_util::stream::{self, Stream};
use wasm_bindgen::JsValue;
use web_sys::ReadableStream as Raw;

const ABSENT: &str = "server functions are left out of this build: see xtask/absent/wasm-streams";

/// A stream of the browser's.
#[derive(Debug)]
pub struct ReadableStream(Raw);

impl ReadableStream {
    /// Wraps a stream of the browser's.
    #[must_use]
    pub fn from_raw(raw: Raw) -> Self {
        Self(raw)
    }

    /// The stream of the browser's.
    #[must_use]
    pub fn into_raw(self) -> Raw {
        self.0
    }

    /// # Panics
    /// Always.
    pub fn from_stream(_source: impl Stream<Item = Result<JsValue, JsValue>> + 'static) -> Self {
        panic!("{ABSENT}")
    }

    /// # Panics
    /// When the stream is read.
    pub fn into_stream(self) -> impl Stream<Item = Result<JsValue, JsValue>> {
        stream::poll_fn(|_| panic!("{ABSENT}"))
    }
}
