//! The check for being human: a frame that is out of sight while it works by itself, and a card around it when the
//! visitor must do something.
//!
//! The frame is laid out at all times, since what it holds measures itself; it is never moved in the document, since
//! that would load it anew.

use super::{
    Scene,
    element::{Element, element},
};
use crate::{chat::Phase, locale::Word};

/// `place` is where the frame goes.
pub(super) fn challenge(scene: &Scene, place: &Element) -> Element {
    let (words, hides) = (&scene.words, scene.clone());
    element("section", "card challenge")
        .attribute("role", "group")
        .named(words, Word::VerifyTitle)
        // Inert: what can't be seen must not take the focus.
        .follows("inert", move || (hides.phase.get() != Phase::Verifying { interactive: true }).then(String::new))
        .with(&[
            element("h3", "").reads(words, Word::VerifyTitle),
            element("p", "").reads(words, Word::VerifyBody),
            place.clone().named(words, Word::VerifyTitle),
        ])
}
