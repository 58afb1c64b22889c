//! The question that comes before a byte of the model: what will be downloaded, and what for.

use super::{
    Scene,
    element::{Element, button, element, icon},
    icons,
};
use crate::chat::{Event, Phase};

pub(super) fn consent(scene: &Scene) -> Element {
    let text = scene.text;
    let (asks, says) = (scene.clone(), scene.clone());
    element("section", "card consent")
        .attribute("role", "group")
        .attribute("aria-label", text.consent_title)
        .shown(move || matches!(asks.phase.get(), Phase::Consent { .. }))
        .with(&[
            element("div", "card__mark").with(&[icon(icons::DOWNLOAD)]),
            element("h3", "").words(text.consent_title),
            element("p", "").attribute("role", "status").says(move || match says.phase.get() {
                Phase::Consent { bytes, stays, .. } => text.consent(bytes, stays),
                _ => String::new(),
            }),
            element("div", "card__buttons").with(&[
                button("button button--main", text.consent_agree, scene.act(Event::Agree)),
                button("button", text.consent_decline, scene.act(Event::Decline)),
            ]),
        ])
}
