//! What the visitor says to the people behind the site: that an answer helped or did not, and that a person shall take
//! over. Both are told to the site's own listeners, and go nowhere else.

use super::{
    Effect, Told,
    state::{Entry, EntryId, EntryState, Rating, Speaker},
    turn::Turn,
};

/// A thumb under an answer was pressed: it counts, or is taken back where it counted.
pub(super) fn rate(turn: &mut Turn, answer: EntryId, rating: Rating) {
    let is_answer = |entry: &&mut Entry| entry.speaker == Speaker::Assistant && entry.state == EntryState::Whole;
    let Some(entry) = turn.state.entry_mut(answer).filter(is_answer) else { return };
    entry.rating = if entry.rating == Some(rating) { None } else { Some(rating) };
    let told = Told::Feedback { message: words(entry), rating: entry.rating };
    turn.push(Effect::Changed(answer));
    turn.push(Effect::Tell(told));
}

/// A person shall take over. What is under way goes on: the visitor may come back to it.
pub(super) fn hand_off(turn: &mut Turn, under: Option<EntryId>) {
    let mut transcript = Vec::new();
    let mut reference = None;
    for entry in &turn.state.entries {
        let said = words(entry);
        if !said.is_empty() {
            transcript.push((entry.speaker, said));
        }
        if let EntryState::Failed(notice) = &entry.state
            && under.is_none_or(|under| under == entry.id)
        {
            reference = Some(notice.reference.as_str().to_owned());
        }
    }
    turn.push(Effect::Tell(Told::Handoff { transcript, reference }));
}

/// What the visitor read there: the words, or the sentences of the passages in their place.
fn words(entry: &Entry) -> String {
    let mut said = entry.text.clone();
    if said.is_empty() {
        for source in &entry.sources {
            let [_, _, quote, ..] = source.parts();
            if !said.is_empty() {
                said.push('\n');
            }
            said.push_str(quote);
        }
    }
    said
}
