//! A busy service is waited for, in sight of the visitor.

use super::element::{El, el, is, says};
use crate::chat::Phase;
use leptos::prelude::*;

/// The seconds that are left.
#[component]
pub(super) fn Waiting() -> El {
    el("p")
        .class("aside waiting")
        // Its start is announced; every second would be a nuisance.
        .attr("aria-hidden", "true")
        .hidden(is(|face| !is_waiting(&face.phase)))
        .text(says(|face| is_waiting(&face.phase).then(|| face.words.waiting(face.waiting.left()))))
}

fn is_waiting(phase: &Phase) -> bool {
    matches!(phase, Phase::Waiting { .. })
}
