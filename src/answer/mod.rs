//! Where tokens come from, and what follows when they don't.
//!
//! `local` is the page's handle to the engine's worker; it never names the engine itself. `builtin` is the browser's own
//! model, and `remote` a server; `exchange` is what these two have in common. `retry` says how to go on after a failure.

pub mod builtin;
pub mod exchange;
pub mod local;
pub mod remote;
pub mod retry;
