//! The panel: header, log, composer, and what screen readers are told.

use super::{
    Gesture, Scene,
    composer::composer,
    element::{Element, element},
    header::header,
    log::log,
    web,
};

/// `messages` and `frame` are where messages and the challenge's frame go.
pub(super) fn panel(scene: &Scene, messages: &Element, frame: &Element) -> Element {
    let (announced, closes, compact) = (scene.clone(), scene.clone(), scene.clone());
    element("div", "inside")
        .attribute("lang", scene.text.tag)
        .attribute("dir", scene.text.direction.as_str())
        .follows("data-density", move || compact.look.get().compact.then(|| "compact".to_owned()))
        .on("keydown", move |event| {
            if closes.look.peek().floating && web::closes(&event) {
                (closes.tell)(Gesture::Close);
            }
        })
        .with(&[
            header(scene),
            log(scene, messages, frame),
            composer(scene),
            // Says what happens to those who can't see it, and an answer when it is whole, not its pieces.
            element("div", "unseen").attribute("role", "status").says(move || announced.said.get()),
        ])
}
