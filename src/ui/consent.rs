//! The question that comes before a byte of the model: what will be downloaded, and what for.

use super::{
    Scene,
    element::{Element, button, element, icon},
    icons,
};
use crate::{
    chat::{Event, Phase},
    locale::Word,
};

pub(super) fn consent(scene: &Scene) -> Element {
    let words = &scene.words;
    let (asks, says) = (scene.clone(), scene.clone());
    element("section", "card consent")
        .attribute("role", "group")
        .named(words, Word::ConsentTitle)
        .shown(move || matches!(asks.phase.get(), Phase::Consent { .. }))
        .with(&[
            element("div", "card__mark").with(&[icon(icons::DOWNLOAD)]),
            element("h3", "").reads(words, Word::ConsentTitle),
            element("p", "").attribute("role", "status").says(move || match says.phase.get() {
                Phase::Consent { bytes, stays, .. } => says.words.get().consent(bytes, stays),
                _ => String::new(),
            }),
            element("div", "card__buttons").with(&[
                button("button button--main", scene.act(|| Event::Agree)).reads(words, Word::ConsentAgree),
                button("button", scene.act(|| Event::Decline)).reads(words, Word::ConsentDecline),
            ]),
        ])
}
