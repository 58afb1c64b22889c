//! What Snowball's stemmers do to the words of a site, learned as endings.
//!
//! A list of endings is learned as a decision list is: for each ending, from none to seven characters, what most words with
//! it become; it is kept where that is not what a shorter ending says already. Besides the site's words, their stems with
//! each other's endings are learned from, since visitors use other forms than pages.

use std::collections::{BTreeMap, BTreeSet};

use inferkit_widget::knowledge::{Ending, MOST_ENDING_CHARACTERS, words::plain};
use rust_stemmers::{Algorithm, Stemmer};

/// Most endings of a language; those with the most words stay.
const MOST_ENDINGS: usize = 500;

/// Fewest words, in the weights below, that an ending is learned from.
const LEAST_WORDS: u32 = 8;

/// What a word of the site weighs, beside 1 for one that was put together.
const OWN: u32 = 4;

/// With how many endings each stem is put together: the most frequent ones.
const MOST_JOINED: usize = 32;

/// A language's stemmer, if Snowball has one.
fn stemmer(tag: &str) -> Option<Stemmer> {
    let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let algorithm = match primary.as_str() {
        "ar" => Algorithm::Arabic,
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "el" => Algorithm::Greek,
        "en" => Algorithm::English,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "nl" => Algorithm::Dutch,
        "no" | "nb" | "nn" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "sv" => Algorithm::Swedish,
        "ta" => Algorithm::Tamil,
        "tr" => Algorithm::Turkish,
        _ => return None,
    };
    Some(Stemmer::create(algorithm))
}

/// What becomes of a word's end: how many characters go, and what comes.
type Change = (u8, String);

/// What becomes of a word: nothing, where a stemmer changes more than its end.
fn change(stemmer: &Stemmer, word: &str) -> (String, Change) {
    let (bare, stem) = (plain(word), plain(&stemmer.stem(word)));
    let same = bare.chars().zip(stem.chars()).take_while(|(a, b)| a == b).count();
    let cut = bare.chars().count() - same;
    let add: String = stem.chars().skip(same).collect();
    let fits = same >= 2 && cut <= MOST_ENDING_CHARACTERS && add.chars().count() <= 4;
    let change = if fits { (cut as u8, add) } else { (0, String::new()) };
    (bare, change)
}

/// The endings by which these words, in small letters, become terms of a language; sorted.
pub fn learn(words: &BTreeSet<String>, tag: &str) -> Vec<Ending> {
    let Some(stemmer) = stemmer(tag) else { return Vec::new() };
    let mut weights: BTreeMap<String, BTreeMap<Change, u32>> = BTreeMap::new();
    let mut learn_from = |bare: &str, change: &Change, weight: u32| {
        let count = bare.chars().count();
        for length in 0..=MOST_ENDING_CHARACTERS.min(count.saturating_sub(2)) {
            let end: String = bare.chars().skip(count - length).collect();
            *weights.entry(end).or_default().entry(change.clone()).or_default() += weight;
        }
    };
    let mut stems = BTreeSet::new();
    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    for word in words {
        let (bare, change) = change(&stemmer, word);
        learn_from(&bare, &change, OWN);
        let left = bare.chars().count() - usize::from(change.0);
        let (stem, end): (String, String) = (bare.chars().take(left).collect(), bare.chars().skip(left).collect());
        if left > 2 {
            stems.insert(stem);
        }
        *ends.entry(end).or_default() += 1;
    }
    let mut ends: Vec<(String, u32)> = ends.into_iter().filter(|(end, _)| !end.is_empty()).collect();
    ends.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    for stem in &stems {
        for (end, _) in ends.iter().take(MOST_JOINED) {
            let (bare, change) = change(&stemmer, &[stem.as_str(), end].concat());
            learn_from(&bare, &change, 1);
        }
    }
    kept(weights)
}

/// The endings that say something which shorter ones do not.
fn kept(weights: BTreeMap<String, BTreeMap<Change, u32>>) -> Vec<Ending> {
    let mut by_length: Vec<(String, BTreeMap<Change, u32>)> = weights.into_iter().collect();
    by_length.sort_by_key(|(end, _)| end.chars().count());
    let mut known: BTreeMap<String, Change> = BTreeMap::new();
    let mut gains: Vec<(u32, Ending)> = Vec::new();
    for (end, changes) in by_length {
        let length = end.chars().count();
        let shorter = (1..=length).find_map(|skip| known.get(&end.chars().skip(skip).collect::<String>()));
        let said = shorter.cloned().unwrap_or_default();
        let possible = changes.iter().filter(|((cut, _), _)| usize::from(*cut) <= length);
        let Some((most, weight)) = possible.max_by_key(|(_, weight)| **weight) else { continue };
        let before = changes.get(&said).copied().unwrap_or_default();
        if *most != said && *weight > before && *weight >= LEAST_WORDS {
            let (cut, add) = most.clone();
            gains.push((*weight - before, Ending { end: end.clone(), cut, add }));
            known.insert(end, most.clone());
        }
    }
    gains.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    gains.truncate(MOST_ENDINGS);
    let mut endings: Vec<Ending> = gains.into_iter().map(|(_, ending)| ending).collect();
    endings.sort();
    endings
}

#[cfg(test)]
mod tests {
    use super::*;
    use inferkit_widget::knowledge::words::{Terms, words};

    /// Words of the two shops of the tests, in several forms.
    const ENGLISH: &str = "roast roasts roasted roasting grind grinds grinding brew brews brewed brewing order orders \
        ordered ordering return returns returned returning shop shops day days week weeks bag bags bean beans story \
        stories delivery deliveries city cities class classes box boxes dish dishes open opens opened opening close \
        closes closed closing price prices use used uses using run running runs plan planning plans stop stopped \
        stopping fresh freshly slow slowly easily glass less nine";

    fn check(terms: &Terms, word: &str, expected: &str) {
        assert_eq!(words(word).first().map(|word| terms.term(word)).as_deref(), Some(expected), "{word}");
    }

    #[test]
    fn endings_do_to_a_sites_words_what_their_stemmer_does() {
        let known: BTreeSet<String> = ENGLISH.split_whitespace().map(str::to_owned).collect();
        let endings = learn(&known, "en");
        assert!(endings.len() <= MOST_ENDINGS && endings.is_sorted());
        let (terms, stemmer) = (Terms::of(&endings), stemmer("en").expect("Snowball has English"));
        let right =
            known.iter().filter(|word| words(word).first().is_some_and(|one| terms.term(one) == stemmer.stem(word)));
        let right = right.count();
        assert!(100 * right >= 80 * known.len(), "{right} of {}", known.len());
    }

    #[test]
    fn forms_that_no_page_has_meet_those_that_one_has() {
        let known: BTreeSet<String> = ENGLISH.split_whitespace().map(str::to_owned).collect();
        let terms = Terms::of(&learn(&known, "en"));
        check(&terms, "parcels", "parcel");
        check(&terms, "parceling", "parcel");
        check(&terms, "wished", "wish");
        assert_eq!(learn(&known, "tlh"), []);
    }
}
