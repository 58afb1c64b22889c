//! Where tokens come from.
//!
//! `local` is the page's handle to the engine's worker; it never names the engine itself. `remote` is a server.

pub mod local;
pub mod remote;
