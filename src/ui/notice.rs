//! A failure as the visitor sees it: a sentence, a reference that one click copies, and a way on where there is one.

use super::{Scene, icons, web};
use crate::chat::Notice;
use gloo_timers::callback::Timeout;
use leptos::{ev, html, prelude::*};

/// How long the confirmation of a copy stands.
const COPIED_MS: u32 = 2_000;

pub(super) fn notice(scene: Scene, failure: &Notice, again: impl IntoView + 'static) -> impl IntoView {
    let text = scene.text;
    let reference = failure.reference.as_str().to_owned();
    let copied = ArcRwSignal::new(false);
    let (shown, said) = (copied.clone(), copied.clone());
    html::div().class("notice").attr("part", "error").role("alert").child((
        html::p().class("notice__words").child((icons::alert(), text.failure(failure.family, None))),
        html::div().class("notice__foot").child((
            html::button()
                .r#type("button")
                .class("reference")
                .attr("part", "ref")
                .title(text.copy_reference)
                .on(ev::click, move |_| {
                    let copied = copied.clone();
                    web::copy(reference.clone(), move || {
                        copied.set(true);
                        Timeout::new(COPIED_MS, move || copied.set(false)).forget();
                    });
                })
                .child((
                    html::span().dir("ltr").child(text.reference(&failure.reference)),
                    move || if shown.get() { icons::check().into_any() } else { icons::copy().into_any() },
                )),
            html::span().class("unseen").role("status").child(move || if said.get() { text.copied } else { "" }),
            again,
        )),
    ))
}
