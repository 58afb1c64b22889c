//! The check for being human: a frame that is out of sight while it works by itself, and a card around it when the
//! visitor must do something.
//!
//! The frame is laid out at all times, since what it holds measures itself; it is never moved in the document, since
//! that would load it anew.

use super::element::{El, el, is};
use crate::{chat::Phase, locale::Word};
use leptos::prelude::*;

/// The card, and the place of the challenge's frame in it.
#[component]
pub(super) fn Challenge(
    /// Where the frame goes.
    place: El,
) -> El {
    el("section")
        .class("card challenge")
        .attr("role", "group")
        .attr("aria-label", Word::VerifyTitle)
        // What can't be seen must not take the focus.
        .inert(is(|face| face.phase != Phase::Verifying { interactive: true }))
        .child(el("h3").text(Word::VerifyTitle))
        .child(el("p").text(Word::VerifyBody))
        .child(place.attr("aria-label", Word::VerifyTitle))
}
