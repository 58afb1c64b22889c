//! The conversation's log: greeting, messages, and the card of what is being waited for.

use super::{
    bubble::Bubble,
    button::{IconButton, button},
    challenge::Challenge,
    element::{El, el, icon, is, says, says_of},
    icons,
    permission::{DownloadPermission, LeavePermission},
    progress::Progress,
    scene::{Face, Scene, put, use_scene},
    waiting::Waiting,
};
use crate::{
    chat::{EntryId, Event},
    locale::Word,
};
use leptos::{ev, prelude::*};

/// The scrolling middle of the panel.
#[component]
pub(super) fn Log(
    /// Where the challenge's frame goes.
    challenge: El,
) -> El {
    let scene = use_scene();
    let messages = el("div").class("messages").each(
        |face| face.messages.iter().map(|message| message.id.0).collect(),
        move |key| {
            let id = EntryId(key);
            let read = scene.read(|face| {
                let message = face.message(id)?;
                Some((message.speaker, message.words.clone(), message.cards.clone()))
            });
            read.flatten().map(|(speaker, words, cards)| view! { <Bubble id speaker words cards /> }.into())
        },
    );
    let log = el("div")
        .class("log")
        .attr("part", "log")
        .attr("role", "log")
        // Whole answers are announced elsewhere; a live log would read out every token.
        .attr("aria-live", "off")
        .attr("aria-label", Word::Log)
        .attr("tabindex", "0")
        .on(ev::scroll, move |_| scene.stage(|stage| stage.scroller.scrolled()))
        .child(
            el("div")
                .class("log__inside")
                .child(messages)
                .child(view! { <Greeting /> })
                .child(view! { <DownloadPermission /> })
                .child(view! { <LeavePermission /> })
                .child(view! { <Challenge place=challenge /> })
                .child(view! { <Waiting /> })
                .child(view! { <Progress /> }),
        );
    let away = move |away| scene.change(|face| put(&mut face.behind, away));
    scene.stage(|stage| stage.scroller.watch(log.dom(), Box::new(away)));
    el("div").class("log-frame").child(log).child(view! {
        <IconButton
            name=Word::Newest
            path=icons::DOWN
            class="newest"
            hidden=is(|face| !face.behind)
            // The visitor reads on, and this button goes.
            on_press=|scene, _| scene.stage(|stage| {
                stage.scroller.return_to_end();
                stage.scroller.focus();
            })
        />
    })
}

/// What stands in an empty log.
#[component]
fn Greeting() -> El {
    el("div")
        .class("greeting")
        .hidden(is(|face| !face.messages.is_empty()))
        .child(el("div").class("greeting__mark").child(icon(icons::SPARK)))
        .child(el("p").attr("dir", "auto").text(says(|face| face.own_or(&face.look.greeting, Word::Greeting))))
        .child(view! { <Prompts /> })
}

/// The site's questions to begin with.
#[component]
fn Prompts() -> El {
    let ask = |scene: Scene, at| {
        if let Some(question) = scene.read(|face| prompt(face, at)).flatten() {
            scene.happen(Event::Send(question));
        }
    };
    el("div").class("prompts").each(
        |face| (0..face.look.prompts.len() as u32).collect(),
        move |at| Some(button("button", at, ask).attr("dir", "auto").text(says_of(at, prompt))),
    )
}

fn prompt(face: &Face, at: u32) -> Option<String> {
    face.look.prompts.get(at as usize).cloned()
}
