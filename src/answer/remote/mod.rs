//! Answers from a server, as far as they are pure: what to send, what comes back, when to try again, when to give up.
//!
//! `request` builds what is sent. `sse` cuts bytes into events, and [`Stream`] reads an answer out of them. `retry`
//! decides what follows a failure, and `watch` for how long silence is no failure yet. None of them knows a network, a
//! clock or a source of randomness: whoever drives them brings all three.
//!
//! The course of one attempt, for that driver:
//!
//! 1. [`Request::url`], [`Completion::body`] and [`Caller::headers`] with the question's [`IdempotencyKey`]; a
//!    [`Watch`] from the moment of sending.
//! 2. No headers: [`normalize`](crate::error::normalize) with `Unreached`, or `TimedOut` when [`Watch::check`] says so.
//!    No 2xx, or a 2xx that is no [`is_event_stream`]: the same with `Answer` and at most
//!    [`MOST_BODY_BYTES`](crate::error::MOST_BODY_BYTES) of the body.
//! 3. Otherwise each chunk through [`Stream::push`]: what it [`Said`] goes to the conversation and to the watch. At the
//!    end of the body, when the connection breaks, and when the watch says that it stalled, [`Stream::end`].
//! 4. A failure goes through [`Tried::next`].

pub mod request;
pub mod retry;
mod retry_after;
pub mod sse;
mod stream;
mod watch;

pub use request::{ApiKind, Caller, Completion, IdempotencyKey, Request, session_body};
pub use retry::{Next, Opens, Tried};
pub use retry_after::retry_after;
pub use stream::{End, FinishReason, Said, Stream, is_event_stream};
pub use watch::{Awaited, Watch};
