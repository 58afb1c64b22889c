//! What is known of a language's words on one site.

use std::collections::{BTreeMap, BTreeSet};

use inferkit_widget::knowledge::{
    Ending,
    format::Language,
    words::{Kind, Terms, Word, joined, words},
};

use crate::{compounds::compounds, language, page::Page, stems};

/// A language's words on one site; of an unknown language, words are terms as they are.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    /// What becomes of their ends.
    endings: Vec<Ending>,
    terms: Terms,
    function_words: BTreeSet<String>,
    compounds: BTreeMap<String, [String; 2]>,
}

/// How often each term occurs in a text, and how many words it has.
pub type Counts = (BTreeMap<String, u32>, u32);

impl Lexicon {
    /// Of these words, in small letters.
    fn of(words: &BTreeSet<String>, tag: &str) -> Self {
        let endings = stems::learn(words, tag);
        let function_words = language::function_words(tag);
        let compounds = compounds(words, &function_words, tag);
        Self { terms: Terms::of(&endings), endings, function_words, compounds }
    }

    /// The terms of a text; those of a compound's parts stand beside its own.
    pub fn count(&self, text: &str) -> Counts {
        self.count_words(&words(text))
    }

    /// The terms of some headings. Neighbours in one are there as one word as well, for visitors write `giftcard`.
    pub fn count_headings<'a>(&self, headings: impl IntoIterator<Item = &'a str>) -> Counts {
        let (mut counts, mut length) = Counts::default();
        for heading in headings {
            let words = words(heading);
            let says = |word: &Word| !self.function_words.contains(&word.text);
            let pairs = words.windows(2).filter(|pair| pair.iter().all(says)).filter_map(joined);
            let (own, count) = self.count_words(&words);
            length += count;
            let whole = pairs.map(|pair| (self.terms.term(&pair), 1));
            own.into_iter().chain(whole).for_each(|(term, count)| *counts.entry(term).or_default() += count);
        }
        (counts, length)
    }

    fn count_words(&self, words: &[Word]) -> Counts {
        let mut counts = BTreeMap::new();
        for word in words {
            let term = self.terms.term(word);
            let parts = self.compounds.get(&word.text).into_iter().flatten();
            let parts = parts.map(|part| self.terms.term(&Word { text: part.clone(), ..word.clone() }));
            let others: Vec<String> = parts.filter(|part| *part != term).collect();
            others.into_iter().chain([term]).for_each(|term| *counts.entry(term).or_default() += 1);
        }
        counts.remove("");
        (counts, words.len() as u32)
    }
}

/// The lexicon of each language of the pages; `spoken_in` has the language of each page's sections.
pub fn lexica(pages: &[Page], spoken_in: &[Vec<String>]) -> BTreeMap<String, Lexicon> {
    let mut all: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (page, tags) in pages.iter().zip(spoken_in) {
        for (section, tag) in page.sections.iter().zip(tags) {
            let texts = section.path.iter().chain([&page.title, &section.text]);
            let plain = texts.flat_map(|text| words(text)).filter(|word| word.kind == Kind::Plain);
            let spelled = |text: &String| text.chars().any(char::is_numeric);
            all.entry(tag).or_default().extend(plain.map(|word| word.text).filter(|text| !spelled(text)));
        }
    }
    all.into_iter().map(|(tag, words)| (tag.to_owned(), Lexicon::of(&words, tag))).collect()
}

/// The languages, the most frequent first.
pub fn spoken(languages: BTreeMap<String, usize>, mut lexica: BTreeMap<String, Lexicon>) -> Vec<Language> {
    let mut languages: Vec<(String, usize)> = languages.into_iter().filter(|(tag, _)| !tag.is_empty()).collect();
    languages.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut language = |(tag, _): (String, usize)| Language {
        endings: lexica.remove(&tag).map(|lexicon| lexicon.endings).unwrap_or_default(),
        function_words: language::function_words(&tag).into_iter().collect(),
        tag,
    };
    languages.into_iter().map(&mut language).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(counts: &Counts) -> Vec<&str> {
        counts.0.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_compounds_parts_stand_beside_it_and_are_no_length() {
        let words = ["strom", "tarif", "stromtarif", "neu"].map(str::to_owned).into();
        let lexicon = Lexicon::of(&words, "de");
        let counts = lexicon.count("Neu: Stromtarif");
        assert_eq!((terms(&counts), counts.1), (vec!["neu", "strom", "stromtarif", "tarif"], 2));
    }

    #[test]
    fn neighbours_in_a_heading_are_one_word_too() {
        let lexicon = Lexicon::of(&BTreeSet::new(), "en");
        let counts = lexicon.count_headings(["Gift cards", "The rules of a card"]);
        assert_eq!(terms(&counts), ["a", "card", "cards", "gift", "giftcards", "of", "rules", "the"]);
        assert_eq!(counts.1, 7);
        assert_eq!(terms(&lexicon.count("Gift cards")), ["cards", "gift"]);
    }
}
