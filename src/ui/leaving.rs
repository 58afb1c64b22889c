//! The question that comes before anything of the conversation leaves the device.

use super::{
    Scene,
    element::{Element, button, element, icon},
    icons,
};
use crate::{
    chat::{Event, Phase},
    locale::Word,
};

pub(super) fn leaving(scene: &Scene) -> Element {
    let (words, asks) = (&scene.words, scene.clone());
    element("section", "card leaving")
        .attribute("role", "group")
        .named(words, Word::LeaveTitle)
        .shown(move || asks.phase.get() == Phase::Leaving)
        .with(&[
            element("div", "card__mark").with(&[icon(icons::CLOUD)]),
            element("h3", "").reads(words, Word::LeaveTitle),
            element("p", "").reads(words, Word::LeaveBody),
            element("div", "card__buttons").with(&[
                button("button button--main", scene.act(|| Event::Agree)).reads(words, Word::LeaveAgree),
                button("button", scene.act(|| Event::Decline)).reads(words, Word::LeaveDecline),
            ]),
        ])
}
