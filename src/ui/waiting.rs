//! A busy service is waited for, in sight of the visitor.

use super::{
    Scene,
    countdown::Countdown,
    element::{Element, element},
};
use crate::chat::Phase;

pub(super) fn waiting(scene: &Scene) -> Element {
    let (words, shows, starts) = (scene.words.clone(), scene.clone(), scene.clone());
    let countdown = Countdown::new();
    let says = countdown.clone();
    element("p", "aside waiting")
        // Its start is announced; every second would be a nuisance.
        .attribute("aria-hidden", "true")
        .shown(move || matches!(shows.phase.get(), Phase::Waiting { .. }))
        .watches(move || {
            countdown.start(match starts.phase.get() {
                Phase::Waiting { seconds } => seconds,
                _ => 0,
            });
        })
        .says(move || words.get().waiting(says.get()))
}
