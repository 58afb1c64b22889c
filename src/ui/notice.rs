//! A failure as the visitor sees it: a sentence, a reference that one click copies, and a way on where there is one.

use super::{
    Scene,
    countdown::Countdown,
    element::{Element, Watched, element, icon},
    icons, web,
};
use crate::{
    chat::{EntryState, Notice, Opens},
    error::{Family, Offer},
    locale::{Word, Words},
};
use gloo_timers::callback::Timeout;

/// How long the confirmation of a copy stands.
const COPIED_MS: u32 = 2_000;

/// There only when an entry failed. `again` is its button, which `offers` opens.
pub(super) fn notice(scene: &Scene, state: &Watched<EntryState>, again: Element, offers: Watched<bool>) -> Element {
    let words = &scene.words;
    let copied = Watched::new(false);
    let countdown = Countdown::new();
    let (is, says, quoted, waits, starts, counts) =
        (state.clone(), state.clone(), state.clone(), state.clone(), state.clone(), countdown.clone());
    let (shows, confirms, opens) = (copied.clone(), copied.clone(), offers.clone());
    let (counting, confirming) = (words.clone(), words.clone());
    let told = |tell: fn(&Words, &Notice) -> String| {
        let (state, words) = (state.clone(), words.clone());
        move || failure(state.get()).map(|failure| tell(&words.get(), &failure)).unwrap_or_default()
    };
    let reference = super::element::button("reference", move || copy(&quoted, &copied))
        .attribute("part", "ref")
        .attributed("title", words, Word::CopyReference)
        .follows("data-copied", move || shows.get().then(String::new))
        .with(&[
            element("span", "").attribute("dir", "ltr").says(told(|text, failure| text.reference(&failure.reference))),
            icon(icons::COPY),
            icon(icons::CHECK),
        ]);
    let again = again
        .follows("disabled", move || (!opens.get()).then(String::new))
        .shown(move || offers.get() || failure(waits.get()).is_some_and(|failure| is_waiting(&failure)));
    element("div", "notice")
        .attribute("part", "error")
        .attribute("role", "alert")
        .shown(move || failure(is.get()).is_some())
        .watches(move || {
            countdown.start(match failure(starts.get()).map(|failure| failure.opens) {
                Some(Opens::In(seconds)) => seconds,
                _ => 0,
            });
        })
        .with(&[
            element("p", "notice__words").with(&[
                icon(icons::ALERT),
                // A screen reader need not hear every second.
                element("span", "").attribute("aria-hidden", "true").says(move || {
                    let left = counts.get();
                    failure(says.get()).map(|failure| sentence(&counting.get(), &failure, left)).unwrap_or_default()
                }),
                element("span", "unseen").says(told(|text, failure| sentence(text, failure, 0))),
            ]),
            element("div", "notice__foot").with(&[
                reference,
                element("span", "unseen").attribute("role", "status").says(move || {
                    if confirms.get() { confirming.get().say(Word::Copied).to_owned() } else { String::new() }
                }),
                again,
            ]),
        ])
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

fn failure(state: EntryState) -> Option<Notice> {
    match state {
        EntryState::Failed(notice) => Some(notice),
        _ => None,
    }
}

fn copy(state: &Watched<EntryState>, copied: &Watched<bool>) {
    let Some(failure) = failure(state.peek()) else { return };
    let copied = copied.clone();
    web::copy(
        failure.reference.as_str().to_owned(),
        Box::new(move || {
            copied.set(true);
            Timeout::new(COPIED_MS, move || copied.set(false)).forget();
        }),
    );
}
