//! The interface's words. A site may change them, or the language, while the panel stands: whatever says one of them
//! follows, and nothing is drawn anew.

use super::{element::Value, scene::use_scene};
use crate::locale::Word;
use leptos::prelude::*;

/// `el("p").text(Word::Stopped)`, `.attr("aria-label", Word::Close)`.
impl From<Word> for Value {
    fn from(word: Word) -> Self {
        let words = use_scene().words;
        (move || words.with(|words| words.say(word).to_owned())).into()
    }
}
