//! What a conversation leaves behind when its page goes, and how the next page takes it up.
//!
//! It is a row of [netstrings](https://cr.yp.to/proto/netstrings.txt), length before text, so that any text can stand
//! in it unchanged: the version, whether the conversation may leave the device, the draft; then for each entry how it
//! stands, the reference of its failure, and its words. Whoever can write to the page's storage can write anything
//! there: what can't be read whole is no conversation.

use super::{
    Effect,
    flow::Turn,
    state::{Entry, EntryId, EntryState, Notice, Speaker, State},
};
use crate::{
    answer::retry::Opens,
    error::{ByItself, Family, Offer, Reference, Retry},
    gate::Consent,
};

/// Another when what is written changes its meaning.
const VERSION: &str = "1";

impl State {
    /// What is worth keeping; empty when nothing is. An answer that was on its way is kept as far as it came.
    #[must_use]
    pub fn saved(&self) -> String {
        let mut saved = String::new();
        let of_the_setup = self.misconfigured.as_ref().map(|(_, entry)| *entry);
        let entries = || self.entries.iter().filter(|entry| Some(entry.id) != of_the_setup);
        if entries().next().is_none() && self.draft.is_empty() {
            return saved;
        }
        put(&mut saved, VERSION);
        put(&mut saved, if self.leaving == Consent::Granted { "y" } else { "n" });
        put(&mut saved, &self.draft);
        for entry in entries() {
            put(&mut saved, &mark(entry));
            put(
                &mut saved,
                match &entry.state {
                    EntryState::Failed(notice) => notice.reference.as_str(),
                    _ => "",
                },
            );
            put(&mut saved, &entry.text);
        }
        saved
    }
}

impl Turn<'_> {
    /// Goes on with a saved conversation, unless another has begun.
    pub(super) fn restore(&mut self, saved: &str) {
        if !self.state.entries.is_empty() || !self.state.draft.is_empty() {
            return;
        }
        let Some((leaving, draft, entries)) = read(saved) else { return };
        self.state.leaving = leaving;
        self.state.draft = draft;
        for mut entry in entries {
            entry.id = EntryId(self.state.number());
            self.push(Effect::Added(entry.id));
            self.state.entries.push(entry);
        }
        self.push(Effect::Draft);
    }
}

/// How an entry stands, in letters: whose and how, where it was made, and of a failure its family and whether it can be
/// tried again.
fn mark(entry: &Entry) -> String {
    let state = match (entry.speaker, &entry.state) {
        (Speaker::Visitor, _) => 'v',
        (Speaker::Assistant, EntryState::Whole) => 'w',
        (Speaker::Assistant, EntryState::Streaming | EntryState::Stopped) => 's',
        (Speaker::Assistant, EntryState::Declined) => 'd',
        (Speaker::Assistant, EntryState::Failed(_)) => 'f',
    };
    let (family, again) = match &entry.state {
        EntryState::Failed(notice) => {
            let family = Family::ALL.iter().position(|family| *family == notice.family);
            (b'a' + family.unwrap_or_default() as u8, notice.retry.offers_button())
        }
        _ => (b'-', false),
    };
    let yes = |letter, yes| if yes { letter } else { '-' };
    [state, yes('o', entry.online), family.into(), yes('r', again)].into_iter().collect()
}

fn read(saved: &str) -> Option<(Consent, String, Vec<Entry>)> {
    let mut rest = saved;
    if take(&mut rest)? != VERSION {
        return None;
    }
    let leaving = if take(&mut rest)? == "y" { Consent::Granted } else { Consent::Unasked };
    let draft = take(&mut rest)?.to_owned();
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let (mark, reference, text) = (take(&mut rest)?, take(&mut rest)?, take(&mut rest)?.to_owned());
        let &[state, online, family, again] = mark.as_bytes() else { return None };
        let (speaker, state) = match state {
            b'v' => (Speaker::Visitor, EntryState::Whole),
            b'w' => (Speaker::Assistant, EntryState::Whole),
            b's' => (Speaker::Assistant, EntryState::Stopped),
            b'd' => (Speaker::Assistant, EntryState::Declined),
            b'f' => {
                let family = *Family::ALL.get(usize::from(family.checked_sub(b'a')?))?;
                let then = if again == b'r' { Offer::Ask } else { Offer::Nothing };
                let retry = Retry { by_itself: ByItself::Nothing, then };
                let reference = Reference::from_request_id(reference)?;
                (Speaker::Assistant, EntryState::Failed(Notice { family, reference, retry, opens: Opens::Now }))
            }
            _ => return None,
        };
        entries.push(Entry { id: EntryId(0), speaker, text, state, online: online == b'o' });
    }
    Some((leaving, draft, entries))
}

/// Appends a netstring.
fn put(row: &mut String, text: &str) {
    for part in [&text.len().to_string(), ":", text, ","] {
        row.push_str(part);
    }
}

/// Takes the first netstring off a row.
fn take<'r>(row: &mut &'r str) -> Option<&'r str> {
    let (length, rest) = row.split_once(':')?;
    let (text, rest) = rest.split_at_checked(length.parse::<u32>().ok()? as usize)?;
    *row = rest.strip_prefix(',')?;
    Some(text)
}

#[cfg(test)]
mod tests;
