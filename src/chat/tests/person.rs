//! What the visitor says to the site's people.

use super::*;
use crate::{error::Reference, knowledge::Verdict};

fn rate(id: EntryId, rating: Rating) -> Event {
    Event::Rate { answer: id, rating }
}

fn answered() -> Chat {
    let mut chat = Chat::new(Settings { consent_granted: true, ..settings() });
    chat.step(send("Open?"));
    chat.step(loaded());
    chat.step(chat.token("Until six."));
    chat.step(chat.done(Finish::Stop));
    chat
}

#[test]
fn a_thumb_is_told_changed_and_taken_back() {
    let mut chat = answered();
    let [question, answer] = [0, 1].map(|at| chat.state.entries[at].id);
    chat.on(rate(answer, Rating::Down), "* feedback:Until six.:Some(Down)");
    chat.on(rate(answer, Rating::Up), "* feedback:Until six.:Some(Up)");
    // The next page shows it.
    let saved = chat.state.saved(&|_| None);
    let mut next = Chat::new(settings());
    next.step(Event::Restored(saved));
    assert_eq!(next.state.entries[1].rating, Some(Rating::Up));
    chat.on(rate(answer, Rating::Up), "* feedback:Until six.:None");
    assert_eq!(chat.state.entries[1].rating, None);
    // There is nothing to rate in what is not there.
    chat.on(rate(EntryId(999), Rating::Up), "");
    assert_eq!(chat.state.entries[0].id, question);
}

#[test]
fn only_an_answer_that_is_whole_can_be_rated() {
    let mut chat = Chat::new(Settings { consent_granted: true, ..settings() });
    chat.step(send("Open?"));
    let [question, answer] = [0, 1].map(|at| chat.state.entries[at].id);
    chat.on(rate(answer, Rating::Up), "");
    chat.on(rate(question, Rating::Up), "");
    chat.step(Event::Stop);
    chat.on(rate(answer, Rating::Up), "");
}

#[test]
fn a_person_is_given_what_was_said_and_the_reference() {
    let mut chat = answered();
    chat.on(Event::Handoff(None), "handoff(Visitor:Open?/Assistant:Until six.)");
    chat.step(send("Why?"));
    // What is under way goes on.
    chat.on(Event::Handoff(None), "handoff(Visitor:Open?/Assistant:Until six./Visitor:Why?)");
    assert_eq!(chat.state.phase, Phase::Thinking);
    chat.step(Event::Misconfigured(Failure::client(Code::ConfigInvalid, "why", Reference::client([1; 8]))));
    let failed = chat.state.entries.iter().rfind(|entry| matches!(entry.state, EntryState::Failed(_)));
    let failed = failed.map(|entry| entry.id);
    assert!(failed.is_some());
    let said = "Visitor:Open?/Assistant:Until six./Visitor:Why?";
    chat.on(Event::Handoff(failed), &format!("handoff({said} ref)"));
    chat.on(Event::Handoff(None), &format!("handoff({said} ref)"));
    // Under an answer that has not failed, another's reference would mislead.
    chat.on(Event::Handoff(Some(chat.state.entries[1].id)), &format!("handoff({said})"));
}

#[test]
fn passages_in_the_place_of_an_answer_are_what_the_visitor_read() {
    let mut chat =
        Chat::new(Settings { model: None, knowledge: Some("https://site.example/knowledge/".into()), ..settings() });
    chat.step(send("Open?"));
    chat.step(found(&chat, Verdict::Enough));
    let [_, _, quote, ..] = chat.state.entries[1].sources[0].parts();
    let quote = quote.to_owned();
    chat.on(Event::Handoff(None), &format!("handoff(Visitor:Open?/Assistant:{quote})"));
    chat.on(rate(chat.state.entries[1].id, Rating::Up), &format!("* feedback:{quote}:Some(Up)"));
}
