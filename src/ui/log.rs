//! The conversation's log: greeting, messages, and the card of what is being waited for.

use super::{
    bubble::Bubble,
    button::{IconButton, button},
    challenge::Challenge,
    element::{El, el, icon},
    icons,
    permission::{DownloadPermission, LeavePermission},
    progress::Progress,
    scene::use_scene,
    waiting::Waiting,
};
use crate::{chat::Event, locale::Word};
use leptos::{ev, prelude::*};

/// The scrolling middle of the panel.
#[component]
pub(super) fn Log(
    /// Where the challenge's frame goes.
    challenge: El,
) -> El {
    let scene = use_scene();
    let messages = el("div").class("messages").each(
        move || scene.messages.get(),
        |message| message.id.0.to_string(),
        |message| view! { <Bubble message /> }.into(),
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
    scene.stage(|stage| stage.scroller.watch(log.dom()));
    el("div").class("log-frame").child(log).child(view! {
        <IconButton
            name=Word::Newest
            path=icons::DOWN
            class="newest"
            hidden=move || !scene.behind.get()
            // The visitor reads on, and this button goes.
            on_press=move || scene.stage(|stage| {
                stage.scroller.return_to_end();
                stage.scroller.focus();
            })
        />
    })
}

/// What stands in an empty log.
#[component]
fn Greeting() -> El {
    let scene = use_scene();
    let greeting = move || {
        let own = scene.look.with(|look| look.greeting.clone());
        own.unwrap_or_else(|| scene.words.with(|words| words.say(Word::Greeting).to_owned()))
    };
    el("div")
        .class("greeting")
        .hidden(move || scene.messages.with(|messages| !messages.is_empty()))
        .child(el("div").class("greeting__mark").child(icon(icons::SPARK)))
        .child(el("p").attr("dir", "auto").text(greeting))
        .child(view! { <Prompts /> })
}

/// The site's questions to begin with.
#[component]
fn Prompts() -> El {
    let scene = use_scene();
    el("div").class("prompts").each(
        move || scene.look.with(|look| look.prompts.clone()),
        String::clone,
        move |prompt| {
            let question = prompt.clone();
            button("button", move || scene.happen(Event::Send(question.clone()))).attr("dir", "auto").text(prompt)
        },
    )
}
