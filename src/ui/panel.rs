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
    let (announced, closes, compact, speaks, runs) =
        (scene.clone(), scene.clone(), scene.clone(), scene.clone(), scene.clone());
    element("div", "inside")
        .follows("lang", move || Some(speaks.words.get().tag().to_owned()))
        .follows("dir", move || Some(runs.words.get().direction().to_owned()))
        .follows("data-density", move || (compact.look.get().theme.compact == Some(true)).then(|| "compact".to_owned()))
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
