//! Where the visitor writes. Enter sends, Shift+Enter breaks the line, and Stop stands in Send's place while an answer
//! is on its way; what is written meanwhile stays.
//!
//! A text that is too long to be asked is never cut off: a line below says by how much, and Send waits.

use super::{
    button::IconButton,
    element::{El, el},
    icons,
    scene::{Scene, assign, use_scene},
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
    let is_too_long = move || scene.excess.get() > 0;
    let field = el("textarea")
        .attr("rows", "1")
        .attr("dir", "auto")
        .attr("placeholder", Word::Placeholder)
        .attr("aria-label", Word::Composer)
        .attr("aria-invalid", move || is_too_long().then(|| "true".to_owned()))
        .attr("aria-describedby", move || is_too_long().then(|| LIMIT_ID.to_owned()))
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
                        hidden=move || is_busy(scene)
                        disabled=move || !scene.written.get() || !scene.accepts.get() || is_too_long()
                        on_press=move || send(scene)
                    />
                })
                .child(view! {
                    <IconButton
                        name=Word::Stop
                        path=icons::STOP
                        class="send send--stop"
                        part="send"
                        hidden=move || !is_busy(scene)
                        on_press=move || scene.happen(Event::Stop)
                    />
                }),
        )
        .child(
            el("p")
                .class("limit")
                .attr("id", LIMIT_ID)
                .attr("dir", "auto")
                .hidden(move || !is_too_long())
                .text(move || scene.words.with(|words| words.too_long(scene.excess.get()))),
        )
        .child(el("p").class("disclaimer").attr("dir", "auto").text(move || {
            let own = scene.look.with(|look| look.disclaimer.clone());
            own.unwrap_or_else(|| scene.words.with(|words| words.say(Word::Disclaimer).to_owned()))
        }))
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
    let began = excess > 0 && scene.excess.get_untracked() == 0;
    assign(scene.excess, excess);
    if began {
        scene.announce(scene.words.with_untracked(|words| words.too_long(excess)));
    }
    excess > 0
}

fn tell_draft(scene: Scene) {
    let draft = scene.stage(|stage| stage.field.text());
    assign(scene.written, !draft.trim().is_empty());
    scene.happen(Event::Draft(draft));
}

fn send(scene: Scene) {
    if scene.accepts.get_untracked() && scene.excess.get_untracked() == 0 {
        scene.happen(Event::Send(scene.stage(|stage| stage.field.text())));
    }
}

/// Whether there is something to stop. Not while the visitor is asked; and an engine that is rebuilt behind an answer
/// that failed is in no question's way.
fn is_busy(scene: Scene) -> bool {
    let accepts = scene.accepts.get();
    scene.phase.with(|phase| match phase {
        Phase::Idle | Phase::Consent { .. } | Phase::Leaving => false,
        _ => !accepts,
    })
}
