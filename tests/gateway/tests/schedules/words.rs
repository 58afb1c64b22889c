//! What the visitor wrote and read: no question and no draft is lost, no answer is doubled, none that stands shrinks.

use super::answers::Begun;
use inferkit_widget::chat::{Effect, Entry, EntryState, Event, Speaker, State, Told};

/// Watches one step.
pub fn watch(before: &State, event: &Event, effects: &[Effect], after: &State) {
    if *event != Event::Reset {
        let kept = after.entries.get(..before.entries.len()).unwrap_or_default();
        assert_eq!(kept.len(), before.entries.len(), "every entry stays");
        for (old, new) in before.entries.iter().zip(kept) {
            assert_eq!((old.id, old.speaker), (new.id, new.speaker), "entries stay in their order");
            let again = *event == Event::TryAgain(old.id);
            // White space may be cleared away by an automatic retry: nobody saw it.
            let stands = again || old.text.trim().is_empty() || new.text.starts_with(&old.text);
            assert!(stands, "{:?} stood there and became {:?}", old.text, new.text);
            let done = matches!(old.state, EntryState::Whole);
            assert!(!done || old == new, "what is complete does not change: {old:?} {new:?}");
        }
    }
    match event {
        Event::Draft(text) => assert_eq!(&after.draft, text),
        Event::Send(text) if !text.trim().is_empty() => {
            let told = |effect: &Effect| {
                matches!(effect, Effect::Tell(Told::Message { speaker: Speaker::Visitor, text: told })
                    if told == text.trim())
            };
            let taken = effects.iter().any(told);
            assert_eq!(taken, before.accepts(), "a question is taken when nothing is in flight");
            let asked = &after.entries[before.entries.len()..];
            assert!(!taken || asked.first().is_some_and(|entry| entry.text == text.trim()), "a question is shown");
            let own = taken && before.draft.trim() == text.trim();
            match before.draft.trim().is_empty() {
                true => assert_eq!(after.draft.trim(), if taken { "" } else { text.trim() }),
                false if own => assert_eq!(after.draft, ""),
                false => assert_eq!(after.draft, before.draft, "another draft is left alone"),
            }
        }
        _ => assert_eq!(after.draft, before.draft, "a draft stays until it is sent: {event:?}"),
    }
}

/// An answer is a part of exactly one that was made for its question, from its beginning; all of it, once it is whole.
pub fn is_of_one_run(question: &Entry, answer: &Entry, runs: &[Begun]) {
    let whole = answer.state == EntryState::Whole;
    let of = |run: &&Begun| {
        let fits = if whole { run.text == answer.text && run.well } else { run.text.starts_with(&answer.text) };
        run.question == question.text && fits
    };
    let fitting = runs.iter().filter(of).count();
    if whole || !answer.text.trim().is_empty() {
        assert_eq!(fitting, 1, "{:?} is of one answer to {:?}: {runs:?}", answer.text, question.text);
    }
}
