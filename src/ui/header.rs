//! The heading, where answers are made, and the buttons for a new conversation and for closing.

use super::{Gesture, Scene, icons};
use crate::chat::Event;
use leptos::{ev, html, prelude::*};

pub(super) fn header(scene: Scene) -> impl IntoView {
    let (text, look, empty) = (scene.text, scene.look, scene.empty);
    html::header().class("header").attr("part", "header").child((
        html::div().class("header__mark").child(icons::spark()),
        html::div().class("header__words").child((
            html::h2().dir("auto").child(move || look.get().heading.unwrap_or_else(|| text.heading.to_owned())),
            html::p().child((icons::device(), text.on_device)),
        )),
        html::button()
            .r#type("button")
            .class("quiet")
            .aria_label(text.new_conversation)
            .title(text.new_conversation)
            .hidden(move || empty.get())
            .on(ev::click, move |_| scene.happen(Event::Reset))
            .child(icons::renew()),
        move || {
            look.get().floating.then(|| {
                html::button()
                    .r#type("button")
                    .class("quiet")
                    .aria_label(text.close)
                    .title(text.close)
                    .on(ev::click, move |_| scene.gesture(Gesture::Close))
                    .child(icons::close())
            })
        },
    ))
}
