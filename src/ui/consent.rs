//! The question that comes before a byte of the model: what will be downloaded, and what for.

use super::{Scene, icons};
use crate::chat::{Event, Phase};
use leptos::{ev, html, prelude::*};

pub(super) fn consent(scene: Scene) -> impl IntoView {
    let (text, phase) = (scene.text, scene.phase);
    html::section().class("card").role("group").aria_label(text.consent_title).child((
        html::div().class("card__mark").child(icons::download()),
        html::h3().child(text.consent_title),
        html::p().role("status").child(move || {
            phase.with(|phase| match phase {
                Phase::Consent { bytes, .. } => text.consent(*bytes),
                _ => String::new(),
            })
        }),
        html::div().class("card__buttons").child((
            html::button()
                .r#type("button")
                .class("button button--main")
                .on(ev::click, move |_| scene.happen(Event::Agree))
                .child(text.consent_agree),
            html::button()
                .r#type("button")
                .class("button")
                .on(ev::click, move |_| scene.happen(Event::Decline))
                .child(text.consent_decline),
        )),
    ))
}
