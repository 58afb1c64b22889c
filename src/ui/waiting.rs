//! A busy service is waited for, in sight of the visitor.

use super::{
    countdown::Countdown,
    element::{El, effect, el},
    scene::use_scene,
};
use crate::chat::Phase;
use leptos::prelude::*;

/// The seconds that are left.
#[component]
pub(super) fn Waiting() -> El {
    let scene = use_scene();
    let countdown = Countdown::new();
    let seconds = move || {
        scene.phase.with(|phase| match *phase {
            Phase::Waiting { seconds } => Some(seconds),
            _ => None,
        })
    };
    effect(move || countdown.start(seconds().unwrap_or_default()));
    el("p")
        .class("aside waiting")
        // Its start is announced; every second would be a nuisance.
        .attr("aria-hidden", "true")
        .hidden(move || seconds().is_none())
        .text(move || scene.words.with(|words| words.waiting(countdown.get())))
}
