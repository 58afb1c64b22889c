//! One message.

use super::{
    button::{TextButton, button},
    element::{El, el, icon, tells, unless, when},
    header::handoff_label,
    icons,
    message::Message,
    notice::FailureNotice,
    scene::Scene,
    sources::Sources,
    web::{Cards, Growing},
};
use crate::{
    chat::{EntryId, EntryState, Event, Rating, Speaker},
    locale::{Word, Words},
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
    /// What it stands on.
    cards: Cards,
) -> El {
    match speaker {
        Speaker::Visitor => view! { <Question id words /> }.into(),
        Speaker::Assistant => view! { <Answer id words cards /> }.into(),
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
    /// What it stands on.
    cards: Cards,
) -> El {
    el("div")
        .class("message message--assistant")
        .attr("part", "message")
        .child(el("span").class("unseen").text(Word::Assistant))
        .child(says(id, &words).attr("data-growing", when(id, |message| message.state == EntryState::Streaming)))
        .child(
            el("div")
                .class("thinking")
                .attr("aria-hidden", "true")
                .hidden(unless(id, |message| message.bare && message.thinks))
                .child(el("i"))
                .child(el("i"))
                .child(el("i")),
        )
        .child(aside(Word::Unanswered).hidden(unless(id, |message| message.state == EntryState::Unanswered)))
        .child(aside(Word::Quoted).hidden(unless(id, |message| {
            message.bare && message.state == EntryState::Whole && !message.sources.is_empty()
        })))
        .child(view! { <Sources id cards /> })
        .child(aside(Word::AnsweredOnline).hidden(unless(id, |message| message.online && !message.bare)))
        .child(aside(Word::Stopped).hidden(unless(id, |message| message.state == EntryState::Stopped)))
        .child(view! {
            <TextButton
                name=Word::TryAgain
                hidden=unless(id, |message| message.offers && message.state == EntryState::Stopped)
                of=id.0
                on_press=try_again
            />
        })
        .child(aside(Word::Declined).hidden(unless(id, |message| message.state == EntryState::Declined)))
        .child(view! {
            <TextButton
                name=Word::DeclinedAgain
                hidden=unless(id, |message| message.offers && message.state == EntryState::Declined)
                of=id.0
                on_press=try_again
            />
        })
        .child(
            el("p")
                .class("cut")
                .text(Word::CutOffHere)
                .hidden(unless(id, |message| !message.bare && message.failure().is_some())),
        )
        .child(view! { <FailureNotice id /> })
        .child(view! { <Feedback id /> })
        .child(view! {
            <TextButton
                name=handoff_label()
                // Not there where the site has nobody: `data-handoff`, in the style sheet.
                class="button handoff"
                hidden=unless(id, |message| {
                    message.failure().is_some()
                        || message.state == EntryState::Unanswered
                        || message.rating == Some(Rating::Down)
                })
                of=id.0
                on_press=|scene, answer| scene.happen(Event::Handoff(Some(EntryId(answer))))
            />
        })
}

/// The thumbs, under an answer that is whole.
#[component]
fn Feedback(
    /// Of which answer.
    id: EntryId,
) -> El {
    let thumb = |name: Word, class, on_press, pressed: fn(&Words, &Message) -> Option<String>| {
        button(class, id.0, on_press)
            .attr("aria-label", name)
            .attr("title", name)
            .attr("aria-pressed", tells(id, pressed))
            .child(icon(icons::THUMB))
    };
    el("div")
        .class("feedback")
        .attr("part", "feedback")
        .hidden(unless(id, |message| {
            message.state == EntryState::Whole && !(message.bare && message.sources.is_empty())
        }))
        .child(thumb(
            Word::Helpful,
            "quiet",
            |scene, answer| rate(scene, answer, Rating::Up),
            |_, message| Some((message.rating == Some(Rating::Up)).to_string()),
        ))
        .child(thumb(
            Word::Unhelpful,
            "quiet",
            |scene, answer| rate(scene, answer, Rating::Down),
            |_, message| Some((message.rating == Some(Rating::Down)).to_string()),
        ))
}

fn rate(scene: Scene, answer: u32, rating: Rating) {
    scene.happen(Event::Rate { answer: EntryId(answer), rating });
}

/// The element that holds a message's words.
fn says(id: EntryId, words: &Growing) -> El {
    let bubble = el("div").class("bubble").attr("part", "bubble").attr("dir", "auto");
    bubble.append(words.node());
    bubble.hidden(unless(id, |message| !message.bare))
}

fn aside(word: Word) -> El {
    el("p").class("aside").text(word)
}

/// Asks the question of an answer once more.
pub(super) fn try_again(scene: Scene, answer: u32) {
    scene.happen(Event::TryAgain(EntryId(answer)));
}
