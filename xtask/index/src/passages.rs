//! Sections to passages: what is ranked, shown and cited.
//!
//! A section is a passage, however short: its heading and its anchor are what a visitor is led to. A long one is cut into
//! parts of about the same length, between paragraphs where possible, else between sentences, else between words.

use crate::page::Section;

/// Most words of a passage.
pub const MOST_WORDS: usize = 120;

/// The texts of a section's passages, in order.
pub fn cut(section: &Section) -> Vec<String> {
    let count = words(&section.text);
    if count <= MOST_WORDS {
        return vec![section.text.clone()];
    }
    let target = count.div_ceil(count.div_ceil(MOST_WORDS));
    let mut passages: Vec<String> = Vec::new();
    let mut open = String::new();
    let mut held = 0;
    for (piece, parted_by) in pieces(&section.text, target) {
        let size = words(&piece);
        // Closer to the target without this piece than with it.
        if held > 0 && (held + size > MOST_WORDS || 2 * (held + size) > 2 * target + size) {
            passages.push(std::mem::take(&mut open));
            held = 0;
        }
        if held > 0 {
            open.push(parted_by);
        }
        open.push_str(&piece);
        held += size;
    }
    if !open.is_empty() {
        passages.push(open);
    }
    passages
}

/// Pieces of a text of at most so many words each, with what stands before each.
fn pieces(text: &str, most: usize) -> Vec<(String, char)> {
    let mut pieces = Vec::new();
    for paragraph in text.lines() {
        if words(paragraph) <= most {
            pieces.push((paragraph.to_owned(), '\n'));
            continue;
        }
        let mut parted_by = '\n';
        for sentence in paragraph.split_inclusive(['.', '!', '?', '。', '！', '？']) {
            let own: Vec<&str> = sentence.split_whitespace().collect();
            // A sentence goes on where no space follows its mark, as in "16.0".
            let goes_on = !sentence.starts_with(char::is_whitespace) && parted_by == ' ';
            match pieces.last_mut() {
                Some((last, _)) if goes_on && words(last) + own.len() <= most => last.push_str(sentence.trim_end()),
                _ => own.chunks(most.max(1)).for_each(|words| {
                    pieces.push((words.join(" "), parted_by));
                    parted_by = ' ';
                }),
            }
        }
    }
    pieces
}

/// How many words a text has; in languages without spaces, two characters are taken for one.
fn words(text: &str) -> usize {
    let unspaced = text.chars().filter(|c| matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')).count();
    text.split_whitespace().count() + unspaced / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn section(text: &str) -> Section {
        Section { text: text.to_owned(), ..Section::default() }
    }

    #[test]
    fn a_short_section_is_one_passage() {
        assert_eq!(cut(&section("One.\nTwo.")), ["One.\nTwo."]);
        assert_eq!(cut(&section("")), [""]);
    }

    #[test]
    fn a_long_section_is_cut_between_paragraphs() {
        let paragraph = |word: &str| format!("{} end.", vec![word; 49].join(" "));
        let text = ["a", "b", "c", "d"].map(paragraph).join("\n");
        let cut = cut(&section(&text));
        assert_eq!(cut, [["a", "b"].map(paragraph).join("\n"), ["c", "d"].map(paragraph).join("\n")]);
    }

    #[test]
    fn a_long_paragraph_is_cut_between_sentences_and_versions_stay_whole() {
        let text = vec!["Since 16.0 this works."; 100].join(" ");
        let cut = cut(&section(&text));
        assert_eq!(cut.join(" "), text);
        assert!(cut.iter().all(|passage| passage.starts_with("Since") && passage.ends_with("works.")), "{cut:?}");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_passage_is_long(words_of in prop::collection::vec("[a-z.]{1,6}[ \n]", 0..1_500)) {
            let text = words_of.concat();
            let cut = cut(&section(text.trim()));
            prop_assert!(cut.iter().all(|passage| words(passage) <= MOST_WORDS));
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&cut.concat()), letters(&text));
        }
    }
}
