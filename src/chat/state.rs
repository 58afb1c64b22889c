//! What the widget knows at a moment.

use crate::{
    error::{Family, Reference, Retry},
    wire::{BackendChoice, ModelSource, Sampling},
};

/// What a site configured, as far as the conversation cares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The model to run; none is a configuration error when the visitor asks.
    pub model: Option<ModelSource>,
    /// What to compute with.
    pub backend: BackendChoice,
    /// The visitor need not be asked before the download.
    pub consent_granted: bool,
    /// The site's instructions to the model, if any.
    pub system_prompt: Option<String>,
    /// The most tokens of an answer.
    pub max_tokens: u32,
    /// How tokens are chosen.
    pub sampling: Sampling,
}

/// Names an entry for as long as the widget lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub u32);

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The person in front of the page.
    Visitor,
    /// The model.
    Assistant,
}

/// What a visitor is told of a failure. Holds no code, status, address or key, and can't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Chooses the sentence, in the visitor's language.
    pub family: Family,
    /// Shown after `Ref:`, to quote to support.
    pub reference: Reference,
    /// Whether and when Try again is offered.
    pub retry: Retry,
}

/// How an entry stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// Complete.
    Whole,
    /// Waiting for the first token, or growing.
    Streaming,
    /// The visitor stopped it; what stands is kept.
    Stopped,
    /// It failed. What stands, if anything, is kept and marked as cut off.
    Failed(Notice),
}

/// One bubble of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub id: EntryId,
    /// Whose.
    pub speaker: Speaker,
    /// Plain text.
    pub text: String,
    /// How it stands.
    pub state: EntryState,
}

/// What the widget is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// Waiting for the visitor.
    #[default]
    Idle,
    /// Asking whether the model may be downloaded.
    Consent {
        /// The download's size, when known.
        bytes: Option<u64>,
        /// The model's name, when known.
        name: Option<String>,
    },
    /// Fetching and preparing the model; the question waits.
    Loading {
        /// Bytes that have arrived.
        done: u64,
        /// Of how many, when known.
        total: Option<u64>,
    },
    /// The model reads the question.
    Thinking,
    /// Tokens arrive.
    Answering,
}
