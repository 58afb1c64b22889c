//! The conversation, pure: a [`State`], the [`Event`]s that change it and the [`Effect`]s that follow.
//!
//! Nothing here knows a browser, a clock or the DOM. `flow` reads aloud: what happens after each event. `admission` is the
//! flow's dealings with the gate, `grounding` those with the site's pages, `local` those with the engine, `builtin` those
//! with the browser's own model, `remote` and `config` those with the server; `recover` is what follows when something
//! fails, `person` what the visitor says to the site's people, `transcript` what the model reads, `saved` what the next page
//! goes on with. `ui` draws the state and turns gestures into
//! events; `page` carries out the effects.

mod admission;
mod builtin;
mod config;
mod flow;
mod grounding;
mod limits;
mod local;
mod person;
mod recover;
mod remote;
mod saved;
mod state;
#[cfg(test)]
mod tests;
mod transcript;
mod turn;

pub use crate::answer::retry::Opens;
pub use flow::step;
pub use limits::QUESTION_LIMIT;
pub use saved::Left;
pub use state::{Entry, EntryId, EntryState, Notice, Phase, Place, Rating, Settings, Speaker, State};

#[cfg(doc)]
use crate::wire::ModelSource;
use crate::{
    answer::remote::{Heard, Outgoing},
    error::{Code, Failure},
    gate::challenge::Outcome,
    knowledge::{Ground, LookUp, Source},
    wire::{FromEngine, Message, ToEngine},
};

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The composer's text changed under the visitor's hands, or the site called `setInput`.
    Draft(String),
    /// The visitor sent the draft, or the site called `sendMessage`. Taken when [`State::accepts`]; otherwise the text
    /// is kept as the draft, unless another stands there.
    Send(String),
    /// The visitor pressed Stop, or Cancel while the model loads.
    Stop,
    /// The visitor pressed Try again under this entry.
    TryAgain(EntryId),
    /// The visitor agreed to what they were asked: the download, or leaving the device.
    Agree,
    /// The visitor declined it.
    Decline,
    /// The visitor pressed one of the thumbs under an answer; the one that stands is taken back.
    Rate {
        /// Which answer.
        answer: EntryId,
        /// Which thumb.
        rating: Rating,
    },
    /// The visitor wants to talk to a person; under which entry that was pressed, if under one.
    Handoff(Option<EntryId>),
    /// The visitor or the site began a new conversation.
    Reset,
    /// The engine said something.
    Engine(FromEngine),
    /// The engine can't be started, or died: nothing more comes from that worker.
    EngineGone {
        /// The cause.
        code: Code,
        /// For the developer.
        message: String,
    },
    /// The page before left this conversation: what [`State::saved`] wrote. Taken when none has begun here.
    Restored(String),
    /// Another tab of the site stored this of the same conversation; an empty text where it began a new one.
    Elsewhere(String),
    /// The models, as [`ModelSource::identity`] has it, for which the visitor agreed to a download before this page.
    Agreed(Vec<String>),
    /// The site's storage has no room for the conversation, or has again.
    Storage {
        /// It has none.
        full: bool,
    },
    /// The widget stands on its page, and may ask the server what the site's plan allows.
    Mounted,
    /// The browser has said whether it has a model of its own that is ready to answer.
    Probed {
        /// It has.
        there: bool,
    },
    /// A look-up ended: with what was found, or, for the developer, why nothing could be read.
    LookedUp {
        /// Of the [`Effect::LookUp`].
        id: u32,
        /// What.
        found: Result<Ground, String>,
    },
    /// A piece of an answer was held against its ground.
    Checked {
        /// Which answer.
        answer: EntryId,
        /// What of it may be shown.
        text: String,
        /// It was the last piece.
        last: bool,
    },
    /// A request to the server, or the browser's model, said something.
    Server {
        /// Of the [`Effect::Send`] or the [`Effect::Prompt`].
        id: u32,
        /// What.
        heard: Heard,
    },
    /// The challenge said something.
    Challenge(Outcome),
    /// The time of an [`Effect::Wait`] is over.
    Waited(u32),
    /// An option of the site is invalid; nothing can be answered until a `Configured` mends it.
    Misconfigured(Failure),
    /// The site's options changed, and are valid.
    Configured(Settings),
}

/// What to do about it, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Start a worker, if none runs, and send it this. Messages before its `Ready` are kept for it.
    Engine(ToEngine),
    /// End the worker, if one runs; the next `Engine` starts a new one. Nothing that the old one still says may become
    /// an event.
    DropEngine,
    /// Ask the browser whether it has a model of its own that is ready to answer; becomes `Probed`.
    Probe,
    /// Ask the browser's model; what comes of it becomes `Server` events of the same id.
    Prompt {
        /// Names the answer.
        id: u32,
        /// The conversation; its last message is the question.
        messages: Vec<Message>,
    },
    /// Look a question up in the site's pages; what comes of it becomes `LookedUp` of the same id.
    LookUp(LookUp),
    /// End the look-up. Nothing that it still says may become an event.
    EndLookUp,
    /// Hold a piece of an answer against what was found for its question; becomes `Checked`, before any other event.
    Check {
        /// Which answer.
        answer: EntryId,
        /// The piece.
        piece: String,
        /// Nothing of this answer came before.
        first: bool,
        /// Nothing comes after it.
        last: bool,
    },
    /// Send a request to the server; what comes of it becomes `Server` events of the same id.
    Send {
        /// Names the request.
        id: u32,
        /// What to send.
        outgoing: Outgoing,
    },
    /// End this request, or this answer of the browser's model, at once. Nothing that it still says may become an event.
    Abort(u32),
    /// Have a challenge solved; what comes of it becomes `Challenge` events.
    Challenge {
        /// The public key of Cloudflare's widget.
        site_key: String,
        /// The page that shows it, unless HOST's own does.
        challenge_url: Option<String>,
    },
    /// End the challenge. Nothing that it still says may become an event.
    EndChallenge,
    /// The server's configuration has come, and with it words and looks for where the page has none of its own:
    /// `strings.send`, `theme.accent`.
    Look(Vec<(String, String)>),
    /// Answer with `Waited` of the same id after this long.
    Wait {
        /// Names the wait; one that was overtaken by events is ignored when it comes back.
        id: u32,
        /// Milliseconds.
        ms: u32,
    },
    /// An entry was added at the end of the log.
    Added(EntryId),
    /// Text was appended to an entry: the only thing that happens per token.
    Appended(EntryId, String),
    /// An entry changed otherwise (its state, its notice, its text was emptied), or was removed: read it anew.
    Changed(EntryId),
    /// Everything was replaced.
    Cleared,
    /// `State::phase` changed.
    Phase,
    /// `State::draft` changed: the composer shows it.
    Draft,
    /// Tell the site: `onError`, the handle's and the element's `error` event, or the console.
    Report(Failure),
    /// Tell the site: any other event of the handle.
    Tell(Told),
    /// Tell the developer something that is no failure.
    Note(String),
    /// The models for which the visitor has agreed to a download, for the next page.
    Agreed(Vec<String>),
    /// Here is more of the conversation than the other tab has stored.
    Keep,
}

/// An event for the site, less `ready`, `open`, `close` and `destroy`, which the element itself knows.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// A whole message of either side.
    Message {
        /// Whose.
        speaker: Speaker,
        /// Its text.
        text: String,
    },
    /// A piece of an answer.
    Token(String),
    /// What the site's pages have for the question: passages, best first.
    Sources(Vec<Source>),
    /// They have no answer to it.
    Unanswered {
        /// The question.
        question: String,
    },
    /// The visitor rated an answer.
    Feedback {
        /// Its words.
        message: String,
        /// None: taken back.
        rating: Option<Rating>,
    },
    /// The visitor wants to talk to a person.
    Handoff {
        /// What was said, oldest first.
        transcript: Vec<(Speaker, String)>,
        /// Of the failure that led here.
        reference: Option<String>,
    },
    /// A download moves on.
    Progress {
        /// Bytes that have arrived.
        done: u64,
        /// Of how many.
        total: Option<u64>,
    },
    /// The visitor was asked for, or answered about, the download or leaving the device.
    Consent {
        /// `download` or `leave`.
        kind: &'static str,
        /// None: asked.
        granted: Option<bool>,
    },
    /// What the widget is doing: `idle`, `consent`, `loading`, `ready`, `verifying`, `waiting`, `thinking`,
    /// `answering`; and what computes.
    Status {
        /// One of the words above.
        state: &'static str,
        /// `webgpu` or `cpu`, once a model is loaded; `builtin` while the browser's model answers, and `remote` while a
        /// server does.
        backend: Option<&'static str>,
        /// The adapter's name, once a model is loaded.
        adapter: Option<String>,
        /// The model's name, once a model is loaded.
        model: Option<String>,
        /// `full` where the site's storage has no room for the conversation.
        storage: Option<&'static str>,
    },
}
