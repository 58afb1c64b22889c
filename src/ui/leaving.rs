//! The question that comes before anything of the conversation leaves the device.

use super::{
    Scene,
    element::{Element, button, element, icon},
    icons,
};
use crate::chat::{Event, Phase};

pub(super) fn leaving(scene: &Scene) -> Element {
    let (text, asks) = (scene.text, scene.clone());
    element("section", "card leaving")
        .attribute("role", "group")
        .attribute("aria-label", text.leave_title)
        .shown(move || asks.phase.get() == Phase::Leaving)
        .with(&[
            element("div", "card__mark").with(&[icon(icons::CLOUD)]),
            element("h3", "").words(text.leave_title),
            element("p", "").words(text.leave_body),
            element("div", "card__buttons").with(&[
                button("button button--main", text.leave_agree, scene.act(Event::Agree)),
                button("button", text.leave_decline, scene.act(Event::Decline)),
            ]),
        ])
}
