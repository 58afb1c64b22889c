//! Compounds of a site's own words: `Stromtarif`, where pages have `Strom` and `Tarif` as well.
//!
//! German and its relatives write as one word what visitors type as another compound, or as a part of it: who asks for the
//! tariff means the Stromtarif, too. A compound is known by the site itself, with no dictionary: both of its parts stand on
//! some page as words of their own.

use std::collections::{BTreeMap, BTreeSet};

/// The languages that do so, of those whose compounds are joined in the ways below.
const LANGUAGES: [&str; 7] = ["da", "de", "nb", "nl", "nn", "no", "sv"];

/// What may stand between two parts.
const JOINTS: [&str; 7] = ["", "e", "en", "er", "es", "n", "s"];

/// How long a part is at least, in characters.
const LEAST_PART: usize = 4;

/// The longest word that is looked at, in bytes.
const MOST_BYTES: usize = 64;

/// A language's compounds among these words in small letters, each with its parts. Function words are none.
pub fn compounds(
    words: &BTreeSet<String>,
    function_words: &BTreeSet<String>,
    tag: &str,
) -> BTreeMap<String, [String; 2]> {
    if !LANGUAGES.contains(&tag) {
        return BTreeMap::new();
    }
    let is_part =
        |part: &str| part.chars().count() >= LEAST_PART && words.contains(part) && !function_words.contains(part);
    let parts = |word: &str| {
        let cuts = word.char_indices().map(|(at, _)| word.split_at(at)).filter(|(_, second)| is_part(second));
        let joints = cuts.flat_map(|(first, second)| JOINTS.map(|joint| (first.strip_suffix(joint), second)));
        let whole = joints.filter_map(|(first, second)| first.map(|first| (first, second)));
        let found = whole.filter(|(first, _)| is_part(first));
        // The least between the parts, and of those the longest end: it says what the compound is.
        let best = found.max_by_key(|(first, second)| (first.len() + second.len(), second.len()));
        best.map(|(first, second)| [first.to_owned(), second.to_owned()])
    };
    let long = words.iter().filter(|word| word.len() >= 2 * LEAST_PART && word.len() <= MOST_BYTES);
    long.filter_map(|word| parts(word).map(|parts| (word.clone(), parts))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &str) -> BTreeSet<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_compound_is_known_by_parts_that_stand_alone() {
        let words = set("strom tarif tarife stromtarif stromtarife nutzung nutzungsgebühr gebühr tarifwechsel größe \
größenangabe angabe ohnehin hin ohne mehrtarif mehr oder");
        let found = compounds(&words, &set("ohne mehr oder"), "de");
        let check = |word: &str, parts: Option<[&str; 2]>| {
            assert_eq!(found.get(word).cloned(), parts.map(|parts| parts.map(str::to_owned)), "{word}");
        };
        check("stromtarif", Some(["strom", "tarif"]));
        check("stromtarife", Some(["strom", "tarife"]));
        check("nutzungsgebühr", Some(["nutzung", "gebühr"]));
        check("größenangabe", Some(["größe", "angabe"]));
        check("tarifwechsel", None);
        check("mehrtarif", None);
        check("ohnehin", None);
        assert_eq!(found.len(), 4);
        assert_eq!(compounds(&set("night light nightlight"), &set(""), "en").len(), 0);
    }

    #[test]
    fn any_words_are_looked_at_in_short_time() {
        let long: BTreeSet<String> = (1..2_000).map(|length| "ä".repeat(length)).collect();
        assert!(compounds(&long, &BTreeSet::new(), "de").len() < MOST_BYTES);
    }
}
