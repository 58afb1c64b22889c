//! Where tokens come from.
//!
//! `local` is the page's handle to the engine's worker; it never names the engine itself.

pub mod local;
