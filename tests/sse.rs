//! An answer's bytes become the same words wherever the network cuts them, and nothing but a complete answer passes
//! for one.

#[path = "sse/format.rs"]
mod format;
#[path = "sse/stream.rs"]
mod stream;
#[path = "sse/suites.rs"]
mod suites;
