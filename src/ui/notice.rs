//! A failure as the visitor sees it: a sentence, a reference that one click copies, and a way on where there is one.

use super::{
    Scene,
    element::{Element, Watched, button, element, icon},
    icons, web,
};
use crate::chat::{EntryState, Notice};
use gloo_timers::callback::Timeout;

/// How long the confirmation of a copy stands.
const COPIED_MS: u32 = 2_000;

/// There only when an entry failed.
pub(super) fn notice(scene: &Scene, state: &Watched<EntryState>, again: Element) -> Element {
    let text = scene.text;
    let copied = Watched::new(false);
    let (is, says, refers, quoted) = (state.clone(), state.clone(), state.clone(), state.clone());
    let (shows, confirms) = (copied.clone(), copied.clone());
    let reference = button("reference", "", move || copy(&quoted, &copied))
        .attribute("part", "ref")
        .attribute("title", text.copy_reference)
        .follows("data-copied", move || shows.get().then(String::new))
        .with(&[
            element("span", "").attribute("dir", "ltr").says(move || {
                failure(refers.get()).map(|failure| text.reference(&failure.reference)).unwrap_or_default()
            }),
            icon(icons::COPY),
            icon(icons::CHECK),
        ]);
    element("div", "notice")
        .attribute("part", "error")
        .attribute("role", "alert")
        .shown(move || failure(is.get()).is_some())
        .with(&[
            element("p", "notice__words").with(&[
                icon(icons::ALERT),
                element("span", "").says(move || {
                    failure(says.get()).map(|failure| text.failure(failure.family, None)).unwrap_or_default()
                }),
            ]),
            element("div", "notice__foot").with(&[
                reference,
                element("span", "unseen")
                    .attribute("role", "status")
                    .says(move || if confirms.get() { text.copied.to_owned() } else { String::new() }),
                again,
            ]),
        ])
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
