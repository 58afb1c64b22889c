//! How far the download is, and the button that ends it.

use super::{
    button::TextButton,
    element::{El, el, is, says},
};
use crate::{
    chat::{Event, Phase},
    locale::Word,
};
use leptos::prelude::*;

/// The card of a download.
#[component]
pub(super) fn Progress() -> El {
    let so_far = says(|face| match face.phase {
        Phase::Loading { done, total } => Some(face.words.progress(done, total)),
        _ => Some(String::new()),
    });
    let share = says(|face| per_cent(&face.phase).map(|share| share.to_string()));
    el("section")
        .class("card progress")
        .attr("role", "group")
        .attr("aria-label", Word::LoadingTitle)
        .hidden(is(|face| !matches!(face.phase, Phase::Loading { .. })))
        .child(el("h3").text(Word::LoadingTitle))
        .child(
            // Without a value: nobody knows how much is to come.
            el("div")
                .class("bar")
                .attr("role", "progressbar")
                .attr("aria-label", Word::LoadingTitle)
                .attr("aria-valuenow", share)
                .attr("aria-valuetext", so_far)
                .style("--share", share)
                .child(el("div")),
        )
        .child(el("div").class("card__foot").child(el("span").attr("dir", "auto").text(so_far)).child(view! {
            <TextButton
                name=Word::Cancel
                class="button button--plain"
                on_press=|scene, _| scene.happen(Event::Stop)
            />
        }))
}

fn per_cent(phase: &Phase) -> Option<u64> {
    match *phase {
        Phase::Loading { done: done @ 1.., total: Some(total @ 1..) } => {
            Some(done.min(total).saturating_mul(100) / total)
        }
        _ => None,
    }
}
