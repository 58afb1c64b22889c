//! Where the visitor writes. Enter sends, Shift+Enter breaks the line, and Stop stands in Send's place while an answer
//! is on its way; what is written meanwhile stays.
//!
//! A text that is too long to be asked is never cut off: a line below says by how much, and Send waits.

use super::{
    button::IconButton,
    element::{El, el, is, says},
    icons,
    scene::{Face, Scene, put, use_scene},
    web,
};
use crate::{
    chat::{Event, Phase, QUESTION_LIMIT},
    locale::Word,
};
use leptos::{ev, prelude::*};

/// The name, within the shadow root, of the line that says by how much a text is too long.
const LIMIT_ID: &str = "limit";

/// How long a visitor pauses before a text that can't be asked yet is told: it may be megabytes.
const PAUSE_MS: u32 = 400;

/// The text field, its button, and what stands below.
#[component]
pub(super) fn Composer() -> El {
    let scene = use_scene();
    let field = el("textarea")
        .attr("rows", "1")
        .attr("dir", "auto")
        .attr("placeholder", Word::Placeholder)
        .attr("aria-label", Word::Composer)
        .attr("aria-invalid", says(|face| (face.excess > 0).then(|| "true".to_owned())))
        .attr("aria-describedby", says(|face| (face.excess > 0).then(|| LIMIT_ID.to_owned())))
        .attr("enterkeyhint", "send")
        .on(ev::input, move |_| typed(scene))
        .on(ev::keydown, move |event| {
            if web::sends(&event) {
                web::consume(&event);
                send(scene);
            }
        });
    let frame = el("div").class("composer__field").child(field.clone());
    scene.stage(|stage| stage.field.watch(field.dom(), frame.dom()));
    el("div")
        .class("foot")
        .child(
            el("div")
                .class("composer")
                .attr("part", "composer")
                .child(frame)
                .child(view! {
                    <IconButton
                        name=Word::Send
                        path=icons::UP
                        class="send"
                        part="send"
                        hidden=is(is_busy)
                        disabled=is(|face| !can_send(face))
                        on_press=|scene, _| send(scene)
                    />
                })
                .child(view! {
                    <IconButton
                        name=Word::Stop
                        path=icons::STOP
                        class="send send--stop"
                        part="send"
                        hidden=is(|face| !is_busy(face))
                        on_press=|scene, _| scene.happen(Event::Stop)
                    />
                }),
        )
        .child(
            el("p")
                .class("limit")
                .attr("id", LIMIT_ID)
                .attr("dir", "auto")
                .hidden(is(|face| face.excess == 0))
                .text(says(|face| (face.excess > 0).then(|| face.words.too_long(face.excess)))),
        )
        .child(
            el("p")
                .class("disclaimer")
                .attr("dir", "auto")
                .text(says(|face| face.own_or(&face.look.disclaimer, Word::Disclaimer))),
        )
}

/// The visitor changed the text. One that can't be asked is neither read nor told with every key.
fn typed(scene: Scene) {
    scene.stage(|stage| match measure(scene, stage.field.grow()) {
        true => stage.pause.start(PAUSE_MS, move || tell_draft(scene)),
        false => {
            stage.pause.end();
            tell_draft(scene);
        }
    });
}

/// Takes a text's length, and returns whether it is too long to be asked.
pub(super) fn measure(scene: Scene, length: u32) -> bool {
    let excess = length.saturating_sub(QUESTION_LIMIT as u32);
    let mut began = None;
    scene.change(|face| {
        if excess > 0 && face.excess == 0 {
            began = Some(face.words.too_long(excess));
        }
        put(&mut face.excess, excess)
    });
    if let Some(began) = began {
        scene.announce(began);
    }
    excess > 0
}

/// Notes whether there is anything to ask.
pub(super) fn note(scene: Scene, draft: &str) {
    scene.change(|face| put(&mut face.written, !draft.trim().is_empty()));
}

fn tell_draft(scene: Scene) {
    let draft = scene.stage(|stage| stage.field.text());
    note(scene, &draft);
    scene.happen(Event::Draft(draft));
}

fn send(scene: Scene) {
    if scene.read(|face| face.accepts && face.excess == 0) == Some(true) {
        scene.happen(Event::Send(scene.stage(|stage| stage.field.text())));
    }
}

fn can_send(face: &Face) -> bool {
    face.written && face.accepts && face.excess == 0
}

/// Whether there is something to stop. Not while the visitor is asked; and an engine that is rebuilt behind an answer
/// that failed is in no question's way.
fn is_busy(face: &Face) -> bool {
    match face.phase {
        Phase::Idle | Phase::Consent { .. } | Phase::Leaving => false,
        _ => !face.accepts,
    }
}
