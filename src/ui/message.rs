//! What the panel knows of a message: its text node, and what changes around it.

use super::{
    countdown::Countdown,
    scene::put,
    web::{self, Cards, Growing},
};
use crate::{
    chat::{Entry, EntryId, EntryState, Notice, Opens, Rating, Speaker},
    knowledge::Source,
    locale::{Word, Words},
};
use leptos::prelude::ArcTrigger;

/// An entry of the log as it is drawn. All but its words changes a few times in its life.
pub(super) struct Message {
    pub id: EntryId,
    pub speaker: Speaker,
    pub words: Growing,
    /// What it stands on.
    pub sources: Vec<Source>,
    pub cards: Cards,
    pub state: EntryState,
    /// It has no words yet.
    pub bare: bool,
    /// It was not made on this device.
    pub online: bool,
    /// It is being made, and not by asking the visitor something.
    pub thinks: bool,
    /// What the visitor thinks of it.
    pub rating: Option<Rating>,
    /// It can be tried again.
    pub offers: bool,
    /// Until it can be tried again, where that is a matter of seconds.
    pub opening: Countdown,
    /// When it can be tried again, where that is a matter of hours: milliseconds since 1970.
    pub opens_at: f64,
    /// For how long the confirmation stands that its reference was copied.
    pub copied: Countdown,
    /// Any of this has changed.
    pub changed: ArcTrigger,
}

impl Message {
    pub fn new(entry: &Entry) -> Self {
        let mut message = Self {
            id: entry.id,
            speaker: entry.speaker,
            words: Growing::new(),
            sources: entry.sources.clone(),
            cards: Cards::new(&entry.sources),
            state: EntryState::Whole,
            bare: entry.text.is_empty(),
            online: entry.online,
            thinks: false,
            rating: entry.rating,
            offers: false,
            opening: Countdown::default(),
            opens_at: 0.0,
            copied: Countdown::default(),
            changed: ArcTrigger::new(),
        };
        message.words.append(&entry.text, &entry.sources);
        message.take(entry.state.clone());
        message
    }

    /// What the visitor is told of the failure, if it is one.
    pub fn failure(&self) -> Option<&Notice> {
        match &self.state {
            EntryState::Failed(notice) => Some(notice),
            EntryState::Whole | EntryState::Streaming | EntryState::Stopped | EntryState::Declined => None,
            EntryState::Unanswered => None,
        }
    }

    /// More words: all that happens per token. Whether they are its first.
    pub fn append(&mut self, more: &str) -> bool {
        self.words.append(more, &self.sources);
        !more.is_empty() && std::mem::take(&mut self.bare)
    }

    /// Anything else: reads the entry anew. Whether anything but the words has changed.
    pub fn read(&mut self, entry: &Entry) -> bool {
        let mut changed = self.sources != entry.sources;
        if changed {
            self.sources.clone_from(&entry.sources);
            self.cards.set(&entry.sources);
        }
        self.words.set(&entry.text, &self.sources);
        changed |= put(&mut self.bare, entry.text.is_empty())
            | put(&mut self.online, entry.online)
            | put(&mut self.rating, entry.rating);
        if self.state != entry.state {
            self.take(entry.state.clone());
            changed = true;
        }
        changed
    }

    /// It stands in another way, from now on.
    fn take(&mut self, state: EntryState) {
        self.state = state;
        let opens = self.failure().map_or(Opens::Now, |failure| failure.opens);
        self.opening = Countdown::of(if let Opens::In(seconds) = opens { seconds } else { 0 });
        if let Opens::At(seconds) = opens {
            self.opens_at = web::date_after(seconds);
        }
    }
}

/// What a screen reader is to say of an entry that stands in another way now.
pub(super) fn spoken(entry: &Entry, text: &Words) -> Option<String> {
    match &entry.state {
        EntryState::Whole if entry.speaker == Speaker::Assistant => Some(match (&*entry.text, entry.sources.first()) {
            ("", Some(best)) => [text.say(Word::Quoted), " ", best.parts()[2]].concat(),
            (said, _) => said.to_owned(),
        }),
        EntryState::Unanswered => Some(text.say(Word::Unanswered).to_owned()),
        EntryState::Stopped => Some(text.say(Word::Stopped).to_owned()),
        EntryState::Declined => Some(text.say(Word::Declined).to_owned()),
        // Its own element is an alert: what was said before is over.
        EntryState::Failed(_) => Some(String::new()),
        EntryState::Whole | EntryState::Streaming => None,
    }
}
