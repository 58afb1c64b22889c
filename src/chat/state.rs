//! What the widget knows at a moment.

use crate::{
    error::{Failure, Family, Offer, Reference, Retry},
    gate::Consent,
    wire::{BackendChoice, BackendKind, ModelSource, Sampling},
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
    /// Waiting (for the visitor's consent, the download, the first token), or growing. At most one at a time.
    Streaming,
    /// The visitor stopped it; what stands is kept.
    Stopped,
    /// The visitor did not want the download. Not a failure: the question stays and can be asked again.
    Declined,
    /// It failed. What stands, if anything, is kept and marked as cut off.
    Failed(Notice),
}

/// One bubble of the log. An answer has its entry, empty, from the moment its question was sent.
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
    /// Fetching and preparing the model. A question may be waiting for it, or, after a failure in mid-answer, none.
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

/// Everything the widget knows: what is drawn is public, what only the flow needs is not.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The log, oldest first.
    pub entries: Vec<Entry>,
    /// What the widget is doing.
    pub phase: Phase,
    /// What stands in the composer.
    pub draft: String,
    pub(super) settings: Settings,
    pub(super) consent: Consent,
    pub(super) engine: Engine,
    pub(super) asked: Option<Asked>,
    pub(super) misconfigured: Option<(Failure, EntryId)>,
    /// The last bytes of the model were wrong: don't take them from the browser's cache again.
    pub(super) suspect: bool,
    /// The last status that the site was told: its word, and whether a model was loaded.
    pub(super) told: (&'static str, bool),
    /// The last number given to an entry, an answer or a wait.
    pub(super) last: u32,
}

impl State {
    /// A widget that has just been put on a page.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            entries: Vec::new(),
            phase: Phase::default(),
            draft: String::new(),
            settings,
            consent: Consent::default(),
            engine: Engine::default(),
            asked: None,
            misconfigured: None,
            suspect: false,
            told: ("idle", false),
            last: 0,
        }
    }

    /// The entry of this name, unless it was removed.
    #[must_use]
    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        // Most often the last.
        self.entries.iter().rfind(|entry| entry.id == id)
    }

    /// Whether a question would be taken now.
    #[must_use]
    pub fn accepts(&self) -> bool {
        self.asked.is_none() && self.misconfigured.is_none()
    }

    /// Whether Try again, or its like after a declined download, belongs under this entry.
    #[must_use]
    pub fn can_try_again(&self, id: EntryId) -> bool {
        let Some(index) = self.entries.iter().rposition(|entry| entry.id == id) else { return false };
        let Some([question, answer]) = index.checked_sub(1).and_then(|from| self.entries.get(from..=index)) else {
            return false;
        };
        let wanted = match &answer.state {
            EntryState::Failed(notice) => notice.retry.then != Offer::Nothing,
            EntryState::Stopped => answer.text.trim().is_empty(),
            EntryState::Declined => true,
            EntryState::Whole | EntryState::Streaming => false,
        };
        wanted && self.accepts() && answer.speaker == Speaker::Assistant && question.speaker == Speaker::Visitor
    }

    pub(super) fn entry_mut(&mut self, id: EntryId) -> Option<&mut Entry> {
        self.entries.iter_mut().rfind(|entry| entry.id == id)
    }

    /// A number that was never given before.
    pub(super) fn number(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.last
    }
}

/// The question that is being answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Where its answer goes. The question is the entry before.
    pub answer: EntryId,
    /// The engine's name for it, once it was asked.
    pub generate: Option<u32>,
    /// What was tried by itself for it.
    pub tried: Tried,
}

/// What the widget tried unasked; each has its limit for one question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tried {
    pub again: u8,
    pub restarted: bool,
    pub fetched: bool,
}

/// The engine, as far as the conversation knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Engine {
    pub model: Model,
    /// Loads that were stopped and have not said so yet: what is said of a load belongs to these first.
    pub stopped_loads: u32,
}

/// The engine's model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Model {
    /// None.
    #[default]
    None,
    /// On its way.
    Loading { done: u64, total: Option<u64> },
    /// To be loaded when this wait is over.
    Pausing { wait: u32 },
    /// There.
    Loaded { backend: BackendKind, adapter: String, name: String, from: (ModelSource, BackendChoice) },
}
