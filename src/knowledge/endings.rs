//! What a language's words lose and gain at their ends when they become terms, as an index teaches it to its reader.
//!
//! Snowball's stemmers are 80 KB of a compressed module, of which a site needs one or two. What a stemmer does to the words
//! of a site is said by a few hundred endings, which `cargo xtask index` learns from it and writes into the manifest; and it
//! makes its own terms by them, so that index and reader can't differ.

use serde::{Deserialize, Serialize};

/// The longest ending, in characters.
pub const MOST_CHARACTERS: usize = 7;

/// Fewest characters of a word that stay.
const LEAST_LEFT: usize = 2;

/// What becomes of words that end so. Of several endings of a word the longest counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ending {
    /// How they end, in small letters without accents.
    pub end: String,
    /// How many characters go.
    pub cut: u8,
    /// What comes in their place.
    pub add: String,
}

/// The term of a word in small letters without accents. `endings` are sorted.
pub(super) fn shortened(word: &str, endings: &[Ending]) -> String {
    let count = word.chars().count();
    let starts = word.char_indices().map(|(at, _)| at).skip(count.saturating_sub(MOST_CHARACTERS));
    for end in starts.map(|at| &word[at..]) {
        let Ok(found) = endings.binary_search_by(|ending| ending.end.as_str().cmp(end)) else { continue };
        let Some(Ending { cut, add, .. }) = endings.get(found) else { continue };
        let left = count.saturating_sub(usize::from(*cut));
        if left < LEAST_LEFT {
            break;
        }
        let stays = word.char_indices().nth(left).map_or(word.len(), |(at, _)| at);
        return [&word[..stays], add].concat();
    }
    word.to_owned()
}

/// Some of a language's endings, for tests.
#[cfg(test)]
pub(super) fn some_endings(tag: &str) -> Vec<Ending> {
    let ends: &[(&str, u8, &str)] = match tag {
        "en" => &[
            ("s", 1, ""),
            ("ss", 0, ""),
            ("es", 2, ""),
            ("oes", 1, ""),
            ("e", 1, ""),
            ("oe", 0, ""),
            ("y", 1, "i"),
            ("ay", 0, ""),
            ("ning", 4, ""),
            ("ing", 3, ""),
            ("ed", 2, ""),
        ],
        "de" => &[("e", 1, ""), ("en", 2, ""), ("er", 2, ""), ("t", 0, "")],
        _ => &[],
    };
    let ending = |(end, cut, add): &(&str, u8, &str)| Ending { end: (*end).into(), cut: *cut, add: (*add).into() };
    let mut endings: Vec<Ending> = ends.iter().map(ending).collect();
    endings.sort();
    endings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_ending_of_a_word_counts() {
        let ending = |end: &str, cut, add: &str| Ending { end: end.into(), cut, add: add.into() };
        let mut endings = vec![
            ending("s", 1, ""),
            ending("ss", 0, ""),
            ending("ies", 3, "i"),
            ending("ning", 4, ""),
            ending("y", 1, "i"),
        ];
        endings.sort();
        let check = |word: &str, expected: &str| assert_eq!(shortened(word, &endings), expected);
        check("shops", "shop");
        check("glass", "glass");
        check("studies", "studi");
        check("study", "studi");
        check("running", "run");
        check("is", "is");
        check("äs", "äs");
        check("", "");
        // Whoever can write to the server's folder can write anything there.
        assert_eq!(shortened("shops", &[ending("s", 255, "")]), "shops");
    }
}
