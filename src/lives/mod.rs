//! Whose a life is: frames, workers, ports, timers, requests and listeners belong to the loader's registry.
//!
//! The loader gives each generation of a widget one registry, `lives`. Whatever the module starts, it starts through
//! it, so that a widget that was removed, or whose module has crashed, leaves nothing behind: the loader ends all that
//! was kept, whatever state the module is in.

#[cfg(all(any(feature = "widget", feature = "remote", feature = "knowledge"), target_arch = "wasm32"))]
mod web;

#[cfg(all(any(feature = "widget", feature = "remote", feature = "knowledge"), target_arch = "wasm32"))]
pub use web::{Lives, Registry, Timer, drop_later};
