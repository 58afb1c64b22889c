//! One event being dealt with: the state that it changes, the effects that follow, and the steps that every part of the
//! flow takes.

use super::{
    Effect, Told, grounding, local,
    state::{Entry, EntryId, EntryState, Notice, Speaker, State},
};
use crate::{
    answer::retry::Opens,
    error::{Code, Failure, Offer, Reference},
};

/// How many bits of an entry's name are chance; above them stands its time.
pub(super) const TIME_SHIFT: u32 = 20;

/// One event being dealt with.
pub(super) struct Turn<'a> {
    pub state: &'a mut State,
    pub effects: Vec<Effect>,
    pub random: &'a mut dyn FnMut() -> [u8; 16],
}

impl Turn<'_> {
    pub fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub fn random(&mut self) -> [u8; 16] {
        (self.random)()
    }

    pub fn random_number(&mut self) -> u32 {
        let [.., a, b, c, d] = self.random();
        u32::from_be_bytes([a, b, c, d])
    }

    /// A number for a failure. Made once for each.
    pub fn reference(&mut self) -> Reference {
        let [a, b, c, d, e, f, g, h, ..] = self.random();
        Reference::client([a, b, c, d, e, f, g, h])
    }

    pub fn add(&mut self, speaker: Speaker, text: String, entry_state: EntryState) -> EntryId {
        let id = EntryId(self.state.number());
        let name = self.name();
        self.state.entries.push(Entry {
            id,
            name,
            speaker,
            text,
            state: entry_state,
            online: false,
            sources: Vec::new(),
            rating: None,
        });
        self.push(Effect::Added(id));
        id
    }

    /// A name for an entry that no tab gives again, later than every name here: its time, then chance.
    fn name(&mut self) -> u64 {
        let fresh = (self.state.date << TIME_SHIFT) | u64::from(self.random_number() & ((1 << TIME_SHIFT) - 1));
        let last = self.state.entries.iter().map(|entry| entry.name).max().unwrap_or_default();
        // An answer follows its question at once, so that no other tab's question comes between them.
        if self.state.entries.last().is_some_and(|entry| entry.speaker == Speaker::Visitor) {
            return last.saturating_add(1);
        }
        fresh.max(last.saturating_add(1))
    }

    /// Empties an answer's entry: words are awaited (again).
    pub fn await_words(&mut self, answer: EntryId) {
        let waits = |entry: &Entry| entry.text.is_empty() && entry.state == EntryState::Streaming;
        if let Some(entry) = self.state.entry_mut(answer).filter(|entry| !waits(entry)) {
            entry.text.clear();
            entry.state = EntryState::Streaming;
            self.push(Effect::Changed(answer));
        }
    }

    /// Where the answer in flight is made.
    pub fn made_online(&mut self, online: bool) {
        let Some(answer) = self.state.asked.as_ref().map(|asked| asked.answer) else { return };
        if let Some(entry) = self.state.entry_mut(answer).filter(|entry| entry.online != online) {
            entry.online = online;
            self.push(Effect::Changed(answer));
        }
    }

    /// The answer stands as it is, and the site hears of its words.
    pub fn finish(&mut self, entry_state: EntryState) {
        let answer = self.state.asked.as_ref().and_then(|asked| self.state.entry(asked.answer));
        let text = answer.map(|entry| entry.text.clone()).unwrap_or_default();
        self.settle(entry_state);
        if !text.is_empty() {
            self.push(Effect::Tell(Told::Message { speaker: Speaker::Assistant, text }));
        }
    }

    /// Ends the question in flight, if there is one, and returns to rest.
    pub fn settle(&mut self, entry_state: EntryState) {
        grounding::stop(self);
        self.state.phase = local::resting(self.state);
        self.state.longest = None;
        let Some(asked) = self.state.asked.take() else { return };
        if let Some(key) = asked.key {
            self.state.keys.push((asked.answer, key));
        }
        if let Some(entry) = self.state.entry_mut(asked.answer) {
            entry.state = entry_state;
            self.push(Effect::Changed(asked.answer));
        }
    }

    /// The question in flight failed for good, and no server knows of it.
    pub fn fail(&mut self, code: Code, message: &str) {
        let failure = Failure::client(code, message, self.reference());
        self.fail_as(failure, Opens::Now);
    }

    /// The question in flight failed for good: shown and reported, with one reference.
    pub fn fail_as(&mut self, failure: Failure, opens: Opens) {
        if grounding::stands_alone(self, &failure) {
            return;
        }
        let answer = self.state.asked.as_ref().map(|asked| asked.answer);
        self.settle(EntryState::Failed(notice(&failure, opens)));
        let seconds = match opens {
            Opens::In(seconds) => Some(u64::from(seconds)),
            Opens::At(seconds) => Some(seconds),
            Opens::Now => None,
        };
        let waits = failure.retry().then != Offer::Nothing;
        self.push(Effect::Report(failure));
        if let (Some(answer), Some(seconds), true) = (answer, seconds, waits) {
            let id = self.state.number();
            self.state.openings.push((id, answer));
            self.push(Effect::Wait { id, ms: milliseconds(seconds) });
        }
    }
}

/// A timer's milliseconds.
pub(super) fn milliseconds(seconds: u64) -> u32 {
    u32::try_from(seconds.saturating_mul(1_000)).unwrap_or(u32::MAX)
}

/// What the visitor may know of a failure.
pub(super) fn notice(failure: &Failure, opens: Opens) -> Notice {
    Notice { family: failure.family(), reference: failure.reference.clone(), retry: failure.retry(), opens }
}
