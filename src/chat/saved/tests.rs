//! A conversation that goes on after its page.

use super::*;
use crate::{
    chat::{Event, Settings, flow::step},
    error::{Code, Failure},
};
use proptest::prelude::*;

fn entry(text: &str, speaker: Speaker, state: EntryState) -> Entry {
    Entry { id: EntryId(0), speaker, text: text.into(), state, online: false }
}

fn failed(family: Family, then: Offer) -> EntryState {
    let retry = Retry { by_itself: ByItself::Nothing, then };
    EntryState::Failed(Notice { family, reference: Reference::client([7; 8]), retry, opens: Opens::Now })
}

fn state(entries: Vec<Entry>, draft: &str) -> State {
    State { entries, draft: draft.into(), ..State::new(Settings::default()) }
}

/// What the next page makes of it.
fn restored(saved: &str) -> State {
    let mut next = State::new(Settings::default());
    let _effects = step(&mut next, Event::Restored(saved.into()), &mut || [0; 16]);
    next
}

/// All of an entry but its name, which each page gives anew.
fn essence(state: &State) -> Vec<(Speaker, &str, &EntryState, bool)> {
    state.entries.iter().map(|entry| (entry.speaker, entry.text.as_str(), &entry.state, entry.online)).collect()
}

/// Any entry that is settled.
fn any_entry() -> impl Strategy<Value = Entry> {
    let state = prop_oneof![
        Just(EntryState::Whole),
        Just(EntryState::Stopped),
        Just(EntryState::Declined),
        (proptest::sample::select(Family::ALL.to_vec()), any::<bool>())
            .prop_map(|(family, again)| failed(family, if again { Offer::Ask } else { Offer::Nothing })),
    ];
    (any::<String>(), any::<bool>(), state, any::<bool>()).prop_map(|(text, asks, state, online)| {
        let speaker = if asks { Speaker::Visitor } else { Speaker::Assistant };
        let state = if asks { EntryState::Whole } else { state };
        Entry { online: online && !asks, ..entry(&text, speaker, state) }
    })
}

proptest! {
    #[test]
    fn what_is_saved_is_what_comes_back(
        entries in proptest::collection::vec(any_entry(), 0..8),
        draft: String,
        may_leave: bool,
    ) {
        let mut before = state(entries, &draft);
        let something = !before.entries.is_empty() || !draft.is_empty();
        before.leaving = if may_leave { Consent::Granted } else { Consent::Unasked };
        let after = restored(&before.saved());
        prop_assert_eq!(essence(&after), essence(&before));
        prop_assert_eq!(&after.draft, &before.draft);
        prop_assert_eq!(after.leaving == Consent::Granted, may_leave && something);
        // What comes back is saved again as it was.
        prop_assert_eq!(after.saved(), before.saved());
    }

    #[test]
    fn no_text_breaks_it(saved: String) {
        let _state = restored(&saved);
    }

    #[test]
    fn a_part_of_it_is_nothing_or_whole_entries(
        entries in proptest::collection::vec(any_entry(), 1..4),
        share in 0.0..1.0f64,
    ) {
        let before = state(entries, "");
        let saved = before.saved();
        let mut end = (saved.len() as f64 * share) as usize;
        while !saved.is_char_boundary(end) {
            end -= 1;
        }
        let after = restored(&saved[..end]);
        prop_assert_eq!(essence(&after), &essence(&before)[..after.entries.len()]);
    }
}

#[test]
fn nothing_to_keep_is_nothing() {
    assert_eq!(state(Vec::new(), "").saved(), "");
    assert_eq!(restored(""), State::new(Settings::default()));
}

#[test]
fn an_answer_on_its_way_comes_back_as_far_as_it_came() {
    let question = || entry("Why?", Speaker::Visitor, EntryState::Whole);
    let begun =
        restored(&state(vec![question(), entry("Beca", Speaker::Assistant, EntryState::Streaming)], "").saved());
    assert_eq!(begun.entries[1].state, EntryState::Stopped);
    assert_eq!(begun.entries[1].text, "Beca");
    assert!(begun.accepts());
    // Without a word it is asked again by one press.
    let bare = restored(&state(vec![question(), entry("", Speaker::Assistant, EntryState::Streaming)], "").saved());
    assert!(bare.can_try_again(bare.entries[1].id));
}

#[test]
fn a_failure_keeps_its_reference_and_its_button() {
    let question = entry("Why?", Speaker::Visitor, EntryState::Whole);
    let waits = failed(Family::Busy, Offer::Wait);
    let after = restored(&state(vec![question, entry("", Speaker::Assistant, waits)], "").saved());
    let EntryState::Failed(notice) = &after.entries[1].state else { panic!("{after:?}") };
    assert_eq!((notice.family, &notice.reference), (Family::Busy, &Reference::client([7; 8])));
    assert!(after.can_try_again(after.entries[1].id));
}

#[test]
fn what_ails_the_setup_is_not_kept() {
    let mut state = state(vec![entry("Why?", Speaker::Visitor, EntryState::Whole)], "");
    let failure = Failure::client(Code::ConfigInvalid, "mode: …", Reference::client([1; 8]));
    let _effects = step(&mut state, Event::Misconfigured(failure), &mut || [0; 16]);
    assert_eq!(state.entries.len(), 2);
    assert_eq!(restored(&state.saved()).entries.len(), 1);
}

#[test]
fn a_conversation_that_has_begun_is_not_replaced() {
    let saved = state(vec![entry("Why?", Speaker::Visitor, EntryState::Whole)], "old").saved();
    let mut begun = state(Vec::new(), "new");
    let effects = step(&mut begun, Event::Restored(saved), &mut || [0; 16]);
    assert_eq!((begun.entries.len(), begun.draft.as_str(), effects), (0, "new", Vec::new()));
}

#[test]
fn what_nobody_here_wrote_is_no_conversation() {
    for saved in [
        "1:2,1:n,0:,",                                    // another version
        "1:1,1:n,1:a,4:v---,0:",                          // cut off
        "1:1,1:n,1:a,4:x---,0:,1:q,",                     // nobody's words
        "1:1,1:n,1:a,4:f-zr,12:c-0000000000,0:,",         // no family
        "1:1,1:n,1:a,4:f-ar,12:<b>ref</b>  ,0:,",         // no reference
        "1:1,1:n,1:a,4:w---,0:,99999999999999999999:hm,", // no length
        "1:1,1:n,1:a,4:w---,0:,3:\u{20ac}\u{20ac},",      // a length in the midst of a letter, then no comma
    ] {
        assert_eq!(restored(saved), State::new(Settings::default()), "{saved}");
    }
}
