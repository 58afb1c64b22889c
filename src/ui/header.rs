//! The heading, where answers are made, and the buttons for a new conversation and for closing.

use super::{
    Gesture,
    button::IconButton,
    element::{El, el, icon},
    icons,
    scene::use_scene,
};
use crate::{
    chat::{Event, Place},
    locale::Word,
};
use leptos::prelude::*;

/// The panel's uppermost part. Not a `header` element: that would be a second banner of the site's page.
#[component]
pub(super) fn Header() -> El {
    let scene = use_scene();
    let heading = move || {
        let own = scene.look.with(|look| look.heading.clone());
        own.unwrap_or_else(|| scene.words.with(|words| words.say(Word::Heading).to_owned()))
    };
    el("div")
        .class("header")
        .attr("part", "header")
        .child(el("div").class("header__mark").child(icon(icons::SPARK)))
        .child(
            el("div")
                .class("header__words")
                .child(el("h2").attr("dir", "auto").text(heading))
                .child(view! { <WhereMade place=Place::Device path=icons::DEVICE word=Word::MadeOnDevice /> })
                .child(view! { <WhereMade place=Place::Online path=icons::CLOUD word=Word::MadeOnline /> }),
        )
        .child(view! {
            <IconButton
                name=Word::NewConversation
                path=icons::RENEW
                class="quiet"
                hidden=move || scene.messages.with(Vec::is_empty)
                on_press=move || scene.happen(Event::Reset)
            />
        })
        .child(view! {
            <IconButton
                name=Word::Close
                path=icons::CLOSE
                class="quiet"
                hidden=move || scene.look.with(|look| !look.floating)
                on_press=move || scene.tell(Gesture::Close)
            />
        })
}

/// Says where answers are made, when that is the place.
#[component]
fn WhereMade(
    /// The place.
    place: Place,
    /// The icon's path, one of `icons`.
    path: &'static str,
    /// What it says.
    word: Word,
) -> El {
    let now = use_scene().place;
    el("p").child(icon(path)).text(word).hidden(move || now.get() != place)
}
