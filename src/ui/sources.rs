//! The passages that an answer stands on, or that stand in its place: cards that lead to the site's pages.

use super::{
    element::{El, unless},
    web::Cards,
};
use crate::{chat::EntryId, locale::Word};
use leptos::prelude::*;

/// There only where the site's pages had something.
#[component]
pub(super) fn Sources(
    /// Of which answer.
    id: EntryId,
    /// What stands in it.
    cards: Cards,
) -> El {
    El::from(cards.element())
        .attr("part", "sources")
        .attr("aria-label", Word::Sources)
        .hidden(unless(id, |message| !message.sources.is_empty()))
}
