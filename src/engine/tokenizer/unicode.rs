//! Which characters are letters, numbers and whitespace.
//!
//! The standard library knows alphabetic characters, which are more than the letters (`\p{L}`) of the pre-tokenizers'
//! expressions, so the classes come from a table of our own: [`RUNS`](super::unicode_runs::RUNS), run lengths over all
//! of Unicode 16.0, written by the test below from an independent crate. It is spread out once per tokenizer.

use super::unicode_runs::RUNS;

/// What a character is to a pre-tokenizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// None of the others, unassigned ones included.
    Other,
    /// `\p{L}`: general categories Lu, Ll, Lt, Lm and Lo.
    Letter,
    /// `\p{N}`: general categories Nd, Nl and No.
    Number,
    /// `\s`: the property White_Space.
    Space,
}

/// The class of every character.
#[derive(Clone, Debug)]
pub struct Classes {
    /// The first code point of every run, ascending, with its class in the two lowest bits.
    runs: Vec<u32>,
}

impl Classes {
    /// Spreads out the table.
    #[must_use]
    pub fn new() -> Self {
        let mut runs = Vec::with_capacity(RUNS.len());
        let (mut start, mut value, mut shift) = (0_u32, 0_u32, 0_u32);
        for byte in RUNS {
            value |= u32::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                runs.push(start << 2 | value & 3);
                start += value >> 2;
                (value, shift) = (0, 0);
            }
        }
        Self { runs }
    }

    /// The class of a character.
    #[must_use]
    pub fn of(&self, c: char) -> Class {
        match c {
            'a'..='z' | 'A'..='Z' => return Class::Letter,
            '0'..='9' => return Class::Number,
            ' ' | '\t'..='\r' => return Class::Space,
            '\0'..='\x7f' => return Class::Other,
            _ => {}
        }
        let after = self.runs.partition_point(|run| run >> 2 <= c as u32);
        match after.checked_sub(1).and_then(|at| self.runs.get(at)).map_or(0, |run| run & 3) {
            1 => Class::Letter,
            2 => Class::Number,
            3 => Class::Space,
            _ => Class::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_general_category::{GeneralCategory as Category, get_general_category};

    /// The class according to the independent crate; whitespace according to the standard library.
    fn expected(c: char) -> Class {
        if c.is_whitespace() {
            return Class::Space;
        }
        match get_general_category(c) {
            Category::UppercaseLetter
            | Category::LowercaseLetter
            | Category::TitlecaseLetter
            | Category::ModifierLetter
            | Category::OtherLetter => Class::Letter,
            Category::DecimalNumber | Category::LetterNumber | Category::OtherNumber => Class::Number,
            _ => Class::Other,
        }
    }

    /// The table's bytes: for every run, `length << 2 | class`, seven bits at a time, lowest first.
    fn encode() -> Vec<u8> {
        let mut classes = ('\0'..=char::MAX).map(|c| (c as u32, expected(c))).collect::<Vec<_>>();
        classes.dedup_by_key(|(_, class)| *class);
        let ends = classes.iter().skip(1).map(|(start, _)| *start).chain([char::MAX as u32 + 1]);
        let mut bytes = Vec::new();
        for ((start, class), end) in classes.iter().zip(ends) {
            let mut value = (end - start) << 2 | *class as u32;
            while value >= 0x80 {
                bytes.push(value as u8 | 0x80);
                value >>= 7;
            }
            bytes.push(value as u8);
        }
        bytes
    }

    /// Writes the table anew when `INFERKIT_WRITE_UNICODE` names a file for it.
    #[test]
    fn the_table_is_what_the_independent_crate_says() {
        let bytes = encode();
        if let Ok(path) = std::env::var("INFERKIT_WRITE_UNICODE") {
            let rows = bytes.chunks(22).map(|row| {
                let row: Vec<String> = row.iter().map(|byte| format!("{byte:3}")).collect();
                format!("    {},\n", row.join(", "))
            });
            let source = format!(
                "//! Written by the test in `unicode.rs`; do not edit.\n\n\
                 /// Runs of characters of one class, from U+0000 on: `length << 2 | class`, seven bits at a time, lowest first.\n\
                 #[rustfmt::skip]\npub const RUNS: &[u8] = &[\n{}];\n",
                rows.collect::<String>()
            );
            std::fs::write(path, source).expect("the table can be written");
        }
        assert!(
            bytes == RUNS,
            "the table is stale: run this test with INFERKIT_WRITE_UNICODE=src/engine/tokenizer/unicode_runs.rs"
        );
    }

    #[test]
    fn every_character_has_its_class() {
        let classes = Classes::new();
        for c in '\0'..=char::MAX {
            assert_eq!(classes.of(c), expected(c), "{c:?} U+{:04X}", c as u32);
        }
    }

    #[test]
    fn alphabetic_is_not_letter() {
        let classes = Classes::new();
        // Devanagari vowel signs and Roman numerals are alphabetic, but no letters.
        for c in ['\u{93e}', 'Ⅻ', '\u{345}'] {
            assert!(c.is_alphabetic());
            assert_ne!(classes.of(c), Class::Letter, "{c:?}");
        }
    }
}
