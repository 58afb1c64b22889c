//! Answers from a server: what to send, what comes back, and when to give up.
//!
//! `request` builds what is sent, as text. `sse` cuts bytes into events, [`Stream`] reads an answer out of them, and
//! `config` what a server says of a site. `watch` says for how long silence is no failure yet. [`Attempt`] puts them
//! together: one request from its sending to its end, without a network, a clock or a source of randomness. `web`
//! brings all three, and so do native tests. What follows a failure is [`retry`](super::retry)'s to say, and the
//! conversation's to do.

mod attempt;
mod config;
pub mod request;
mod retry_after;
pub mod sse;
mod stream;
mod watch;
#[cfg(all(feature = "remote", target_arch = "wasm32"))]
mod web;

pub use attempt::{Attempt, Heard};
pub use config::{SiteConfig, Turnstile};
pub use request::{ApiKind, Caller, Completion, IdempotencyKey, Outgoing, Request, Server, session_body};
pub use retry_after::retry_after;
pub use stream::{End, FinishReason, Stream, StreamItem, is_event_stream};
pub use watch::{Awaited, COMPLETION_HEADERS_MS, CONTENT_MS, GRACE_MS, HEADERS_MS, IDLE_MS, LATE_MS, Watch};
#[cfg(all(feature = "remote", target_arch = "wasm32"))]
pub use web::send;
