//! The interface's words. A site may change them, or the language, while the panel stands: whatever is drawn of them
//! follows, and nothing is drawn anew.

use super::{
    element::{Element, Watched, button, icon},
    web::Growing,
};
use crate::locale::{Word, Words};

/// A button with an icon on it, and a name for whoever can't see it or wonders what it does.
pub(super) fn icon_button(
    class: &str,
    words: &Watched<Words>,
    name: Word,
    path: &str,
    press: impl Fn() + 'static,
) -> Element {
    button(class, press).named(words, name).attributed("title", words, name).with(&[icon(path)])
}

impl Element {
    /// Appends a word.
    pub fn reads(self, words: &Watched<Words>, word: Word) -> Self {
        let (words, node) = (words.clone(), Growing::new(""));
        node.put_into(self.html());
        self.watches(move || node.set(words.get().say(word)))
    }

    /// A word for whoever can't see it.
    pub fn named(self, words: &Watched<Words>, word: Word) -> Self {
        self.attributed("aria-label", words, word)
    }

    /// An attribute that is a word.
    pub fn attributed(self, name: &'static str, words: &Watched<Words>, word: Word) -> Self {
        let words = words.clone();
        self.follows(name, move || Some(words.get().say(word).to_owned()))
    }
}
