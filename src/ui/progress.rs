//! How far the download is, and the button that ends it.

use super::{
    Scene,
    element::{Element, button, element},
};
use crate::{
    chat::{Event, Phase},
    locale::Word,
};

pub(super) fn progress(scene: &Scene) -> Element {
    let words = &scene.words;
    let waits = scene.clone();
    let so_far = || {
        let scene = scene.clone();
        move || match scene.phase.get() {
            Phase::Loading { done, total } => scene.words.get().progress(done, total),
            _ => String::new(),
        }
    };
    let (value_text, shown_text, value, width) = (so_far(), so_far(), scene.clone(), scene.clone());
    element("section", "card progress")
        .attribute("role", "group")
        .named(words, Word::LoadingTitle)
        .shown(move || matches!(waits.phase.get(), Phase::Loading { .. }))
        .with(&[
            element("h3", "").reads(words, Word::LoadingTitle),
            // Without a value: nobody knows how much is to come.
            element("div", "bar")
                .attribute("role", "progressbar")
                .named(words, Word::LoadingTitle)
                .follows("aria-valuenow", move || per_cent(&value.phase.get()).map(|share| share.to_string()))
                .follows("aria-valuetext", move || Some(value_text()))
                .styled("--share", move || per_cent(&width.phase.get()).unwrap_or_default().to_string())
                .with(&[element("div", "")]),
            element("div", "card__foot").with(&[
                element("span", "").attribute("dir", "auto").says(shown_text),
                button("button button--plain", scene.act(|| Event::Stop)).reads(words, Word::Cancel),
            ]),
        ])
}

fn per_cent(phase: &Phase) -> Option<u64> {
    match *phase {
        Phase::Loading { done: done @ 1.., total: Some(total @ 1..) } => {
            Some(done.min(total).saturating_mul(100) / total)
        }
        _ => None,
    }
}
