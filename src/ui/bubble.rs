//! One message.

use super::{
    button::TextButton,
    element::{El, el, is_of},
    notice::FailureNotice,
    scene::{Face, Scene},
    web::Growing,
};
use crate::{
    chat::{EntryId, EntryState, Event, Phase, Speaker},
    locale::Word,
};
use leptos::prelude::*;

/// A message of either side.
#[component]
pub(super) fn Bubble(
    /// Which one.
    id: EntryId,
    /// Whose.
    speaker: Speaker,
    /// What it says.
    words: Growing,
) -> El {
    match speaker {
        Speaker::Visitor => view! { <Question id words /> }.into(),
        Speaker::Assistant => view! { <Answer id words /> }.into(),
    }
}

/// What the visitor asked.
#[component]
fn Question(
    /// Which message.
    id: EntryId,
    /// What it says.
    words: Growing,
) -> El {
    el("div")
        .class("message message--visitor")
        .attr("part", "message")
        .child(el("span").class("unseen").text(Word::You))
        .child(says(id, &words))
}

/// The answer, or what became of it.
#[component]
fn Answer(
    /// Which message.
    id: EntryId,
    /// What it says.
    words: Growing,
) -> El {
    el("div")
        .class("message message--assistant")
        .attr("part", "message")
        .child(el("span").class("unseen").text(Word::Assistant))
        .child(says(id, &words).attr("data-growing", is_of(id.0, streams)))
        .child(
            el("div")
                .class("thinking")
                .attr("aria-hidden", "true")
                .hidden(is_of(id.0, |face, id| !thinks(face, id)))
                .child(el("i"))
                .child(el("i"))
                .child(el("i")),
        )
        .child(
            aside(Word::AnsweredOnline)
                .hidden(is_of(id.0, |face, id| !face.has(id, |message| message.online && !message.bare))),
        )
        .child(aside(Word::Stopped).hidden(is_of(id.0, |face, id| !is_stopped(face, id))))
        .child(view! {
            <TextButton
                name=Word::TryAgain
                hidden=is_of(id.0, |face, id| !(is_stopped(face, id) && offers(face, id)))
                of=id.0
                on_press=try_again
            />
        })
        .child(aside(Word::Declined).hidden(is_of(id.0, |face, id| !is_declined(face, id))))
        .child(view! {
            <TextButton
                name=Word::DeclinedAgain
                hidden=is_of(id.0, |face, id| !(is_declined(face, id) && offers(face, id)))
                of=id.0
                on_press=try_again
            />
        })
        .child(
            el("p")
                .class("cut")
                .text(Word::CutOffHere)
                .hidden(is_of(id.0, |face, id| !face.has(id, |message| !message.bare && message.failure().is_some()))),
        )
        .child(view! { <FailureNotice id /> })
}

/// Words arrive, or will.
fn streams(face: &Face, id: u32) -> bool {
    face.has(id, |message| message.state == EntryState::Streaming)
}

/// Nothing is to be seen yet of an answer that is being made.
fn thinks(face: &Face, id: u32) -> bool {
    let is_made = matches!(face.phase, Phase::Thinking | Phase::Verifying { interactive: false });
    is_made && face.has(id, |message| message.bare && message.state == EntryState::Streaming)
}

fn is_stopped(face: &Face, id: u32) -> bool {
    face.has(id, |message| message.state == EntryState::Stopped)
}

fn is_declined(face: &Face, id: u32) -> bool {
    face.has(id, |message| message.state == EntryState::Declined)
}

/// It can be asked again.
fn offers(face: &Face, id: u32) -> bool {
    face.has(id, |message| message.offers)
}

/// The element that holds a message's words.
fn says(id: EntryId, words: &Growing) -> El {
    let bubble = el("div").class("bubble").attr("part", "bubble").attr("dir", "auto");
    bubble.append(words.node());
    bubble.hidden(is_of(id.0, |face, id| !face.has(id, |message| !message.bare)))
}

fn aside(word: Word) -> El {
    el("p").class("aside").text(word)
}

/// The visitor wants the answer after all.
pub(super) fn try_again(scene: Scene, answer: u32) {
    scene.happen(Event::TryAgain(EntryId(answer)));
}
