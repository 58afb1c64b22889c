//! The words of the moment: a language's, with a site's own in place of some.

use super::{Text, Word, format::fill};
use std::sync::Arc;

/// Everything that the widget says on a page.
#[derive(Clone, Debug)]
pub struct Words {
    pub(super) text: &'static Text,
    own: Arc<[(Word, String)]>,
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.text.tag == other.text.tag && self.own == other.own
    }
}

impl From<&'static Text> for Words {
    fn from(text: &'static Text) -> Self {
        Self { text, own: Arc::default() }
    }
}

impl Words {
    /// A language's words, with a site's own by name, later ones before earlier ones. A name is taken in any case, with
    /// or without `-` and `_`: `newConversation`, `new-conversation`. What can't be taken is left as it was, with a
    /// sentence for the developer in `warnings`.
    #[must_use]
    pub fn new(text: &'static Text, strings: &[(String, String)], warnings: &mut Vec<String>) -> Self {
        let mut all = Vec::new();
        for (name, own) in strings {
            let letters: String = name.split(['-', '_']).collect();
            let known = Word::ALL.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(&letters));
            // Where filling it in changes nothing, it is not there.
            let missing = known.and_then(|(.., takes)| takes.iter().find(|given| fill(own, &[(given, "")]) == *own));
            match (known, missing) {
                (Some((word, ..)), None) => all.push((*word, own.clone())),
                (_, Some(missing)) => warnings.push(["strings.", name, ": must contain {", missing, "}"].concat()),
                (None, None) => warnings.push(["strings.", name, ": there is no such text"].concat()),
            }
        }
        Self { text, own: all.into() }
    }

    /// What the widget says for this.
    #[must_use]
    pub fn say(&self, word: Word) -> &str {
        let own = self.own.iter().rfind(|(known, _)| *known == word);
        own.map_or_else(|| (self.text.say)(word), |(_, own)| own)
    }

    /// The language's BCP 47 tag, for the HTML attribute `lang`.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        self.text.tag
    }

    /// The value of the HTML attribute `dir`.
    #[must_use]
    pub fn direction(&self) -> &'static str {
        self.text.direction.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::text::EN;

    static ENGLISH: Text = EN;

    fn words(pairs: &[(&str, &str)]) -> (Words, Vec<String>) {
        let strings: Vec<_> = pairs.iter().map(|(name, own)| ((*name).into(), (*own).into())).collect();
        let mut warnings = Vec::new();
        (Words::new(&ENGLISH, &strings, &mut warnings), warnings)
    }

    #[test]
    fn every_string_can_be_replaced_and_no_other_changes() {
        for (word, name, takes) in Word::ALL {
            let own = takes.iter().fold(String::from("own"), |own, given| format!("{own} {{{given}}}"));
            let (words, warnings) = words(&[(name, &own)]);
            assert_eq!(warnings, Vec::<String>::new());
            for (other, ..) in Word::ALL {
                assert_eq!(words.say(*other), if other == word { own.as_str() } else { (EN.say)(*other) }, "{name}");
            }
        }
    }

    #[test]
    fn names_as_people_write_them() {
        for name in ["newConversation", "new_conversation", "new-conversation", "NEWCONVERSATION"] {
            assert_eq!(words(&[(name, "Von vorn")]).0.say(Word::NewConversation), "Von vorn", "{name}");
        }
    }

    #[test]
    fn the_later_of_two_counts() {
        assert_eq!(words(&[("send", "Ask"), ("send", "Go")]).0.say(Word::Send), "Go");
    }

    #[test]
    fn what_would_lose_something_is_left_as_it_was() {
        let (words, warnings) = words(&[("reference", "reference"), ("sned", "Ask"), ("send", "Ask"), ("", "x")]);
        assert_eq!((words.say(Word::Reference), words.say(Word::Send)), ((EN.say)(Word::Reference), "Ask"));
        assert_eq!(
            warnings,
            [
                "strings.reference: must contain {reference}",
                "strings.sned: there is no such text",
                "strings.: there is no such text",
            ]
        );
    }
}
