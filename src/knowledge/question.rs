//! A question's words, as they are sought in the index.

use super::{
    few::WordSet,
    format::Language,
    spelling::LEAST_CHARACTERS,
    words::{Kind, Terms, Word, joined, words},
};

/// Most words of a question that are sought: the first ones.
const MOST_WORDS: usize = 48;

/// What a term weighs that is a word's in another language of the site than the question's.
const FOREIGN: f32 = 0.7;

/// What a word of the question before weighs.
const BEFORE: f32 = 0.4;

/// The most words that count in a question which leans on the one before: "and on Sundays?"
const MOST_LEANING: usize = 2;

/// A word that is sought.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sought {
    /// The word itself, in small letters.
    pub text: String,
    /// Its terms, one per language of the site, each with a weight.
    pub terms: Vec<(String, f32)>,
    /// Whether it says what the question is about.
    pub counts: bool,
    /// Whether it is asked in the site's first language.
    pub first: bool,
    kind: Kind,
    carried: bool,
}

impl Sought {
    /// Whether nothing is missing where the site does not have it: the whole of a compound stands beside its parts, and
    /// what the question before was about is no part of this one.
    pub fn may_be_missing(&self) -> bool {
        self.carried || self.kind == Kind::Joined
    }

    /// Whether something near it may be meant. Numbers, types and short words are meant as they are.
    pub fn may_be_near(&self) -> bool {
        self.kind == Kind::Plain
            && self.counts
            && self.text.chars().count() >= LEAST_CHARACTERS
            && !self.text.chars().any(|c| c.is_numeric())
    }
}

/// The languages that a site's visitors ask in: its own.
pub(super) struct Speech(Vec<Spoken>);

/// One of them.
struct Spoken {
    tag: String,
    terms: Terms,
    function_words: WordSet,
}

impl Speech {
    /// Of the languages of an index.
    pub fn of(languages: &[Language]) -> Self {
        let of = |language: &Language| Spoken {
            tag: language.tag.clone(),
            terms: Terms::of(&language.endings),
            function_words: WordSet::of(language.function_words.clone()),
        };
        Self(languages.iter().map(of).collect())
    }

    /// The terms of a language of the index; of another, words are as they are.
    pub fn terms_of(&self, tag: &str) -> Terms {
        let spoken = self.0.iter().find(|spoken| spoken.tag == tag);
        spoken.map(|spoken| spoken.terms.clone()).unwrap_or_default()
    }

    /// The words of a question; when it is short, those of the one before it as well.
    pub fn sought(&self, question: &str, before: Option<&str>) -> Vec<Sought> {
        let mut sought = self.read(question);
        let counting = sought.iter().filter(|word| word.counts).count();
        if let Some(before) = before.filter(|_| counting <= MOST_LEANING) {
            for mut word in self.read(before).into_iter().filter(|word| word.counts) {
                if !sought.iter().any(|own| own.terms == word.terms) {
                    word.terms.iter_mut().for_each(|(_, weight)| *weight *= BEFORE);
                    (word.counts, word.carried) = (false, true);
                    sought.push(word);
                }
            }
        }
        sought
    }

    /// What a text is about: the terms of its words that count, in the language that it seems to be in.
    pub fn about(&self, text: &str) -> Vec<String> {
        let counting = self.read_words(words(text)).into_iter().filter(|word| word.counts);
        counting.filter_map(|word| word.terms.into_iter().next()).map(|(term, _)| term).collect()
    }

    /// All terms of a text's words that count, in each of the languages.
    pub fn all_terms(&self, text: &str) -> Vec<String> {
        let counting = words(text).into_iter().filter(|word| !self.is_function_word(&word.text));
        counting.flat_map(|word| self.0.iter().map(|spoken| spoken.terms.term(&word)).collect::<Vec<_>>()).collect()
    }

    /// Whether these words are of a language whose nouns have capital letters: German.
    pub fn writes_nouns_large(&self, words: &[Word]) -> bool {
        self.0.get(self.spoken(words)).is_some_and(|spoken| spoken.tag == "de")
    }

    /// Whether a word is a function word of any of the languages.
    pub fn is_function_word(&self, word: &str) -> bool {
        self.0.iter().any(|spoken| spoken.function_words.contains(word))
    }

    /// The terms that a word is, in each of the languages.
    pub fn terms(&self, text: String) -> Vec<String> {
        let word = Word { start: 0, end: text.len(), text, kind: Kind::Plain };
        self.0.iter().map(|spoken| spoken.terms.term(&word)).collect()
    }

    fn read(&self, question: &str) -> Vec<Sought> {
        let mut words = words(question);
        words.truncate(MOST_WORDS);
        self.read_words(words)
    }

    fn read_words(&self, mut words: Vec<Word>) -> Vec<Sought> {
        let own = self.spoken(&words);
        let is_function =
            |word: &Word| self.0.get(own).is_some_and(|spoken| spoken.function_words.contains(&word.text));
        let compounds: Vec<Word> =
            words.windows(2).filter(|pair| !pair.iter().any(is_function)).filter_map(joined).collect();
        words.extend(compounds);
        let mut sought: Vec<Sought> = Vec::new();
        for word in words {
            let counts = !is_function(&word);
            let mut terms: Vec<(String, f32)> = Vec::new();
            let mut add = |term: String, weight| {
                if !term.is_empty() && !terms.iter().any(|(known, _)| *known == term) {
                    terms.push((term, weight));
                }
            };
            if let Some(own) = self.0.get(own) {
                add(own.terms.term(&word), 1.0);
            }
            self.0.iter().for_each(|other| add(other.terms.term(&word), FOREIGN));
            let again = sought.iter().any(|known| known.terms.first() == terms.first());
            if !again && !terms.is_empty() {
                let counts = counts && word.kind != Kind::Joined;
                let (text, first, kind) = (word.text, own == 0, word.kind);
                sought.push(Sought { text, terms, counts, first, kind, carried: false });
            }
        }
        sought
    }

    /// Which of the languages the words are most likely of: the one with the most function words among them, and of equals
    /// the site's most frequent.
    fn spoken(&self, words: &[Word]) -> usize {
        let having = |spoken: &Spoken| words.iter().filter(|word| spoken.function_words.contains(&word.text)).count();
        let mut best = (0, 0);
        for (at, language) in self.0.iter().enumerate() {
            let count = having(language);
            if count > best.1 {
                best = (at, count);
            }
        }
        best.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::endings::some_endings;

    fn speech() -> Speech {
        let language = |tag: &str, words: &[&str]| Language {
            tag: tag.into(),
            endings: some_endings(tag),
            function_words: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        Speech::of(&[
            language("en", &["and", "on", "do", "the", "when"]),
            language("de", &["und", "wann", "ihr", "die"]),
        ])
    }

    #[test]
    fn words_count_unless_they_are_function_words_of_the_questions_language() {
        let check = |question: &str, expected: &[&str]| {
            let sought = speech().sought(question, None);
            let counting = sought.iter().filter(|word| word.counts).map(|word| word.terms[0].0.as_str());
            assert_eq!(counting.collect::<Vec<_>>(), expected, "{question}");
        };
        check("When do the shops open?", &["shop", "open"]);
        check("Wann öffnet ihr die Läden?", &["offnet", "lad"]);
        check("do shops die", &["shop", "di"]);
        check("wi-fi wi-fi", &["wi", "fi"]);
        check("", &[]);
    }

    #[test]
    fn a_short_question_carries_the_topic_of_the_one_before() {
        let sought = |question: &str| {
            let sought = speech().sought(question, Some("When do the shops open on Mondays?"));
            sought.into_iter().filter(|word| word.carried).map(|word| word.terms[0].0.clone()).collect::<Vec<_>>()
        };
        assert_eq!(sought("and on Sundays?"), ["shop", "open", "monday"]);
        assert_eq!(sought("and open on Sundays?"), ["shop", "monday"]);
        assert_eq!(sought("How much does espresso cost in the shop?"), [""; 0]);
    }
}
