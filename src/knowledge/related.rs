//! Words that the site does not use, each with terms that it does use for much the same: `couch`, where the pages say sofa.
//!
//! The table is made with word vectors when the index is, and is parted by the alphabet, so that a question fetches the
//! parts with its unknown words and no other. An entry brings what its terms' vocabulary would tell: no second file is
//! needed for them. A word without such terms is listed too: it is a word, and no typo.

use super::{
    format::{Malformed, take_number},
    vocabulary::{Place, next_term, put_term},
};

/// A term of the index that stands for a word which the index does not have.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    /// The term.
    pub term: String,
    /// Where its impacts begin, in bytes from the beginning of all postings.
    pub start: u32,
    /// The bytes of its impacts.
    pub length: u32,
    /// How near it is to the word, of 255.
    pub near: u8,
}

impl Related {
    pub(super) fn place(&self) -> Place {
        Place { start: self.start, length: self.length }
    }
}

/// What stands in a part of the table for a word, by its term; nothing for a word that is not in it.
pub(super) fn find(mut bytes: &[u8], sought: &str) -> Result<Option<Vec<Related>>, Malformed> {
    let mut word = String::new();
    while !bytes.is_empty() {
        next_term(&mut bytes, &mut word)?;
        let mut related = Vec::new();
        for _ in 0..take_number(&mut bytes)? {
            let mut term = String::new();
            next_term(&mut bytes, &mut term)?;
            let (start, length) = (take_number(&mut bytes)?, take_number(&mut bytes)?);
            let (near, rest) = bytes.split_first().ok_or(Malformed)?;
            bytes = rest;
            if word == sought {
                related.push(Related { term, start, length, near: *near });
            }
        }
        if word == sought {
            return Ok(Some(related));
        }
    }
    Ok(None)
}

/// The bytes of a part of the table, of words in order.
pub fn encode_related<'a>(words: impl IntoIterator<Item = (&'a str, &'a [Related])>) -> Vec<u8> {
    use super::format::put_number;
    let mut bytes = Vec::new();
    let mut before = "";
    for (word, related) in words {
        put_term(&mut bytes, before, word);
        put_number(&mut bytes, related.len() as u32);
        for Related { term, start, length, near } in related {
            put_term(&mut bytes, "", term);
            put_number(&mut bytes, *start);
            put_number(&mut bytes, *length);
            bytes.push(*near);
        }
        before = word;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_with_its_terms_and_damage_is_told() {
        let sofa = Related { term: "sofa".into(), start: 70_000, length: 300, near: 200 };
        let none: &[Related] = &[];
        let bytes = encode_related([
            ("couch", std::slice::from_ref(&sofa)),
            ("cough", none),
            ("zebra", std::slice::from_ref(&sofa)),
        ]);
        assert_eq!(find(&bytes, "couch"), Ok(Some(vec![sofa.clone()])));
        assert_eq!(find(&bytes, "cough"), Ok(Some(vec![])));
        assert_eq!(find(&bytes, "zebra"), Ok(Some(vec![sofa])));
        assert_eq!(find(&bytes, "cou"), Ok(None));
        for end in 1..bytes.len() {
            assert!(find(&bytes[..end], "zebra") != find(&bytes, "zebra"));
        }
    }
}
