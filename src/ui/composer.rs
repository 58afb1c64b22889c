//! Where the visitor writes. Enter sends, Shift+Enter breaks the line, and Stop stands in Send's place while an answer
//! is on its way; what is written meanwhile stays.

use super::{
    Gesture, Scene,
    element::{Element, element},
    icons, web,
    words::icon_button,
};
use crate::{
    chat::{Event, Phase},
    locale::Word,
};

pub(super) fn composer(scene: &Scene) -> Element {
    let words = &scene.words;
    let (writes, keys, sends, may, busy, free, stops, warns) = (
        scene.clone(),
        scene.clone(),
        scene.clone(),
        scene.clone(),
        scene.clone(),
        scene.clone(),
        scene.clone(),
        scene.clone(),
    );
    let field = element("textarea", "")
        .attribute("rows", "1")
        .attribute("dir", "auto")
        .attributed("placeholder", words, Word::Placeholder)
        .named(words, Word::Composer)
        .attribute("enterkeyhint", "send")
        .on("input", move |_| {
            let draft = writes.composer.read();
            writes.written.set(!draft.trim().is_empty());
            (writes.tell)(Gesture::Chat(Event::Draft(draft)));
        })
        .on("keydown", move |event| {
            if web::sends(&event) {
                event.prevent_default();
                send(&keys);
            }
        });
    let frame = element("div", "composer__field").with(std::slice::from_ref(&field));
    scene.composer.watch(field.html(), frame.html());
    let stop = scene.act(|| Event::Stop);
    element("div", "foot").with(&[
        element("div", "composer").attribute("part", "composer").with(&[
            frame,
            icon_button("send", words, Word::Send, icons::UP, move || send(&sends))
                .attribute("part", "send")
                .follows("disabled", move || (!may.written.get() || !may.accepts.get()).then(String::new))
                .shown(move || !is_busy(&free)),
            icon_button("send send--stop", words, Word::Stop, icons::STOP, move || {
                stop();
                stops.composer.focus();
            })
            .attribute("part", "send")
            .shown(move || is_busy(&busy)),
        ]),
        element("p", "disclaimer").attribute("dir", "auto").says(move || {
            warns.look.get().disclaimer.unwrap_or_else(|| warns.words.get().say(Word::Disclaimer).to_owned())
        }),
    ])
}

fn send(scene: &Scene) {
    if scene.accepts.peek() {
        (scene.tell)(Gesture::Chat(Event::Send(scene.composer.read())));
    }
}

/// Whether there is something to stop. Not while the visitor is asked; and an engine that is rebuilt behind an answer
/// that failed is in no question's way.
fn is_busy(scene: &Scene) -> bool {
    let accepts = scene.accepts.get();
    match scene.phase.get() {
        Phase::Idle | Phase::Consent { .. } | Phase::Leaving => false,
        _ => !accepts,
    }
}
