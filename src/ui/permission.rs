//! The two questions that the visitor answers before anything is done: may the model be downloaded, and may the
//! conversation leave the device.

use super::{
    button::TextButton,
    element::{El, Value, el, icon, is, says},
    icons,
};
use crate::{
    chat::{Event, Phase},
    locale::Word,
};
use leptos::prelude::*;

/// Asks before a byte of the model is fetched: says how much will be downloaded, and what for.
#[component]
pub(super) fn DownloadPermission() -> El {
    let body = says(|face| match face.phase {
        Phase::Consent { bytes, stays, .. } => Some(face.words.consent(bytes, stays)),
        _ => None,
    });
    view! {
        <Permission
            title=Word::ConsentTitle
            path=icons::DOWNLOAD
            body=body
            agree=Word::ConsentAgree
            decline=Word::ConsentDecline
            hidden=is(|face| !matches!(face.phase, Phase::Consent { .. }))
        />
    }
    .into()
}

/// Asks before anything of the conversation leaves the device.
#[component]
pub(super) fn LeavePermission() -> El {
    view! {
        <Permission
            title=Word::LeaveTitle
            path=icons::CLOUD
            body=Word::LeaveBody
            agree=Word::LeaveAgree
            decline=Word::LeaveDecline
            hidden=is(|face| face.phase != Phase::Leaving)
        />
    }
    .into()
}

/// A card with a question and its two answers.
#[component]
fn Permission(
    /// The question.
    title: Word,
    /// The icon's path, one of `icons`.
    path: &'static str,
    /// What agreeing means.
    #[prop(into)]
    body: Value,
    /// On the button that agrees.
    agree: Word,
    /// On the button that declines.
    decline: Word,
    /// Whether nothing is asked.
    hidden: Value,
) -> El {
    el("section")
        .class("card permission")
        .attr("role", "group")
        .attr("aria-label", title)
        .hidden(hidden)
        .child(el("div").class("card__mark").child(icon(path)))
        .child(el("h3").text(title))
        .child(el("p").text(body))
        .child(
            el("div")
                .class("card__buttons")
                .child(view! {
                    <TextButton name=agree class="button button--main" on_press=|scene, _| scene.happen(Event::Agree) />
                })
                .child(view! { <TextButton name=decline on_press=|scene, _| scene.happen(Event::Decline) /> }),
        )
}
