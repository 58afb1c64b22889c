//! The heading, where answers are made, and the buttons for a new conversation and for closing.

use super::{
    Gesture, Scene,
    element::{Element, element, icon},
    icons,
    words::icon_button,
};
use crate::{
    chat::{Event, Place},
    locale::Word,
};

pub(super) fn header(scene: &Scene) -> Element {
    let words = scene.words.clone();
    let (titled, begun, floats, closes) = (scene.clone(), scene.clone(), scene.clone(), scene.clone());
    let place = |place, path, word| {
        let scene = scene.clone();
        element("p", "").with(&[icon(path)]).reads(&words, word).shown(move || scene.place.get() == place)
    };
    element("header", "header").attribute("part", "header").with(&[
        element("div", "header__mark").with(&[icon(icons::SPARK)]),
        element("div", "header__words").with(&[
            element("h2", "").attribute("dir", "auto").says(move || {
                titled.look.get().heading.unwrap_or_else(|| titled.words.get().say(Word::Heading).to_owned())
            }),
            place(Place::Device, icons::DEVICE, Word::MadeOnDevice),
            place(Place::Online, icons::CLOUD, Word::MadeOnline),
        ]),
        icon_button("quiet", &words, Word::NewConversation, icons::RENEW, scene.act(|| Event::Reset))
            .shown(move || !begun.empty.get()),
        icon_button("quiet", &words, Word::Close, icons::CLOSE, move || (closes.tell)(Gesture::Close))
            .shown(move || floats.look.get().floating),
    ])
}
