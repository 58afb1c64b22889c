//! What the widget knows at a moment.

use super::{builtin::Builtin, remote::Remote};
use crate::{
    answer::{
        remote::{IdempotencyKey, Server},
        retry::{Opens, Tried},
    },
    error::{Code, Failure, Family, Offer, Reference, Retry},
    gate::{Consent, Mode},
    knowledge::{Ground, Source},
    wire::{BackendChoice, BackendKind, ModelSource, Sampling},
};
use serde::{Deserialize, Serialize};

/// What a site configured, as far as the conversation cares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Where answers are made.
    pub mode: Mode,
    /// The model to run on the device; none where the server's configuration names it.
    pub model: Option<ModelSource>,
    /// A model that the browser has of its own may answer.
    pub builtin: bool,
    /// What to compute with.
    pub backend: BackendChoice,
    /// The visitor need not be asked before the download.
    pub consent_granted: bool,
    /// The server that may answer, if the site has named one.
    pub server: Option<Server>,
    /// The visitor need not be asked before a question leaves the device; nor were they promised that none does.
    pub remote_consent_granted: bool,
    /// The folder of the index of the site's pages, if there is one: an absolute address that ends in `/`.
    pub knowledge: Option<String>,
    /// The site's instructions to the model, if any.
    pub system_prompt: Option<String>,
    /// The most tokens of an answer.
    pub max_tokens: u32,
    /// How tokens are chosen.
    pub sampling: Sampling,
}

impl Settings {
    /// Where answers are made, for the visitor. `online`: the newest was made by a server.
    #[must_use]
    pub fn place(&self, online: bool) -> Place {
        match self.mode {
            Mode::Remote => Place::Online,
            Mode::Auto if online => Place::Online,
            Mode::Auto if !self.promises() => Place::Either,
            Mode::Auto | Mode::Local => Place::Device,
        }
    }

    fn promises(&self) -> bool {
        let may_leave = self.server.is_some() && self.remote_consent_granted;
        self.mode != Mode::Remote && !(self.mode == Mode::Auto && may_leave)
    }
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
    /// Whether Try again is offered.
    pub retry: Retry,
    /// When it can be pressed.
    pub opens: Opens,
}

/// What the visitor thinks of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rating {
    /// Helpful.
    Up,
    /// Not helpful.
    Down,
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
    /// The visitor did not want the download, or not to leave the device. Not a failure: the question stays and can be
    /// asked again.
    Declined,
    /// The site's pages do not tell; those that come nearest are the entry's sources.
    Unanswered,
    /// It failed. What stands, if anything, is kept and marked as cut off.
    Failed(Notice),
}

/// One bubble of the log. An answer has its entry, empty, from the moment its question was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub id: EntryId,
    /// Its name on every page and in every tab, for good. Grows with time.
    pub name: u64,
    /// Whose.
    pub speaker: Speaker,
    /// Plain text.
    pub text: String,
    /// How it stands.
    pub state: EntryState,
    /// It is an answer that was not made on this device.
    pub online: bool,
    /// The passages of the site's pages that it stands on, or that stand in its place; it cites them as `[1]`, `[2]` and
    /// so on.
    pub sources: Vec<Source>,
    /// What the visitor thinks of it.
    pub rating: Option<Rating>,
}

/// What the widget is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Phase {
    /// Waiting for the visitor.
    #[default]
    Idle,
    /// Asking whether the model may be downloaded.
    Consent {
        /// The download's size, when known.
        bytes: Option<u64>,
        /// Which asking this is: another model is another question, although the words may be the same.
        asking: u32,
        /// It can be promised that what the visitor writes then stays here.
        stays: bool,
    },
    /// Asking whether the question may leave the device.
    Leaving,
    /// Fetching and preparing the model. A question may be waiting for it, or, after a failure in mid-answer, none.
    Loading {
        /// Bytes that have arrived.
        done: u64,
        /// Of how many, when known.
        total: Option<u64>,
    },
    /// The server wants to know that a person asks.
    Verifying {
        /// The visitor must do something for it.
        interactive: bool,
    },
    /// The server wants to be left alone for so many seconds; then the question goes to it by itself.
    Waiting {
        /// From the moment when this began.
        seconds: u32,
    },
    /// The model reads the question.
    Thinking,
    /// Tokens arrive.
    Answering,
}

/// Where answers are made, as far as the visitor can be told before there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this device; whenever that changes, the visitor is asked first.
    Device,
    /// On a server.
    Online,
    /// On either.
    Either,
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
    /// Models for which the visitor has agreed to a download, on this page or before.
    pub(super) agreed: Vec<String>,
    /// The site's storage has no room.
    pub(super) storage_full: bool,
    /// The clock of the day, in milliseconds since 1970, at the last event.
    pub(super) date: u64,
    /// When the conversation was begun anew; 0 where it never was.
    pub(super) since: u64,
    /// What the visitor said about leaving the device, in this conversation.
    pub(super) leaving: Consent,
    pub(super) engine: Engine,
    pub(super) builtin: Builtin,
    /// Why this device is not asked for the time being.
    pub(super) broken: Option<(Code, String)>,
    pub(super) remote: Remote,
    pub(super) asked: Option<Asked>,
    pub(super) misconfigured: Option<(Failure, EntryId)>,
    /// The last bytes of the model were wrong: don't take them from the browser's cache again.
    pub(super) suspect: bool,
    /// Keys of questions that no word of an answer was seen to.
    pub(super) keys: Vec<(EntryId, IdempotencyKey)>,
    /// Waits after which a Try again can be pressed.
    pub(super) openings: Vec<(u32, EntryId)>,
    /// The wait at whose end the answer that grows has grown for long enough.
    pub(super) longest: Option<u32>,
    /// The last status that the site was told: its word, what computes, and whether the storage is full.
    pub(super) told: (&'static str, Option<&'static str>, bool),
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
            agreed: Vec::new(),
            storage_full: false,
            date: 0,
            since: 0,
            leaving: Consent::default(),
            engine: Engine::default(),
            builtin: Builtin::default(),
            broken: None,
            remote: Remote::default(),
            asked: None,
            misconfigured: None,
            suspect: false,
            keys: Vec::new(),
            openings: Vec::new(),
            longest: None,
            told: ("idle", None, false),
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
            EntryState::Failed(notice) => notice.retry.then != Offer::Nothing && notice.opens == Opens::Now,
            EntryState::Stopped => answer.text.trim().is_empty(),
            EntryState::Declined => true,
            EntryState::Whole | EntryState::Streaming | EntryState::Unanswered => false,
        };
        wanted && self.accepts() && answer.speaker == Speaker::Assistant && question.speaker == Speaker::Visitor
    }

    /// The question whose answer this entry is.
    pub(super) fn question_of(&self, answer: EntryId) -> Option<&str> {
        let at = self.entries.iter().rposition(|entry| entry.id == answer)?;
        self.entries.get(at.checked_sub(1)?).map(|entry| entry.text.as_str())
    }

    /// The question before that one.
    pub(super) fn question_before(&self, answer: EntryId) -> Option<&str> {
        let at = self.entries.iter().rposition(|entry| entry.id == answer)?.checked_sub(1)?;
        let earlier = self.entries.get(..at)?.iter();
        earlier.rev().find(|entry| entry.speaker == Speaker::Visitor).map(|entry| entry.text.as_str())
    }

    /// Sets the clock of the day, in milliseconds since 1970.
    pub fn set_date(&mut self, date: u64) {
        self.date = date;
    }

    /// The server that may answer, and the key that it knows the site by.
    #[must_use]
    pub fn caller(&self) -> Option<(&str, Option<&str>)> {
        self.settings.server.as_ref().map(|server| (server.base.as_str(), server.api_key.as_deref()))
    }

    /// The server's own refusal of this page.
    #[must_use]
    pub fn refused(&self) -> Option<Code> {
        self.remote.refused
    }

    /// Another widget of this page was refused so by the same server.
    pub fn refuse(&mut self, code: Code) {
        self.remote.refused = Some(code);
    }

    /// Whether the engine is at work for the visitor: for the question in flight, or to be ready for the next.
    pub(super) fn is_local(&self) -> bool {
        match self.phase {
            Phase::Loading { .. } => true,
            Phase::Thinking | Phase::Answering => self.asked.as_ref().is_some_and(|asked| asked.generate.is_some()),
            Phase::Idle | Phase::Consent { .. } | Phase::Leaving | Phase::Verifying { .. } | Phase::Waiting { .. } => {
                false
            }
        }
    }

    /// Where answers are made, for the visitor.
    #[must_use]
    pub fn place(&self) -> Place {
        let newest = self.entries.iter().rfind(|entry| entry.speaker == Speaker::Assistant);
        self.settings.place(newest.is_some_and(|entry| entry.online))
    }

    /// Whether the visitor was told that nothing leaves the device unasked.
    pub(super) fn promises(&self) -> bool {
        self.settings.promises()
    }

    /// The model that the device answers with: the site's own, or the one of the server's configuration.
    pub(super) fn model(&self) -> Option<&ModelSource> {
        self.settings.model.as_ref().or_else(|| self.remote.known()?.model.as_ref())
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
    /// The look-up that it waits for.
    pub look_up: Option<u32>,
    /// What its answer must stand on.
    pub ground: Option<Ground>,
    /// A piece of the answer was held against that.
    pub checks: bool,
    /// Bytes that came of the answer, shown or not.
    pub said: usize,
    /// Since when the engine reads, by the clock of the day, and how many bytes.
    pub reading: Option<(u64, usize)>,
    /// The engine's name for it, once it was asked.
    pub generate: Option<u32>,
    /// It waits for what the browser says of its own model.
    pub probes: bool,
    /// The browser's model's name for it, once that was asked.
    pub prompt: Option<u32>,
    /// The request to the server that it waits for.
    pub call: Option<u32>,
    /// The pause that it waits for before the server is asked again.
    pub pause: Option<u32>,
    /// What the server knows it by, once it was sent.
    pub key: Option<IdempotencyKey>,
    /// What was tried by itself for it.
    pub tried: Tried,
    /// Challenges that were solved, or not, for it.
    pub solves: u8,
    /// The visitor said no to what was asked for its sake.
    pub declined: bool,
    /// The configuration could not be had for it, whatever was tried.
    pub without_config: bool,
}

impl Asked {
    pub fn new(answer: EntryId, key: Option<IdempotencyKey>) -> Self {
        Self {
            answer,
            look_up: None,
            ground: None,
            checks: false,
            said: 0,
            reading: None,
            generate: None,
            probes: false,
            prompt: None,
            call: None,
            pause: None,
            key,
            tried: Tried::default(),
            solves: 0,
            declined: false,
            without_config: false,
        }
    }
}

/// The engine, as far as the conversation knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Engine {
    pub model: Model,
    /// Loads that were stopped and have not said so yet: what is said of a load belongs to these first.
    pub stopped_loads: u32,
    /// How many bytes of passages it reads in the time that a visitor waits for a first word, once that was measured.
    pub read_in_time: Option<usize>,
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
