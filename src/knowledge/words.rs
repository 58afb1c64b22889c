//! Text to words, and words to terms: the same for a page when the index is made and for a question.
//!
//! - A word is a run of letters and digits. An apostrophe before a contraction's end is nothing (`doesn't`, `it’s`); before
//!   anything else it parts two words (`l’eau`).
//! - What a hyphen, dot or underscore joins is its parts, and also the whole (`wi-fi`: `wi`, `fi`, `wifi`), for people
//!   type it in either way.
//! - Chinese and Japanese have no spaces: a word is two neighbouring characters.
//! - A word with a digit is taken as it is typed; any other loses its accents, as visitors drop them, and then the ending
//!   that its language has for it (see `endings`).

use super::{
    endings::{Ending, shortened},
    lower::lower,
    vocabulary::MOST_TERM_BYTES,
};

/// A word in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// In small letters, without apostrophes.
    pub text: String,
    /// Where it begins in the text, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What kind of word it is.
    pub kind: Kind,
}

/// What a [`Word`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One that stands for itself.
    Plain,
    /// Several words around it taken as one: beside them, not in their place.
    Joined,
    /// Two characters of a language without spaces, or a single one that stands alone.
    Characters,
}

/// The words of a text, in order; one that is joined of others comes after them.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text.char_indices().peekable();
    // Where the words begin that only hyphens and the like part, as a place in `words`.
    let mut compound = 0;
    while let Some((start, c)) = rest.peek().copied() {
        if is_unspaced(c) {
            let run = text[start..].find(|c| !is_unspaced(c)).map_or(text.len(), |length| start + length);
            pairs(text, start, run, &mut words);
            compound = words.len();
            while rest.next_if(|(at, _)| *at < run).is_some() {}
        } else if c.is_alphanumeric() {
            let end = word_end(text, start);
            let is_letter = |c: &char| !matches!(c, '\'' | '’');
            let word: String = text[start..end].chars().filter(is_letter).collect();
            words.push(Word { text: lower(&word), start, end, kind: Kind::Plain });
            while rest.next_if(|(at, _)| *at < end).is_some() {}
        } else {
            rest.next();
            let after = rest.peek().is_some_and(|(_, next)| next.is_alphanumeric() && !is_unspaced(*next));
            let before = words.last().is_some_and(|word| word.end == start && word.kind == Kind::Plain);
            if !(matches!(c, '-' | '.' | '_' | '‑') && before && after) {
                join(&mut words, compound);
                compound = words.len();
            }
        }
    }
    join(&mut words, compound);
    words
}

/// Adds the whole of a compound to its parts, which are the last of the words.
fn join(words: &mut Vec<Word>, compound: usize) {
    if let [first, _, ..] = &words[compound..] {
        let whole: String = words[compound..].iter().map(|word| word.text.as_str()).collect();
        if whole.len() <= MOST_TERM_BYTES / 2 {
            let (start, end) = (first.start, words.last().map_or(first.end, |last| last.end));
            words.push(Word { text: whole, start, end, kind: Kind::Joined });
        }
    }
}

/// How long two neighbours are at least, in characters, to be taken as one word.
const LEAST_JOINED: usize = 3;

/// Two neighbours as one word: some write `nightlight` and `Versandkosten`, and others type them apart.
pub fn joined(pair: &[Word]) -> Option<Word> {
    let [first, second] = pair else { return None };
    let is_plain = |word: &Word| word.kind == Kind::Plain && word.text.chars().count() >= LEAST_JOINED;
    let text = [first.text.as_str(), &second.text].concat();
    let (start, end) = (first.start, second.end);
    (is_plain(first) && is_plain(second)).then_some(Word { text, start, end, kind: Kind::Joined })
}

/// Where the word ends that starts here: apostrophes of contractions are inside.
fn word_end(text: &str, start: usize) -> usize {
    const CONTRACTED: [&str; 7] = ["s", "t", "m", "d", "ll", "re", "ve"];
    let run = |from: usize| {
        let end = text[from..].find(|c: char| !c.is_alphanumeric() || is_unspaced(c));
        end.map_or(text.len(), |length| from + length)
    };
    let end = run(start);
    let after = text[end..].strip_prefix(['\'', '’']).map_or(end, |rest| text.len() - rest.len());
    let contracted = after > end && CONTRACTED.iter().any(|end| text[after..run(after)].eq_ignore_ascii_case(end));
    if contracted { run(after) } else { end }
}

/// Each two neighbouring characters of a run, or its only one.
fn pairs(text: &str, start: usize, end: usize, words: &mut Vec<Word>) {
    let mut push = |start: usize, end: usize| {
        words.push(Word { text: text[start..end].to_owned(), start, end, kind: Kind::Characters });
    };
    let starts: Vec<usize> = text[start..end].char_indices().map(|(at, _)| start + at).chain([end]).collect();
    match starts.as_slice() {
        [only, end] => push(*only, *end),
        starts => starts.windows(3).for_each(|pair| push(pair[0], pair[2])),
    }
}

/// Whether this is a character of a language that puts no spaces between words: Han, Hiragana, Katakana.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

/// A language's way to make terms of words: by its endings. Without any, words are as they are.
#[derive(Clone, Debug, Default)]
pub struct Terms(Vec<Ending>);

impl Terms {
    /// By these endings, which are sorted.
    pub fn of(endings: &[Ending]) -> Self {
        Self(endings.to_vec())
    }

    /// The term of a word.
    pub fn term(&self, word: &Word) -> String {
        let spelled = word.kind == Kind::Characters || word.text.chars().any(|c| c.is_numeric());
        let bare = plain(&word.text);
        let mut term = if spelled { bare } else { shortened(&bare, &self.0) };
        if term.len() > MOST_TERM_BYTES {
            let end = (0..=MOST_TERM_BYTES).rev().find(|end| term.is_char_boundary(*end)).unwrap_or_default();
            term.truncate(end);
        }
        term
    }
}

/// A word in the letters that a visitor without its keyboard types.
pub fn plain(word: &str) -> String {
    word.replace('ß', "ss").chars().map(without_accent).collect()
}

/// The letter that a visitor without this keyboard types: Latin letters of U+00E0 to U+017E.
fn without_accent(c: char) -> char {
    const PLAIN: [(&str, char); 17] = [
        ("àáâãäåāăą", 'a'),
        ("çćĉċč", 'c'),
        ("ďđ", 'd'),
        ("èéêëēĕėęě", 'e'),
        ("ĝğġģ", 'g'),
        ("ĥħ", 'h'),
        ("ìíîïĩīĭįı", 'i'),
        ("ķ", 'k'),
        ("ĺļľŀł", 'l'),
        ("ñńņňŉ", 'n'),
        ("òóôõöøōŏő", 'o'),
        ("ŕŗř", 'r'),
        ("śŝşš", 's'),
        ("ţťŧ", 't'),
        ("ùúûüũūŭůűų", 'u'),
        ("ýÿŷ", 'y'),
        ("źżž", 'z'),
    ];
    if !('à'..='ž').contains(&c) {
        return c;
    }
    PLAIN.iter().find(|(letters, _)| letters.contains(c)).map_or(c, |(_, plain)| *plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::knowledge::endings::some_endings;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn text_is_cut_into_words() {
        let check = |text: &str, expected: &[&str]| assert_eq!(texts(text), expected, "{text}");
        check("Do the LEDs flicker?", &["do", "the", "leds", "flicker"]);
        check("It doesn’t; that's John's.", &["it", "doesnt", "thats", "johns"]);
        check("l'eau d’orange O'Brien", &["l", "eau", "d", "orange", "o", "brien"]);
        check(
            "a wi-fi WT32-ETH01 e1.31 v16.0.0",
            &["a", "wi", "fi", "wifi", "wt32", "eth01", "wt32eth01", "e1", "31", "e131", "v16", "0", "0", "v1600"],
        );
        check("end. Next - and-", &["end", "next", "and"]);
        check("営業時間は？ 店 sale-店", &["営業", "業時", "時間", "間は", "店", "sale", "店"]);
        check("Größe, ÉTÉ", &["größe", "été"]);
        check("", &[]);
        check("--- '' .", &[]);
    }

    #[test]
    fn words_become_terms_of_their_language() {
        let check = |tag: &str, text: &str, expected: &[&str]| {
            let terms = Terms::of(&some_endings(tag));
            assert_eq!(words(text).iter().map(|word| terms.term(word)).collect::<Vec<_>>(), expected, "{text}");
        };
        check("en", "running shoes happily 44th esp32s", &["run", "shoe", "happili", "44th", "esp32s"]);
        check("de", "Öffnungszeiten Größe Tüten", &["offnungszeit", "gross", "tut"]);
        check("fr", "élèves", &["eleves"]);
        check("tlh", "running", &["running"]);
        check("ja", "時間", &["時間"]);
    }

    proptest! {
        #[test]
        fn words_lie_in_the_text_and_terms_are_bounded(text in "\\PC{0,80}") {
            let (terms, mut end) = (Terms::of(&some_endings("en")), 0);
            for word in words(&text) {
                prop_assert!(word.start < word.end && text.get(word.start..word.end).is_some());
                prop_assert!(word.kind != Kind::Plain || word.start >= end);
                end = word.end.max(end);
                prop_assert!(terms.term(&word).len() <= MOST_TERM_BYTES);
            }
        }
    }
}
