//! Where tokens come from, and what follows when they don't.
//!
//! `local` is the page's handle to the engine's worker; it never names the engine itself. `remote` is a server,
//! `exchange` the timer and the abort of what is under way. `retry` says how to go on after a failure.

pub mod exchange;
pub mod local;
pub mod remote;
pub mod retry;
