//! The conversation's log: greeting, messages, and the card of what is being waited for.

use super::{
    Scene,
    challenge::challenge,
    consent::consent,
    element::{Element, element, icon, icon_button},
    icons,
    leaving::leaving,
    progress::progress,
    waiting::waiting,
};

pub(super) fn log(scene: &Scene, messages: &Element, frame: &Element) -> Element {
    let text = scene.text;
    let (greets, fresh, scrolled, newest, behind) =
        (scene.clone(), scene.clone(), scene.clone(), scene.clone(), scene.clone());
    let greeting = element("div", "greeting").shown(move || fresh.empty.get()).with(&[
        element("div", "greeting__mark").with(&[icon(icons::SPARK)]),
        element("p", "")
            .attribute("dir", "auto")
            .says(move || greets.look.get().greeting.unwrap_or_else(|| text.greeting.to_owned())),
    ]);
    let log = element("div", "log")
        .attribute("part", "log")
        .attribute("role", "log")
        // Whole answers are announced elsewhere; a live log would read out every token.
        .attribute("aria-live", "off")
        .attribute("aria-label", text.log)
        .attribute("tabindex", "0")
        .on("scroll", move |_| scrolled.scroller.scrolled())
        .with(&[element("div", "log__inside").with(&[
            messages.clone(),
            greeting,
            consent(scene),
            leaving(scene),
            challenge(scene, frame),
            waiting(scene),
            progress(scene),
        ])]);
    scene.scroller.watch(log.html());
    element("div", "log-frame").with(&[
        log,
        icon_button("newest", text.newest, icons::DOWN, move || newest.scroller.return_to_end())
            .shown(move || behind.behind.get()),
    ])
}
