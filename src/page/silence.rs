//! How long each part may say nothing, and what follows when it has said nothing for that long.
//!
//! The widget waits for nobody without a bound, its own engine and modules included. This table holds the bounds of
//! the page's own waits; those of requests, and of the browser's model, are
//! [`answer::remote::watch`](crate::answer::remote::Awaited)'s, those of a challenge
//! [`gate::challenge`](crate::gate::challenge)'s, and [`ALL`](Wait::ALL) lists them too, so that the table can be read,
//! and tried, as a whole.
//!
//! A timer that fires late by more than [`LATE_MS`] says that the page was frozen or asleep, and that the others had no
//! time either: what has arrived is let in first, and what is still missing gets [`GRACE_MS`], once.

use crate::{
    answer::{
        builtin::SILENT,
        remote::{COMPLETION_HEADERS_MS, CONTENT_MS, HEADERS_MS, IDLE_MS},
    },
    error::Code,
    gate::challenge::{INTERACTIVE_MS, LOADING_MS, SILENT_MS, WHOLE_MS},
};

/// By how much a timer may be late on a page that is awake.
pub const LATE_MS: u64 = 2_000;

/// What a part gets that was silent while the page slept.
pub const GRACE_MS: u64 = 5_000;

/// How often the page looks whether the engine's frame still stands, while the engine owes something.
pub const LOOK_MS: u64 = 2_000;

/// Told to the developer where a frame of ours is gone.
pub const REMOVED: &str = "the engine's frame was removed from the page, or moved in it, which ends it";

/// Something that the widget waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The engine's modules arrive and start: `Ready`.
    EngineStart,
    /// Any word of an engine that works on a load: `Alive`, every second, if nothing else.
    EngineLoads,
    /// The same while it works on an answer.
    EngineAnswers,
    /// The engine's answer to a Stop.
    EngineStops,
    /// The engine's frame is where it was put.
    FrameStands,
    /// The import of the remote module.
    Import,
    /// What the site's pages have for a question: the import of the module that looks it up, and the index's files.
    LookUp,
    /// The browser's word on a model of its own.
    Probe,
    /// A session with that model: it takes itself, and the conversation so far, into memory.
    PromptOpens,
    /// The first word of that model, or the next one.
    PromptWords,
    /// The headers of the site's configuration.
    ConfigHeaders,
    /// The headers of a session.
    SessionHeaders,
    /// The headers of an answer.
    AnswerHeaders,
    /// Any byte of a body that is read whole.
    Body,
    /// The first word of a stream, or the next one.
    StreamWords,
    /// Any byte of a stream that has shown signs of life.
    StreamBytes,
    /// The challenge's frame and the script in it.
    ChallengeLoads,
    /// A challenge that works without the visitor.
    ChallengeWorks,
    /// The visitor's click in a challenge.
    ChallengeClick,
    /// A challenge, however it changes its mind.
    ChallengeWhole,
}

/// A wait's bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Milliseconds.
    pub ms: u64,
    /// What the failure is called that follows.
    pub code: Code,
    /// For the developer.
    pub message: &'static str,
}

impl Wait {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::EngineStart,
        Self::EngineLoads,
        Self::EngineAnswers,
        Self::EngineStops,
        Self::FrameStands,
        Self::Import,
        Self::LookUp,
        Self::Probe,
        Self::PromptOpens,
        Self::PromptWords,
        Self::ConfigHeaders,
        Self::SessionHeaders,
        Self::AnswerHeaders,
        Self::Body,
        Self::StreamWords,
        Self::StreamBytes,
        Self::ChallengeLoads,
        Self::ChallengeWorks,
        Self::ChallengeClick,
        Self::ChallengeWhole,
    ];

    /// How long it may take, and the failure that follows.
    #[must_use]
    pub const fn bound(self) -> Bound {
        let (ms, code, message) = match self {
            Self::EngineStart => {
                (60_000, Code::NetworkError, "the engine did not start in time: HOST, or a frame-src policy, blocks it")
            }
            Self::EngineLoads => (30_000, Code::EngineFailed, "the engine fell silent while it loaded"),
            Self::EngineAnswers => (10_000, Code::EngineFailed, "the engine fell silent while it answered"),
            Self::EngineStops => (5_000, Code::EngineFailed, "the engine did not stop when told to"),
            Self::FrameStands => (LOOK_MS, Code::EngineFailed, REMOVED),
            Self::Import => (
                20_000,
                Code::NetworkError,
                "remote.js, which asks servers and the browser's model, could not be loaded from HOST",
            ),
            Self::LookUp => {
                (20_000, Code::NetworkError, "the index of the site's pages, or knowledge.js, did not come in time")
            }
            Self::Probe => (2_000, Code::EngineFailed, "the browser did not say whether it has a model"),
            Self::PromptOpens => (COMPLETION_HEADERS_MS, Code::EngineFailed, SILENT),
            Self::PromptWords => (CONTENT_MS, Code::EngineFailed, SILENT),
            Self::ConfigHeaders | Self::SessionHeaders => {
                (HEADERS_MS, Code::Timeout, "the server did not answer in time")
            }
            Self::AnswerHeaders => (COMPLETION_HEADERS_MS, Code::Timeout, "the server did not answer in time"),
            Self::Body => (IDLE_MS, Code::Timeout, "the server did not finish its answer in time"),
            Self::StreamWords => (CONTENT_MS, Code::StreamStalled, "nothing came from the server for too long"),
            Self::StreamBytes => (IDLE_MS, Code::StreamStalled, "nothing came from the server for too long"),
            Self::ChallengeLoads => (LOADING_MS, Code::ChallengeUnavailable, "the challenge's script did not load"),
            Self::ChallengeWorks => (SILENT_MS, Code::ChallengeTimeout, "the challenge fell silent"),
            Self::ChallengeClick => (INTERACTIVE_MS, Code::ChallengeTimeout, "the visitor did not click"),
            Self::ChallengeWhole => (WHOLE_MS, Code::ChallengeTimeout, "the challenge came to no end"),
        };
        Bound { ms, code, message }
    }

    /// What follows the failure, for this table's reader; the module does not hold it.
    #[must_use]
    pub const fn follows(self) -> &'static str {
        match self {
            Self::EngineLoads | Self::EngineAnswers | Self::EngineStops | Self::FrameStands => {
                "the engine is started again, once, and asked again; then Try again"
            }
            Self::Import => "fetched again under another address, twice; then Try again",
            Self::EngineStart
            | Self::ConfigHeaders
            | Self::SessionHeaders
            | Self::AnswerHeaders
            | Self::Body
            | Self::StreamWords
            | Self::StreamBytes => "asked again, twice; then Try again",
            Self::Probe | Self::PromptOpens | Self::PromptWords => {
                "the browser's model is not asked, or not again: the engine or a server answers"
            }
            Self::LookUp
            | Self::ChallengeLoads
            | Self::ChallengeWorks
            | Self::ChallengeClick
            | Self::ChallengeWhole => "Try again",
        }
    }
}
