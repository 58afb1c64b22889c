//! The panel: header, log, composer, and what screen readers are told.

use super::{
    Gesture,
    composer::Composer,
    element::{El, el},
    header::Header,
    log::Log,
    scene::use_scene,
    web,
};
use leptos::{ev, prelude::*};

/// The whole of what the loader's panel holds.
#[component]
pub(super) fn Panel(
    /// Where the challenge's frame goes.
    challenge: El,
) -> El {
    let scene = use_scene();
    let floats = move || scene.look.with(|look| look.floating);
    el("div")
        .class("inside")
        .attr("lang", move || scene.words.with(|words| words.tag().to_owned()))
        .attr("dir", move || scene.words.with(|words| words.direction().to_owned()))
        .attr("data-density", move || {
            scene.look.with(|look| (look.theme.compact == Some(true)).then(|| "compact".to_owned()))
        })
        .attr("data-floating", floats)
        .on(ev::keydown, move |event| {
            if untrack(floats) && web::closes(&event) {
                web::consume(&event);
                scene.tell(Gesture::Close);
            }
        })
        .child(view! { <Header /> })
        .child(view! { <Log challenge /> })
        .child(view! { <Composer /> })
        // Says what happens to those who can't see it, and an answer when it is whole, not its pieces.
        .child(el("div").class("unseen").attr("role", "status").text(move || scene.announced.get()))
}
