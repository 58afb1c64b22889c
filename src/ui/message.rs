//! What the panel knows of a message: its text node, and what changes around it.

use super::{scene::assign, web::Growing};
use crate::{
    chat::{Entry, EntryId, EntryState, Notice, Speaker},
    locale::{Word, Words},
};
use leptos::prelude::*;

/// An entry of the log as it is drawn. What it holds lives for as long as it does, whatever component draws it.
#[derive(Clone)]
pub(super) struct Message {
    pub id: EntryId,
    pub speaker: Speaker,
    pub words: Growing,
    pub status: ArcRwSignal<Status>,
}

/// What changes around a message's words: a few times in its life.
#[derive(Clone, PartialEq)]
pub(super) struct Status {
    pub state: EntryState,
    /// It has no words yet.
    pub bare: bool,
    /// It was not made on this device.
    pub online: bool,
    /// It can be tried again.
    pub offers: bool,
}

impl Status {
    fn of(entry: &Entry, offers: bool) -> Self {
        Self { state: entry.state.clone(), bare: entry.text.is_empty(), online: entry.online, offers }
    }

    /// What the visitor is told of the failure, if it is one.
    pub fn failure(&self) -> Option<&Notice> {
        match &self.state {
            EntryState::Failed(notice) => Some(notice),
            EntryState::Whole | EntryState::Streaming | EntryState::Stopped | EntryState::Declined => None,
        }
    }
}

impl Message {
    pub fn new(entry: &Entry) -> Self {
        Self {
            id: entry.id,
            speaker: entry.speaker,
            words: Growing::new(&entry.text),
            status: ArcRwSignal::new(Status::of(entry, false)),
        }
    }

    /// More words: all that happens per token.
    pub fn append(&self, more: &str) {
        self.words.append(more);
        if !more.is_empty() && self.status.with_untracked(|status| status.bare) {
            self.status.update(|status| status.bare = false);
        }
    }

    /// Anything else: reads the entry anew. Returns what a screen reader is to say of it, if it is settled now and was
    /// not before.
    pub fn read(&self, entry: &Entry, text: &Words) -> Option<String> {
        self.words.set(&entry.text);
        let before = self.status.get_untracked();
        let now = Status::of(entry, before.offers);
        let spoken = (now.state != before.state).then(|| spoken(entry, text)).flatten();
        assign(self.status.clone(), now);
        spoken
    }

    /// Whether it can be tried again.
    pub fn offer(&self, offers: bool) {
        if self.status.with_untracked(|status| status.offers != offers) {
            self.status.update(|status| status.offers = offers);
        }
    }
}

fn spoken(entry: &Entry, text: &Words) -> Option<String> {
    match &entry.state {
        EntryState::Whole if entry.speaker == Speaker::Assistant => Some(entry.text.clone()),
        EntryState::Stopped => Some(text.say(Word::Stopped).to_owned()),
        EntryState::Declined => Some(text.say(Word::Declined).to_owned()),
        // Its own element is an alert: what was said before is over.
        EntryState::Failed(_) => Some(String::new()),
        EntryState::Whole | EntryState::Streaming => None,
    }
}
