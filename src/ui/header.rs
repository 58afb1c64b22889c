//! The heading, where answers are made, and the buttons for a new conversation and for closing.

use super::{
    Gesture, Scene,
    element::{Element, element, icon, icon_button},
    icons,
};
use crate::chat::{Event, Place};

pub(super) fn header(scene: &Scene) -> Element {
    let text = scene.text;
    let (titled, begun, floats, closes) = (scene.clone(), scene.clone(), scene.clone(), scene.clone());
    let place = |place, path, words| {
        let scene = scene.clone();
        element("p", "").with(&[icon(path)]).words(words).shown(move || scene.place.get() == place)
    };
    element("header", "header").attribute("part", "header").with(&[
        element("div", "header__mark").with(&[icon(icons::SPARK)]),
        element("div", "header__words").with(&[
            element("h2", "")
                .attribute("dir", "auto")
                .says(move || titled.look.get().heading.unwrap_or_else(|| text.heading.to_owned())),
            place(Place::Device, icons::DEVICE, text.on_device),
            place(Place::Online, icons::CLOUD, text.on_line),
        ]),
        icon_button("quiet", text.new_conversation, icons::RENEW, scene.act(Event::Reset))
            .shown(move || !begun.empty.get()),
        icon_button("quiet", text.close, icons::CLOSE, move || (closes.tell)(Gesture::Close))
            .shown(move || floats.look.get().floating),
    ])
}
