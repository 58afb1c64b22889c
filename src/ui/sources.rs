//! The passages that an answer stands on, or that stand in its place: cards that lead to the site's pages.

use super::{
    element::{El, effect, el, unless},
    scene::use_scene,
    web,
};
use crate::{chat::EntryId, knowledge::Source, locale::Word};
use leptos::prelude::*;
use std::cell::RefCell;

/// There only where the site's pages had something.
#[component]
pub(super) fn Sources(
    /// Of which answer.
    id: EntryId,
) -> El {
    let scene = use_scene();
    let list = el("ol")
        .class("sources")
        .attr("part", "sources")
        .attr("aria-label", Word::Sources)
        .hidden(unless(id, |message| !message.sources.is_empty()));
    let cards = list.dom().clone();
    let shown = RefCell::new(Vec::new());
    effect(Box::new(move || {
        let sources = scene.glance(|face| {
            let message = face.message(id)?;
            message.changed.track();
            Some(message.sources.clone())
        });
        let Some(sources) = sources.flatten() else { return };
        if *shown.borrow() != sources {
            cards.set_text_content(None);
            for source in &sources {
                web::put_in(&cards, &card(source));
            }
            shown.replace(sources);
        }
    }));
    list
}

fn card(source: &Source) -> web_sys::Element {
    let line = |tag, class, text: &str| {
        let line = el(tag).class(class);
        line.dom().set_text_content(Some(text));
        line
    };
    let place = match source.path.as_str() {
        "" => source.title.clone(),
        path => [&source.title, " › ", path].concat(),
    };
    let link = El::from(web::link(source)).class("source").child(line("span", "source__place", &place));
    let link = if source.quote.is_empty() { link } else { link.child(line("q", "source__quote", &source.quote)) };
    let item = el("li").attr("dir", "auto").child(link);
    item.dom().clone().into()
}
