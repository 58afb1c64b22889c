//! What a conversation leaves behind when its page goes, how the next page takes it up, and how two tabs of a site
//! share it.
//!
//! It is a version and the fields of [`Saved`] in postcard's format, each byte as the character of that number, so that
//! it can lie in a storage of texts. Whoever can write to the page's storage can write anything there: what can't be
//! read whole is no conversation.
//!
//! Two tabs agree without a word to each other. Entries carry a name that no other has and that begins with its time;
//! of two states of an entry the further one counts ([`rank`]); and when the conversation was begun anew in one of them,
//! what is older than that counts no more. So whatever order things are stored in, nothing is lost, and both come to
//! the same.

use super::{
    Effect,
    state::{Entry, EntryId, EntryState, Notice, Rating, Speaker, State},
    turn::{self, TIME_SHIFT, Turn},
};
use crate::{
    answer::{remote::IdempotencyKey, retry::Opens},
    error::{ByItself, Family, Offer, Reference, Retry},
    gate::Consent,
    knowledge::Source,
    wire,
};
use serde::{Deserialize, Serialize};

/// Another when what is written changes its meaning.
const VERSION: u8 = 4;

/// The most bytes of entries that are kept; the oldest go first.
pub const MOST_BYTES: usize = 1_000_000;

/// The most bytes of a draft that are kept.
const MOST_DRAFT_BYTES: usize = 256 * 1024;

/// The longest wait, in milliseconds: a day.
const DAY_MS: u64 = 86_400_000;

#[derive(Default, Serialize, Deserialize)]
struct Saved {
    /// When the conversation was begun anew, in milliseconds since 1970; 0 where it never was.
    since: u64,
    /// It may leave the device.
    leaves: bool,
    draft: String,
    entries: Vec<SavedEntry>,
}

#[derive(Serialize, Deserialize)]
struct SavedEntry {
    name: u64,
    online: bool,
    state: Mark,
    text: String,
    sources: Vec<Source>,
    rating: Option<Rating>,
    /// By which the server knows the question, where no word of its answer was seen; and what was sent under it.
    key: Option<(String, u64)>,
}

/// Whose an entry is, and how it stands.
#[derive(Serialize, Deserialize)]
enum Mark {
    Asked,
    Whole,
    Stopped,
    Declined,
    Unanswered,
    Failed {
        family: u8,
        reference: String,
        /// Try again is offered.
        again: bool,
        /// When, in milliseconds since 1970; 0: at once.
        opens: u64,
        /// Not counted down: the visitor is told when.
        told: bool,
    },
}

/// How long one of the conversation's waits still takes, in milliseconds.
pub type Left<'a> = &'a dyn Fn(u32) -> Option<u64>;

impl State {
    /// What is worth keeping; empty when nothing is. An answer that was on its way is kept as far as it came.
    #[must_use]
    pub fn saved(&self, left: Left<'_>) -> String {
        let of_the_setup = self.misconfigured.as_ref().map(|(_, entry)| *entry);
        let mut room = MOST_BYTES;
        let mut entries: Vec<SavedEntry> = Vec::new();
        for entry in self.entries.iter().rev().filter(|entry| Some(entry.id) != of_the_setup) {
            let Some(rest) = room.checked_sub(size(entry)) else { break };
            room = rest;
            entries.push(self.saved_entry(entry, left));
        }
        entries.reverse();
        // An answer without its question is nothing to go on with.
        if entries.len() < self.entries.len() && matches!(entries.first(), Some(first) if !first.is_asked()) {
            entries.remove(0);
        }
        if entries.is_empty() && self.draft.is_empty() {
            return String::new();
        }
        let end = self.draft.floor_char_boundary(MOST_DRAFT_BYTES);
        let leaves = self.leaving == Consent::Granted;
        let draft = self.draft.get(..end).unwrap_or_default().to_owned();
        let saved = Saved { since: self.since, leaves, draft, entries };
        let mut text = String::from(char::from(VERSION));
        text.extend(wire::encode(&saved).into_iter().map(char::from));
        text
    }

    fn saved_entry(&self, entry: &Entry, left: Left<'_>) -> SavedEntry {
        let state = match (entry.speaker, &entry.state) {
            (Speaker::Visitor, _) => Mark::Asked,
            (Speaker::Assistant, EntryState::Whole) => Mark::Whole,
            (Speaker::Assistant, EntryState::Streaming | EntryState::Stopped) => Mark::Stopped,
            (Speaker::Assistant, EntryState::Declined) => Mark::Declined,
            (Speaker::Assistant, EntryState::Unanswered) => Mark::Unanswered,
            (Speaker::Assistant, EntryState::Failed(notice)) => {
                let wait = self.openings.iter().find(|(_, id)| *id == entry.id).and_then(|(wait, _)| left(*wait));
                Mark::Failed {
                    family: Family::ALL.iter().position(|family| *family == notice.family).unwrap_or_default() as u8,
                    reference: notice.reference.as_str().to_owned(),
                    again: notice.retry.offers_button(),
                    opens: wait.map_or(0, |ms| self.date.saturating_add(ms)),
                    told: matches!(notice.opens, Opens::At(_)),
                }
            }
        };
        let asked = self.asked.as_ref().filter(|asked| asked.answer == entry.id).and_then(|asked| asked.key.as_ref());
        let kept = || self.keys.iter().find(|(id, _)| *id == entry.id).map(|(_, key)| key);
        let key = asked.or_else(kept).and_then(IdempotencyKey::to_keep);
        SavedEntry {
            name: entry.name,
            online: entry.online,
            state,
            text: entry.text.clone(),
            sources: entry.sources.clone(),
            rating: entry.rating,
            key,
        }
    }

    /// Goes on with an entry that was kept.
    fn take(&mut self, saved: SavedEntry) -> Option<(Entry, Option<(u32, u64)>)> {
        let mut wait = None;
        let (speaker, state) = match saved.state {
            Mark::Asked => (Speaker::Visitor, EntryState::Whole),
            Mark::Whole => (Speaker::Assistant, EntryState::Whole),
            Mark::Stopped => (Speaker::Assistant, EntryState::Stopped),
            Mark::Declined => (Speaker::Assistant, EntryState::Declined),
            Mark::Unanswered => (Speaker::Assistant, EntryState::Unanswered),
            Mark::Failed { family, reference, again, opens, told } => {
                let family = *Family::ALL.get(usize::from(family))?;
                let retry =
                    Retry { by_itself: ByItself::Nothing, then: if again { Offer::Ask } else { Offer::Nothing } };
                let left = opens.saturating_sub(self.date).min(DAY_MS);
                if again && left > 0 {
                    wait = Some(left);
                }
                let seconds = left.div_ceil(1_000);
                let opens = match wait {
                    None => Opens::Now,
                    Some(_) if told => Opens::At(seconds),
                    Some(_) => Opens::In(u32::try_from(seconds).unwrap_or(u32::MAX)),
                };
                let reference = Reference::from_request_id(&reference)?;
                (Speaker::Assistant, EntryState::Failed(Notice { family, reference, retry, opens }))
            }
        };
        let id = EntryId(self.number());
        if let Some((text, body)) = saved.key {
            self.keys.push((id, IdempotencyKey::kept(&text, body)?));
        }
        let wait = wait.map(|ms| (self.number(), ms));
        if let Some((wait, _)) = wait {
            self.openings.push((wait, id));
        }
        let SavedEntry { name, online, text, sources, rating, .. } = saved;
        Some((Entry { id, name, speaker, text, state, online, sources, rating }, wait))
    }
}

impl SavedEntry {
    fn is_asked(&self) -> bool {
        matches!(self.state, Mark::Asked)
    }
}

impl Turn<'_> {
    /// Goes on with a saved conversation, unless another has begun.
    pub(super) fn restore(&mut self, saved: &str) {
        if !self.state.entries.is_empty() || !self.state.draft.is_empty() {
            return;
        }
        let Some(saved) = read(saved, self.state) else { return };
        self.state.since = saved.since;
        self.state.leaving = if saved.leaves { Consent::Granted } else { Consent::Unasked };
        self.state.draft = saved.draft;
        for entry in saved.entries {
            let id = self.take_up(entry);
            self.push(Effect::Added(id));
        }
        self.push(Effect::Draft);
    }

    /// Takes over what another tab has stored of this conversation. The draft is each tab's own.
    pub(super) fn elsewhere(&mut self, saved: &str) {
        if saved.is_empty() {
            // It was begun anew there. Where that leads, the next word from there says.
            if !self.state.entries.is_empty() {
                self.reset();
            }
            return;
        }
        if !saved.starts_with(char::from(VERSION)) {
            // Another version's: two that write over each other would never end.
            return;
        }
        let Some(theirs) = read(saved, self.state) else { return self.push(Effect::Keep) };
        let since = theirs.since.max(self.state.since);
        let is_older = |name: u64| name >> TIME_SHIFT < since;
        let own_is_older = self.state.entries.iter().all(|entry| is_older(entry.name));
        if own_is_older && !self.state.entries.is_empty() && theirs.since > self.state.since {
            self.reset();
        }
        if theirs.leaves && theirs.since == since {
            self.state.leaving = Consent::Granted;
        }
        let news = theirs.since < self.state.since;
        self.state.since = since;
        let mut entries = theirs.entries;
        entries.retain(|entry| !is_older(entry.name));
        self.unite(entries, news);
    }

    /// `ours_says_more`: whatever comes out of it must be stored.
    fn unite(&mut self, theirs: Vec<SavedEntry>, mut ours_says_more: bool) {
        let of_the_setup = self.state.misconfigured.as_ref().map(|(_, entry)| *entry);
        ours_says_more |= {
            let known =
                |entry: &&Entry| theirs.iter().any(|their| their.name == entry.name) || Some(entry.id) == of_the_setup;
            !self.state.entries.iter().all(|entry| known(&entry))
        };
        let mut new = false;
        for their in theirs {
            match self.state.entries.iter().position(|entry| entry.name == their.name) {
                None => {
                    self.take_up(their);
                    new = true;
                }
                Some(at) => ours_says_more |= !self.further(at, their),
            }
        }
        if new {
            // In the order of time, wherever they came from; what the setup says stays last.
            order(&mut self.state.entries, |entry| (Some(entry.id) == of_the_setup, entry.name));
            self.push(Effect::Cleared);
            for entry in &self.state.entries {
                self.effects.push(Effect::Added(entry.id));
            }
        }
        if ours_says_more {
            self.push(Effect::Keep);
        }
    }

    /// Takes over how an entry stands elsewhere, if that is further on. False where it is further on here.
    fn further(&mut self, at: usize, their: SavedEntry) -> bool {
        let Some(entry) = self.state.entries.get(at) else { return true };
        let (id, ours) = (entry.id, (rank(entry), entry.text.len()));
        if self.state.asked.as_ref().is_some_and(|asked| asked.answer == id) {
            // It is being answered here.
            return false;
        }
        let before = (self.state.keys.len(), self.state.openings.len());
        let Some((their, wait)) = self.state.take(their) else { return true };
        let theirs = (rank(&their), their.text.len());
        if theirs <= ours {
            self.state.keys.truncate(before.0);
            self.state.openings.truncate(before.1);
            // What was stored last is what the visitor thinks now.
            if let (true, Some(entry)) = (theirs == ours, self.state.entries.get_mut(at))
                && entry.rating != their.rating
            {
                entry.rating = their.rating;
                self.push(Effect::Changed(id));
            }
            return theirs == ours;
        }
        for (key, _) in self.state.keys.iter_mut().skip(before.0) {
            *key = id;
        }
        for (_, opening) in self.state.openings.iter_mut().skip(before.1) {
            *opening = id;
        }
        if let Some((id, ms)) = wait {
            self.push(Effect::Wait { id, ms: ms as u32 });
        }
        if let Some(entry) = self.state.entries.get_mut(at) {
            *entry = Entry { id, ..their };
        }
        self.push(Effect::Changed(id));
        true
    }

    fn take_up(&mut self, saved: SavedEntry) -> EntryId {
        // `read` has looked at each.
        let Some((entry, wait)) = self.state.take(saved) else { return EntryId(0) };
        if let Some((id, ms)) = wait {
            self.push(Effect::Wait { id, ms: turn::milliseconds(ms.div_ceil(1_000)) });
        }
        let id = entry.id;
        self.state.entries.push(entry);
        id
    }
}

/// About how many bytes it takes to keep an entry.
fn size(entry: &Entry) -> usize {
    entry.text.len() + 128 + entry.sources.iter().map(Source::size).sum::<usize>()
}

/// How far on an entry is: of two states of one, the further counts.
fn rank(entry: &Entry) -> u8 {
    match entry.state {
        EntryState::Streaming | EntryState::Stopped => 0,
        EntryState::Declined => 1,
        EntryState::Failed(_) => 2,
        EntryState::Whole | EntryState::Unanswered => 3,
    }
}

/// What was saved, if every entry of it can be taken up.
fn read(saved: &str, state: &State) -> Option<Saved> {
    let mut bytes = Vec::with_capacity(saved.len());
    for letter in saved.chars() {
        bytes.push(u8::try_from(letter).ok()?);
    }
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let saved: Saved = wire::decode(rest).ok()?;
    let sound = |entry: &SavedEntry| {
        let key = entry.key.as_ref().is_none_or(|(text, body)| IdempotencyKey::kept(text, *body).is_some());
        key && entry.sources.iter().all(Source::is_web)
            && match &entry.state {
                Mark::Failed { family, reference, .. } => {
                    usize::from(*family) < Family::ALL.len() && Reference::from_request_id(reference).is_some()
                }
                _ => true,
            }
    };
    // One that was begun in the future would outweigh every other for ever.
    let in_time = saved.since <= state.date.saturating_add(DAY_MS);
    (in_time && saved.entries.iter().all(sound)).then_some(saved)
}

/// Puts entries in the order of `key`. Most stand in it already; and the library's sort, which is fast where none do, is
/// 4 KB in what every visitor downloads.
fn order<Key: Ord>(entries: &mut [Entry], key: impl Fn(&Entry) -> Key) {
    for next in 1..entries.len() {
        let mut at = next;
        while at > 0 && key(&entries[at]) < key(&entries[at - 1]) {
            entries.swap(at, at - 1);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
