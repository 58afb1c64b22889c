//! A failure as the visitor sees it: a sentence, a reference that one click copies, and a way on where there is one.

use super::{
    button::{TextButton, button},
    countdown::Countdown,
    element::{El, effect, el, icon},
    icons,
    message::Status,
    scene::{assign, use_scene},
    web,
};
use crate::{
    chat::{Notice, Opens},
    error::{Family, Offer},
    locale::{Word, Words},
};
use leptos::prelude::*;

/// How long the confirmation of a copy stands.
const COPIED_MS: u32 = 2_000;

/// There only when an answer failed.
#[component]
pub(super) fn FailureNotice(
    /// Of the answer.
    status: RwSignal<Status>,
    /// Asks the question once more.
    on_try_again: impl Fn() + 'static,
) -> El {
    let words = use_scene().words;
    let countdown = Countdown::new();
    effect(move || {
        let opens = status.with(|status| status.failure().map(|failure| failure.opens));
        countdown.start(if let Some(Opens::In(seconds)) = opens { seconds } else { 0 });
    });
    let said = move |left: u32| {
        status.with(|status| status.failure().map(|failure| words.with(|words| sentence(words, failure, left))))
    };
    let offers = move || status.with(|status| status.offers);
    let waits = move || status.with(|status| status.failure().is_some_and(is_waiting));
    el("div")
        .class("notice")
        .attr("part", "error")
        .attr("role", "alert")
        .hidden(move || status.with(|status| status.failure().is_none()))
        .child(
            el("p")
                .class("notice__words")
                .child(icon(icons::ALERT))
                // A screen reader need not hear every second.
                .child(el("span").attr("aria-hidden", "true").text(move || said(countdown.get())))
                .child(el("span").class("unseen").text(move || said(0))),
        )
        .child(el("div").class("notice__foot").child(view! { <Reference status /> }).child(view! {
            <TextButton
                name=Word::TryAgain
                hidden=move || !offers() && !waits()
                disabled=move || !offers()
                on_press=on_try_again
            />
        }))
}

/// What the visitor quotes to support. A press copies it.
#[component]
fn Reference(
    /// Of the answer that failed.
    status: RwSignal<Status>,
) -> El {
    let scene = use_scene();
    let copied = RwSignal::new(false);
    let timer = StoredValue::new_local(scene.timer());
    let confirm = move || {
        // By now the message may have gone, or the panel.
        let Some(word) = scene.words.try_with_untracked(|words| words.say(Word::Copied).to_owned()) else { return };
        scene.announce(word);
        if timer.try_with_value(|timer| timer.start(COPIED_MS, move || assign(copied, false))).is_some() {
            assign(copied, true);
        }
    };
    let copy = move || {
        let reference = status.with_untracked(|status| Some(status.failure()?.reference.as_str().to_owned()));
        if let Some(reference) = reference {
            web::copy(reference, Box::new(confirm));
        }
    };
    let shown = move || {
        status.with(|status| {
            status.failure().map(|failure| scene.words.with(|words| words.reference(&failure.reference)))
        })
    };
    button("reference", copy)
        .attr("part", "ref")
        .attr("title", Word::CopyReference)
        .attr("data-copied", move || copied.get())
        .child(el("span").attr("dir", "ltr").text(shown))
        .child(icon(icons::COPY))
        .child(icon(icons::CHECK))
}

/// Whether its button is there and can't be pressed yet.
fn is_waiting(failure: &Notice) -> bool {
    failure.retry.then != Offer::Nothing && failure.opens != Opens::Now
}

/// What the visitor reads; `left` are the seconds of a countdown.
fn sentence(text: &Words, failure: &Notice, left: u32) -> String {
    match (failure.family, failure.opens) {
        (Family::Busy, Opens::In(_)) if left > 0 => text.failure(failure.family, Some(left)),
        (Family::Busy, Opens::At(seconds)) => text.busy_until(&web::time_after(seconds, text.tag())),
        _ => text.failure(failure.family, None),
    }
}
