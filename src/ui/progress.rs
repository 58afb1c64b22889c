//! How far the download is, and the button that ends it.

use super::Scene;
use crate::chat::{Event, Phase};
use leptos::{ev, html, prelude::*};

pub(super) fn progress(scene: Scene) -> impl IntoView {
    let (text, phase) = (scene.text, scene.phase);
    let bytes = move || {
        phase.with(|phase| match phase {
            Phase::Loading { done, total } => (*done, *total),
            _ => (0, None),
        })
    };
    // Per mille; none while nobody knows how much is to come.
    let share = Memo::new(move |_| match bytes() {
        (done @ 1.., Some(total @ 1..)) => Some(done.min(total).saturating_mul(1_000) / total),
        _ => None,
    });
    html::section().class("card card--loading").role("group").aria_label(text.loading_title).child((
        html::h3().child(text.loading_title),
        html::div()
            .class("bar")
            .class(("bar--unknown", move || share.get().is_none()))
            .role("progressbar")
            .aria_label(text.loading_title)
            .attr("aria-valuemin", "0")
            .attr("aria-valuemax", "1000")
            .attr("aria-valuenow", move || share.get().map(|share| share.to_string()))
            .attr("aria-valuetext", move || {
                let (done, total) = bytes();
                text.progress(done, total)
            })
            .style(("--share", move || share.get().unwrap_or_default().to_string()))
            .child(html::div()),
        html::div().class("card__foot").child((
            html::span().dir("auto").child(move || {
                let (done, total) = bytes();
                text.progress(done, total)
            }),
            html::button()
                .r#type("button")
                .class("button button--plain")
                .on(ev::click, move |_| scene.happen(Event::Stop))
                .child(text.cancel),
        )),
    ))
}
