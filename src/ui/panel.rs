//! The panel: header, log, composer, and what screen readers are told.

use super::{
    Gesture,
    composer::Composer,
    element::{El, el, is, says},
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
    el("div")
        .class("inside")
        .attr("lang", says(|face| Some(face.words.tag().to_owned())))
        .attr("dir", says(|face| Some(face.words.direction().to_owned())))
        .attr("data-density", says(|face| (face.look.theme.compact == Some(true)).then(|| "compact".to_owned())))
        .attr("data-floating", is(|face| face.look.floating))
        .attr("data-handoff", is(|face| face.look.handoff.is_some()))
        .on(ev::keydown, move |event| {
            if scene.read(|face| face.look.floating) == Some(true) && web::closes(&event) {
                web::consume(&event);
                scene.tell(Gesture::Close);
            }
        })
        .child(view! { <Header /> })
        .child(view! { <Log challenge /> })
        .child(view! { <Composer /> })
        // Says what happens to those who can't see it, and an answer when it is whole, not its pieces.
        .child(el("div").class("unseen").attr("role", "status").text(says(|face| Some(face.announced.clone()))))
}
