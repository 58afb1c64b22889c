//! The number that stands on the visitor's screen, in the developer's hands and on our log lines.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Crockford's base 32: no I, L, O or U, so that it survives being read aloud and typed.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many characters follow `c-`. Fifty bits: among a million failures two share a number once in two thousand
/// times.
const CHARACTERS: u32 = 10;

/// Names one failure. Either the server's request id or, for a failure that never reached a server, `c-` and ten
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(String);

impl Reference {
    /// A number of our own, from eight bytes of the platform's cryptographic random source. Make it once per
    /// failure.
    #[must_use]
    pub fn client(random: [u8; 8]) -> Self {
        let bits = u64::from_be_bytes(random);
        let characters = (0..CHARACTERS).rev().map(|place| {
            let digit = (bits >> (place * 5)) & 31;
            char::from(ALPHABET[digit as usize])
        });
        Self("c-".chars().chain(characters).collect())
    }

    /// A server's request id, if it is one that we may show: 6 to 64 of `A-Z a-z 0-9 . _ : -`.
    #[must_use]
    pub fn from_request_id(id: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        ((6..=64).contains(&id.len()) && id.bytes().all(allowed)).then(|| Self(id.to_owned()))
    }

    /// The text to show and to copy.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ours_are_ten_characters_of_crockfords_alphabet() {
        assert_eq!(Reference::client([0; 8]).as_str(), "c-0000000000");
        assert_eq!(Reference::client([0xff; 8]).as_str(), "c-ZZZZZZZZZZ");
        assert_eq!(Reference::client([0, 0, 0, 0, 0, 0, 0, 33]).as_str(), "c-0000000011");
        // The fifty low bits: 0b00001 in the first place, all else zero.
        assert_eq!(Reference::client((1u64 << 45).to_be_bytes()).as_str(), "c-1000000000");
    }

    #[test]
    fn a_request_id_is_taken_only_in_a_harmless_shape() {
        let check = |id: &str, taken: bool| {
            assert_eq!(Reference::from_request_id(id).map(|r| r.to_string()), taken.then(|| id.to_owned()), "{id:?}");
        };
        check("9f3c12a8-7b1d-4a55-9d53-0f6f0c8f4a10", true);
        check("req_01:AB.cd", true);
        check("abcdef", true);
        check(&"a".repeat(64), true);
        check("abcde", false);
        check(&"a".repeat(65), false);
        check("", false);
        check("abc def", false);
        check("<b>bold</b>", false);
        check("abcdef\n", false);
        check("äöüäöü", false);
        check("abc/def", false);
    }

    proptest! {
        #[test]
        fn ours_could_be_a_request_id_too(random: [u8; 8]) {
            let ours = Reference::client(random);
            prop_assert_eq!(ours.as_str().len(), 12);
            prop_assert!(ours.as_str()[2..].bytes().all(|byte| ALPHABET.contains(&byte)));
            prop_assert_eq!(Reference::from_request_id(ours.as_str()), Some(ours));
        }

        #[test]
        fn what_is_taken_is_taken_unchanged(id in "\\PC{0,80}") {
            if let Some(taken) = Reference::from_request_id(&id) {
                prop_assert_eq!(taken.as_str(), id);
            }
        }
    }
}
