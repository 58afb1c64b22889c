//! The conversation's log: greeting, messages, and the card of what is being waited for.

use super::{
    Scene,
    challenge::challenge,
    consent::consent,
    element::{Element, button, element, icon},
    icons,
    leaving::leaving,
    progress::progress,
    waiting::waiting,
    words::icon_button,
};
use crate::{chat::Event, locale::Word};

/// Questions to begin with.
fn prompts(scene: &Scene) -> Element {
    let scene = scene.clone();
    let buttons = element("div", "prompts");
    let place = buttons.clone();
    buttons.watches(move || {
        place.html().set_text_content(None);
        for prompt in scene.look.get().prompts {
            let asked = prompt.clone();
            let press = scene.act(move || Event::Send(asked.clone()));
            place.put(button("button", press).words(&prompt).attribute("dir", "auto").html());
        }
    })
}

pub(super) fn log(scene: &Scene, messages: &Element, frame: &Element) -> Element {
    let (greets, fresh, scrolled, newest, behind) =
        (scene.clone(), scene.clone(), scene.clone(), scene.clone(), scene.clone());
    let greeting = element("div", "greeting").shown(move || fresh.empty.get()).with(&[
        element("div", "greeting__mark").with(&[icon(icons::SPARK)]),
        element("p", "").attribute("dir", "auto").says(move || {
            greets.look.get().greeting.unwrap_or_else(|| greets.words.get().say(Word::Greeting).to_owned())
        }),
        prompts(scene),
    ]);
    let log = element("div", "log")
        .attribute("part", "log")
        .attribute("role", "log")
        // Whole answers are announced elsewhere; a live log would read out every token.
        .attribute("aria-live", "off")
        .named(&scene.words, Word::Log)
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
        icon_button("newest", &scene.words, Word::Newest, icons::DOWN, move || newest.scroller.return_to_end())
            .shown(move || behind.behind.get()),
    ])
}
