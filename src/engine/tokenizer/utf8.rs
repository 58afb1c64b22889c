//! Bytes of tokens become text as they arrive, never half a character.
//!
//! A byte-level token may end inside a character, so a few bytes wait here until the rest of it comes.

use std::str::from_utf8;

/// Decodes UTF-8 that arrives in pieces.
///
/// However the bytes are cut, the pieces of text together equal [`String::from_utf8_lossy`] of all of them: every
/// maximal invalid sequence becomes one U+FFFD.
#[derive(Clone, Debug, Default)]
pub struct Utf8Stream {
    /// The start of a character, at most three bytes.
    pending: Vec<u8>,
}

impl Utf8Stream {
    /// Takes more bytes and returns the text that they complete; the start of a character waits for its rest.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::with_capacity(self.pending.len());
        let mut rest = self.pending.as_slice();
        let kept = loop {
            let error = match from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    break 0;
                }
                Err(error) => error,
            };
            let (valid, invalid) = rest.split_at(error.valid_up_to());
            text.push_str(from_utf8(valid).unwrap_or_default());
            let Some(wrong) = error.error_len() else {
                break invalid.len();
            };
            text.push(char::REPLACEMENT_CHARACTER);
            rest = invalid.get(wrong..).unwrap_or_default();
        };
        self.pending.drain(..self.pending.len() - kept);
        text
    }

    /// No more bytes will come: what waits is a character cut short, shown as one U+FFFD.
    pub fn finish(&mut self) -> String {
        if self.pending.is_empty() {
            return String::new();
        }
        self.pending.clear();
        char::REPLACEMENT_CHARACTER.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLES: &[&[u8]] = &[
        b"",
        b"plain",
        "é ü ß — “quotes” 日本語 👩‍👩‍👧 🇩🇪 \u{10FFFF} \u{0}".as_bytes(),
        b"\xff",
        b"a\xc3",
        b"a\xc3(b",
        b"\xe2\x82",
        b"\xe2\x82x\xe2\x82\xac",
        b"\xf0\x9f\x98",
        b"\xf0\x9f\xf0\x9f\x98\x80",
        b"\xc0\x80 overlong \xe0\x80\x80",
        b"\xed\xa0\x80 surrogate",
        b"\xf4\x90\x80\x80 beyond",
        b"\x80\x80\x80\xf5\xfe",
    ];

    fn check(pieces: &[&[u8]]) {
        let mut stream = Utf8Stream::default();
        let mut text = String::new();
        for piece in pieces {
            text += &stream.push(piece);
            assert!(stream.pending.len() < 4, "more than the start of a character waits: {:?}", stream.pending);
        }
        text += &stream.finish();
        assert_eq!(text, String::from_utf8_lossy(&pieces.concat()), "in pieces {pieces:?}");
        assert_eq!(stream.finish(), "", "nothing is left after the end");
    }

    #[test]
    fn every_cut_into_two_gives_the_whole() {
        for sample in SAMPLES {
            for at in 0..=sample.len() {
                let (head, tail) = sample.split_at(at);
                check(&[head, tail]);
            }
        }
    }

    #[test]
    fn every_cut_into_three_gives_the_whole() {
        for sample in SAMPLES {
            for first in 0..=sample.len() {
                for second in first..=sample.len() {
                    check(&[&sample[..first], &sample[first..second], &sample[second..]]);
                }
            }
        }
    }

    #[test]
    fn byte_by_byte_gives_the_whole() {
        for sample in SAMPLES {
            let pieces: Vec<&[u8]> = sample.chunks(1).collect();
            check(&pieces);
        }
    }

    #[test]
    fn half_a_character_is_never_shown() {
        let mut stream = Utf8Stream::default();
        let shown: Vec<String> = "😀".bytes().map(|byte| stream.push(&[byte])).collect();
        assert_eq!(shown, ["", "", "", "😀"]);
    }

    #[test]
    fn a_complete_prefix_does_not_wait() {
        let mut stream = Utf8Stream::default();
        assert_eq!(stream.push(b"caf\xc3"), "caf");
        assert_eq!(stream.push(b"\xa9!"), "é!");
    }
}
