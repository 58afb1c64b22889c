//! Pre-tokenizers: text is cut into words, and no token reaches across a cut.
//!
//! The published pre-tokenizers are regular expressions; these scanners are the same, written out. Each alternative of
//! an expression is a step of [`gpt2`] or [`llama3`], in its order, and `tests/tokenizer.rs` compares them with the
//! expressions themselves. The expressions are those of the models' own `tokenizer.json`, which llama.cpp follows too.

use super::unicode::{Class, Classes};

/// How text is cut into words, by the names that `tokenizer.ggml.pre` uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pre {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    Gpt2,
    /// Every `\p{N}` on its own first; what lies between, as GPT-2 does.
    SmolLm,
    /// ``(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+``
    /// `|\s+(?!\S)|\s+`
    Llama3,
    /// As Llama 3, with `\p{N}` in place of `\p{N}{1,3}`.
    Qwen2,
}

/// Every name and its scanner.
const NAMES: &[(&str, Pre)] = &[
    ("gpt-2", Pre::Gpt2),
    ("gpt2", Pre::Gpt2),
    ("smollm", Pre::SmolLm),
    ("llama-bpe", Pre::Llama3),
    ("llama3", Pre::Llama3),
    ("llama-v3", Pre::Llama3),
    ("qwen2", Pre::Qwen2),
];

/// The contractions of all four expressions, after the apostrophe. None begins another.
const CONTRACTIONS: &[&str] = &["s", "t", "re", "ve", "m", "ll", "d"];

impl Pre {
    /// The pre-tokenizer of a `tokenizer.ggml.pre`, if it is one of ours.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, pre)| *pre)
    }

    /// Whether a word that is a token as a whole stays one, whatever the merges say (`ignore_merges`).
    #[must_use]
    pub fn keeps_whole_words(self) -> bool {
        self == Self::Llama3
    }

    /// Whether a file that says nothing wants its beginning-of-sequence token, as llama.cpp decides it.
    #[must_use]
    pub fn begins_by_default(self) -> bool {
        self == Self::Llama3
    }

    /// Cuts a text into words: none is empty, and together they are the text.
    pub fn words<'text>(self, classes: &Classes, text: &'text str, mut word: impl FnMut(&'text str)) {
        if self != Self::SmolLm {
            return self.scan(classes, text, &mut word);
        }
        // The pieces between digits are scanned apart: a lookahead does not see past the end of its piece.
        let mut rest = text;
        while let Some((at, digit)) = rest.char_indices().find(|(_, c)| classes.of(*c) == Class::Number) {
            let (between, from_digit) = rest.split_at(at);
            let (digit, after) = from_digit.split_at(digit.len_utf8());
            self.scan(classes, between, &mut word);
            word(digit);
            rest = after;
        }
        self.scan(classes, rest, &mut word);
    }

    fn scan<'text>(self, classes: &Classes, text: &'text str, word: &mut impl FnMut(&'text str)) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = match self {
                Self::Gpt2 | Self::SmolLm => gpt2(classes, first, rest),
                Self::Llama3 => llama3(classes, first, rest, 3),
                Self::Qwen2 => llama3(classes, first, rest, 1),
            };
            let (head, tail) = rest.split_at(length);
            word(head);
            rest = tail;
        }
    }
}

/// The length in bytes of GPT-2's first word in `text`, which begins with `first`.
fn gpt2(classes: &Classes, first: char, text: &str) -> usize {
    // 's|'t|'re|'ve|'m|'ll|'d
    if let Some(length) = contraction(text, |pattern, c| pattern == c) {
        return length;
    }
    // ` ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+`
    let after_space = text.strip_prefix(' ').unwrap_or(text);
    let space = text.len() - after_space.len();
    if let Some(class) = after_space.chars().next().map(|c| classes.of(c)).filter(|class| *class != Class::Space) {
        return space + run(after_space, |c| classes.of(c) == class);
    }
    whitespace(classes, first, text)
}

/// The length in bytes of Llama 3's first word in `text`, which begins with `first`.
fn llama3(classes: &Classes, first: char, text: &str, digits: usize) -> usize {
    // (?i:'s|'t|'re|'ve|'m|'ll|'d). Unicode folds the long s (U+017F) to s; no other letter here has such a twin.
    if let Some(length) =
        contraction(text, |pattern, c| pattern == c.to_ascii_lowercase() || (pattern == 's' && c == 'ſ'))
    {
        return length;
    }
    // [^\r\n\p{L}\p{N}]?\p{L}+
    let class = classes.of(first);
    let is_letter = |c| classes.of(c) == Class::Letter;
    let lead = match class {
        Class::Letter | Class::Number => 0,
        Class::Space | Class::Other if matches!(first, '\r' | '\n') => 0,
        Class::Space | Class::Other => first.len_utf8(),
    };
    let letters = run(&text[lead..], is_letter);
    if letters > 0 {
        return lead + letters;
    }
    // \p{N}{1,3}
    if class == Class::Number {
        return text.chars().take(digits).take_while(|c| classes.of(*c) == Class::Number).map(char::len_utf8).sum();
    }
    // ` ?[^\s\p{L}\p{N}]+[\r\n]*`
    let after_space = text.strip_prefix(' ').unwrap_or(text);
    let symbols = run(after_space, |c| classes.of(c) == Class::Other);
    if symbols > 0 {
        let end = text.len() - after_space.len() + symbols;
        return end + run(&text[end..], is_line_break);
    }
    // \s*[\r\n]+ ends after the last line break of the whitespace.
    let spaces = &text[..run(text, |c| classes.of(c) == Class::Space)];
    if let Some(last) = spaces.rfind(is_line_break) {
        return last + 1;
    }
    whitespace(classes, first, text)
}

/// `\s+(?!\S)|\s+`: whitespace leaves its last character to the word that follows, unless it has only that one.
fn whitespace(classes: &Classes, first: char, text: &str) -> usize {
    let length = run(text, |c| classes.of(c) == Class::Space);
    let spaces = &text[..length];
    let last = spaces.chars().next_back().unwrap_or(first).len_utf8();
    if length == text.len() || length == last { length.max(first.len_utf8()) } else { length - last }
}

/// The length of a contraction at the start of the text. `same` compares its letters with the text's characters.
fn contraction(text: &str, same: impl Fn(char, char) -> bool) -> Option<usize> {
    let rest = text.strip_prefix('\'')?;
    CONTRACTIONS.iter().find_map(|pattern| {
        let mut chars = rest.chars();
        let mut length = 1;
        for expected in pattern.chars() {
            let c = chars.next().filter(|c| same(expected, *c))?;
            length += c.len_utf8();
        }
        Some(length)
    })
}

/// The length in bytes of the characters at the start of the text that fit.
fn run(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c| !fits(c)).unwrap_or(text.len())
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pre: Pre, words: &[&str]) {
        let text = words.concat();
        let mut found = Vec::new();
        pre.words(&Classes::new(), &text, |word| found.push(word));
        assert_eq!(found, words, "{pre:?} of {text:?}");
    }

    #[test]
    fn words_with_their_space() {
        for pre in [Pre::Gpt2, Pre::SmolLm, Pre::Llama3, Pre::Qwen2] {
            check(pre, &["Hello", ",", " world", "!!"]);
            check(pre, &["don", "'t", " stop"]);
            check(pre, &[" ", " two", " ", " spaces", "  "]);
        }
    }

    #[test]
    fn digits() {
        check(Pre::Gpt2, &["a", " ", " 12345", " 6"]);
        check(Pre::SmolLm, &["a", "  ", "1", "2", " ", "½"]);
        check(Pre::Llama3, &["a", " ", " ", "123", "45"]);
        check(Pre::Qwen2, &["a", " ", " ", "1", "2", "٣"]);
    }

    #[test]
    fn contractions_in_capitals() {
        check(Pre::Gpt2, &["I", "'", "LL", " he", "'ll"]);
        check(Pre::Llama3, &["I", "'LL", " it", "'ſ", " x", "'Re"]);
        check(Pre::Qwen2, &["'T", "is"]);
    }

    #[test]
    fn line_breaks() {
        check(Pre::Gpt2, &["a", "\r\n", "\n", "b"]);
        check(Pre::Llama3, &["a", " \r\n\n", "\t", " b", ";\n\n", "c", "\n"]);
        check(Pre::Llama3, &["\t\n", " ", " x"]);
        check(Pre::Qwen2, &["\u{a0}x", "\u{3000}\u{85}", "\u{2028}y"]);
    }
}
