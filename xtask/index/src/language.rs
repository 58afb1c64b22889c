//! Languages by their function words.

use std::collections::BTreeSet;

use inferkit_widget::knowledge::words::words;

/// The languages that a page without `lang` may be in: those whose words Snowball stems.
const KNOWN: [&str; 17] =
    ["ar", "da", "de", "el", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "ru", "sv", "tr"];

/// The primary subtag of a language's tag, in small letters.
pub fn primary(tag: &str) -> String {
    tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// A language's function words as the widget sees words; none for a language without a list.
pub fn function_words(tag: &str) -> BTreeSet<String> {
    let listed = stop_words::lookup(primary(tag)).unwrap_or_default();
    listed.iter().flat_map(|entry| words(entry)).map(|word| word.text).collect()
}

/// The language that a text is most likely in: the one with the most function words in it, when they are a fifth of its
/// words at least.
pub fn guess(text: &str) -> Option<&'static str> {
    let sample: String = text.chars().take(4_000).collect();
    let found = words(&sample);
    let having = |tag: &&str| {
        let function = function_words(tag);
        found.iter().filter(|word| function.contains(&word.text)).count()
    };
    let (count, tag) = KNOWN.iter().map(|tag| (having(tag), *tag)).max_by_key(|(count, _)| *count)?;
    (count > 0 && 5 * count >= found.len()).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_guessed_by_their_small_words() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(guess(text), expected, "{text}");
        check("The shop opens at nine, and it closes when the last of you has gone.", Some("en"));
        check("Der Laden öffnet um neun und schließt, wenn der letzte von euch gegangen ist.", Some("de"));
        check("Le magasin ouvre à neuf heures et il ferme quand vous êtes tous partis.", Some("fr"));
        check("GPIO16 GPIO17", None);
        check("", None);
    }

    #[test]
    fn function_words_are_words_as_the_widget_cuts_them() {
        let english = function_words("en-GB");
        assert!(["the", "dont", "how", "i"].iter().all(|word| english.contains(*word)));
        assert!(!english.contains("don't") && !english.contains("shop"));
        assert!(function_words("tlh-x").len() < 400 && function_words("ja").iter().all(|word| !word.is_empty()));
    }
}
