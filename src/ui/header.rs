//! The heading, where answers are made, and the buttons for a new conversation and for closing.

use super::{
    Gesture,
    button::IconButton,
    element::{El, Value, el, icon, is, says},
    icons,
};
use crate::{
    chat::{Event, Place},
    locale::Word,
};
use leptos::prelude::*;

/// The panel's uppermost part. Not a `header` element: that would be a second banner of the site's page.
#[component]
pub(super) fn Header() -> El {
    el("div")
        .class("header")
        .attr("part", "header")
        .child(el("div").class("header__mark").child(icon(icons::SPARK)))
        .child(
            el("div")
                .class("header__words")
                .child(el("h2").attr("dir", "auto").text(says(|face| face.own_or(&face.look.heading, Word::Heading))))
                .child(view! {
                    <WhereMade
                        hidden=is(|face| face.place != Place::Device)
                        path=icons::DEVICE
                        word=Word::MadeOnDevice
                    />
                })
                .child(view! {
                    <WhereMade
                        hidden=is(|face| face.place != Place::Online)
                        path=icons::CLOUD
                        word=Word::MadeOnline
                    />
                }),
        )
        .child(view! {
            <IconButton
                name=handoff_label()
                path=icons::PERSON
                class="quiet"
                hidden=is(|face| face.look.handoff.is_none())
                on_press=|scene, _| scene.happen(Event::Handoff(None))
            />
        })
        .child(view! {
            <IconButton
                name=Word::NewConversation
                path=icons::RENEW
                class="quiet"
                hidden=is(|face| face.messages.is_empty())
                on_press=|scene, _| scene.happen(Event::Reset)
            />
        })
        .child(view! {
            <IconButton
                name=Word::Close
                path=icons::CLOSE
                class="quiet"
                hidden=is(|face| !face.look.floating)
                on_press=|scene, _| scene.tell(Gesture::Close)
            />
        })
}

/// What the buttons say that lead to a person.
pub(super) fn handoff_label() -> Value {
    says(|face| face.own_or(&face.look.handoff.clone().filter(|label| !label.is_empty()), Word::Handoff))
}

/// Says where answers are made, when that is the place.
#[component]
fn WhereMade(
    /// Whether that is not the place.
    hidden: Value,
    /// The icon's path, one of `icons`.
    path: &'static str,
    /// What it says.
    word: Word,
) -> El {
    el("p").child(icon(path)).text(word).hidden(hidden)
}
