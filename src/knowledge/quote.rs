//! The sentences of a passage that a question is answered by.

use std::ops::Range;

use super::{
    few::order,
    words::{Terms, words},
};

/// Most sentences that are marked in a passage.
const MOST_MARKED: usize = 3;

/// The sentences with the question's words, best first: those that have the most of their IDF, and of equals the first.
///
/// `weighed` is the question's terms, each with its IDF.
pub(super) fn quote(text: &str, terms: &Terms, weighed: &[(String, f32)]) -> Vec<Range<usize>> {
    let mut found: Vec<(f32, Range<usize>)> = Vec::new();
    for sentence in sentences(text) {
        let own: Vec<String> = words(&text[sentence.clone()]).iter().map(|word| terms.term(word)).collect();
        let gain: f32 = weighed.iter().filter(|(term, _)| own.contains(term)).map(|(_, idf)| idf).sum();
        if gain > 0.0 {
            found.push((gain, sentence));
        }
    }
    order(&mut found, |a, b| a.0 > b.0);
    found.truncate(MOST_MARKED);
    found.into_iter().map(|(_, sentence)| sentence).collect()
}

/// The sentences of a text, as ranges of bytes without the space around them. A line's end is a sentence's.
pub(super) fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut push = |start: usize, end: usize| {
        let whole = &text[start..end];
        let from = start + whole.len() - whole.trim_start().len();
        let sentence = whole.trim();
        if !sentence.is_empty() {
            sentences.push(from..from + sentence.len());
        }
    };
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let rest = &text[end..];
        let ends = match c {
            '\n' | '。' | '！' | '？' => true,
            // "e.g. this" and "16.0" go on.
            '.' | '!' | '?' | '…' => {
                let after = rest.trim_start_matches(['"', '\'', '”', '’', ')', '»']);
                after.starts_with(char::is_whitespace) && !after.trim_start().starts_with(char::is_lowercase)
            }
            _ => false,
        };
        if ends {
            push(start, end);
            start = end;
        }
    }
    push(start, text.len());
    sentences
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::knowledge::endings::some_endings;

    #[test]
    fn text_is_cut_into_sentences() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("One. Two! Three?", &["One.", "Two!", "Three?"]);
        check(
            "Since 16.0 it can, e.g. by hand, be set. Then?\nA line",
            &["Since 16.0 it can, e.g. by hand, be set.", "Then?", "A line"],
        );
        check("He said \"No.\" She left.", &["He said \"No.", "\" She left."]);
        check("月曜日は休み。火曜日から。", &["月曜日は休み。", "火曜日から。"]);
        check(" \n ", &[]);
    }

    #[test]
    fn the_sentence_with_the_rarest_words_comes_first() {
        let text = "We sell coffee. The shop opens at nine on Sundays. Coffee is good.";
        let weighed = [("open".to_owned(), 3.0), ("sunday".to_owned(), 4.0), ("coffe".to_owned(), 1.0)];
        let quoted: Vec<&str> =
            quote(text, &Terms::of(&some_endings("en")), &weighed).into_iter().map(|range| &text[range]).collect();
        assert_eq!(quoted, ["The shop opens at nine on Sundays.", "We sell coffee.", "Coffee is good."]);
    }

    proptest! {
        #[test]
        fn sentences_lie_in_the_text_in_order(text in "[a-z.!? \n。é\"]{0,60}") {
            let mut end = 0;
            for sentence in sentences(&text) {
                prop_assert!(sentence.start >= end && sentence.start < sentence.end);
                prop_assert!(text.get(sentence.clone()).is_some_and(|found| found.trim() == found));
                end = sentence.end;
            }
        }
    }
}
