//! A failure as the visitor sees it: a sentence, a reference that one click copies, and a way on where there is one.

use super::{
    bubble::try_again,
    button::{TextButton, button},
    countdown::Countdown,
    element::{El, el, icon, tells, unless, when},
    icons,
    message::Message,
    scene::Scene,
    web,
};
use crate::{
    chat::{EntryId, Opens},
    error::{Family, Offer},
    locale::{Word, Words},
};
use leptos::prelude::*;

/// How long the confirmation of a copy stands.
const COPIED_SECONDS: u32 = 2;

/// There only when an answer failed.
#[component]
pub(super) fn FailureNotice(
    /// Which answer.
    id: EntryId,
) -> El {
    el("div")
        .class("notice")
        .attr("part", "error")
        .attr("role", "alert")
        .hidden(unless(id, |message| message.failure().is_some()))
        .child(
            el("p")
                .class("notice__words")
                .child(icon(icons::ALERT))
                // A screen reader need not hear every second.
                .child(el("span").attr("aria-hidden", "true").text(tells(id, |words, it| sentence(words, it, true))))
                .child(el("span").class("unseen").text(tells(id, |words, it| sentence(words, it, false)))),
        )
        .child(el("div").class("notice__foot").child(view! { <Reference id /> }).child(view! {
            <TextButton
                name=Word::TryAgain
                hidden=unless(id, |message| message.offers || is_waiting(message))
                disabled=unless(id, |message| message.offers)
                of=id.0
                on_press=try_again
            />
        }))
}

/// What the visitor quotes to support. A press copies it.
#[component]
fn Reference(
    /// Of which answer.
    id: EntryId,
) -> El {
    button("reference", id.0, copy)
        .attr("part", "ref")
        .attr("title", Word::CopyReference)
        .attr("data-copied", when(id, |message| message.copied.left() > 0))
        .child(
            el("span")
                .attr("dir", "ltr")
                .text(tells(id, |words, message| Some(words.reference(&message.failure()?.reference)))),
        )
        .child(icon(icons::COPY))
        .child(icon(icons::CHECK))
}

fn copy(scene: Scene, id: u32) {
    let reference = scene.read(|face| Some(face.message(EntryId(id))?.failure()?.reference.as_str().to_owned()));
    if let Some(reference) = reference.flatten() {
        web::copy(reference, Box::new(move || confirm(scene, EntryId(id))));
    }
}

/// Says that it was copied. By now the message may have gone, or the panel.
fn confirm(scene: Scene, id: EntryId) {
    if let Some(word) = scene.read(|face| face.words.say(Word::Copied).to_owned()) {
        scene.announce(word);
    }
    scene.change_messages(&mut |message| {
        let is_it = message.id == id;
        if is_it {
            message.copied = Countdown::of(COPIED_SECONDS);
        }
        is_it
    });
    scene.count();
}

/// Whether its button is there and can't be pressed yet.
fn is_waiting(message: &Message) -> bool {
    message.failure().is_some_and(|failure| failure.retry.then != Offer::Nothing && failure.opens != Opens::Now)
}

/// What the visitor reads; `counting`: with the seconds that run down.
fn sentence(words: &Words, message: &Message, counting: bool) -> Option<String> {
    let failure = message.failure()?;
    let left = Some(message.opening.left()).filter(|left| counting && *left > 0);
    Some(match (failure.family, failure.opens) {
        (Family::Busy, Opens::In(_)) => words.failure(Family::Busy, left),
        (Family::Busy, Opens::At(_)) => words.busy_until(&web::time(message.opens_at, words.tag())),
        _ => words.failure(failure.family, None),
    })
}
