//! The panel: header, log, composer, and what screen readers are told.

use super::{Scene, composer::composer, header::header, log::log};
use leptos::{html, prelude::*};

pub(super) fn panel(scene: Scene, messages: web_sys::HtmlElement) -> impl IntoView {
    html::div()
        .class("inside")
        .lang(scene.text.tag)
        .dir(scene.text.direction.as_str())
        .child((header(scene), log(scene, messages), composer(scene), announcer(scene)))
}

/// Says what happens to those who can't see it: the state in a word, and an answer when it is whole, not its pieces.
fn announcer(scene: Scene) -> impl IntoView {
    let (said, spoken) = (scene.said, scene.spoken);
    html::div()
        .class("unseen")
        .role("status")
        .child((html::p().child(move || said.get()), html::p().child(move || spoken.get())))
}
