//! The check for being human: a frame that is out of sight while it works by itself, and a card around it when the
//! visitor must do something.
//!
//! The frame is laid out at all times, since what it holds measures itself; it is never moved in the document, since
//! that would load it anew.

use super::{
    Scene,
    element::{Element, element},
};
use crate::chat::Phase;

/// `place` is where the frame goes.
pub(super) fn challenge(scene: &Scene, place: &Element) -> Element {
    let (text, hides) = (scene.text, scene.clone());
    element("section", "card challenge")
        .attribute("role", "group")
        .attribute("aria-label", text.verify_title)
        // Inert: what can't be seen must not take the focus.
        .follows("inert", move || (hides.phase.get() != Phase::Verifying { interactive: true }).then(String::new))
        .with(&[element("h3", "").words(text.verify_title), element("p", "").words(text.verify_body), place.clone()])
}
