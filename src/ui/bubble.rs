//! One message.

use super::{
    button::TextButton,
    element::{El, el},
    message::Message,
    notice::FailureNotice,
    scene::{Scene, use_scene},
};
use crate::{
    chat::{EntryState, Event, Phase, Speaker},
    locale::Word,
};
use leptos::prelude::*;

/// A message of either side.
#[component]
pub(super) fn Bubble(
    /// Which one.
    message: Message,
) -> El {
    match message.speaker {
        Speaker::Visitor => view! { <Question message /> }.into(),
        Speaker::Assistant => view! { <Answer message /> }.into(),
    }
}

/// What the visitor asked.
#[component]
fn Question(
    /// Which message.
    message: Message,
) -> El {
    el("div")
        .class("message message--visitor")
        .attr("part", "message")
        .child(el("span").class("unseen").text(Word::You))
        .child(words(&message))
}

/// The answer, or what became of it.
#[component]
fn Answer(
    /// Which message.
    message: Message,
) -> El {
    let (scene, id, status) = (use_scene(), message.id, RwSignal::from(&message.status));
    let is = move |wanted: EntryState| status.with(|status| status.state == wanted);
    let offers = move |wanted: EntryState| status.with(|status| status.offers && status.state == wanted);
    let try_again = move || scene.happen(Event::TryAgain(id));
    el("div")
        .class("message message--assistant")
        .attr("part", "message")
        .child(el("span").class("unseen").text(Word::Assistant))
        .child(words(&message).attr("data-growing", move || is(EntryState::Streaming)))
        .child(
            el("div")
                .class("thinking")
                .attr("aria-hidden", "true")
                .hidden(move || !is_thinking(scene, &message))
                .child(el("i"))
                .child(el("i"))
                .child(el("i")),
        )
        .child(aside(Word::AnsweredOnline).hidden(move || status.with(|status| !status.online || status.bare)))
        .child(aside(Word::Stopped).hidden(move || !is(EntryState::Stopped)))
        .child(view! {
            <TextButton name=Word::TryAgain hidden=move || !offers(EntryState::Stopped) on_press=try_again />
        })
        .child(aside(Word::Declined).hidden(move || !is(EntryState::Declined)))
        .child(view! {
            <TextButton name=Word::DeclinedAgain hidden=move || !offers(EntryState::Declined) on_press=try_again />
        })
        .child(
            el("p")
                .class("cut")
                .text(Word::CutOffHere)
                .hidden(move || status.with(|status| status.bare || status.failure().is_none())),
        )
        .child(view! { <FailureNotice status on_try_again=try_again /> })
}

/// The element that holds a message's words.
fn words(message: &Message) -> El {
    let status = RwSignal::from(&message.status);
    let bubble = el("div").class("bubble").attr("part", "bubble").attr("dir", "auto");
    bubble.append(message.words.node());
    bubble.hidden(move || status.with(|status| status.bare))
}

fn aside(word: Word) -> El {
    el("p").class("aside").text(word)
}

/// Whether nothing is to be seen yet of an answer that is being made.
fn is_thinking(scene: Scene, message: &Message) -> bool {
    message.status.with(|status| status.bare && status.state == EntryState::Streaming)
        && scene.phase.with(|phase| matches!(phase, Phase::Thinking | Phase::Verifying { interactive: false }))
}
