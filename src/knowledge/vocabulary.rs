//! A shard of the vocabulary: its terms in order, each with the length of its impacts in the postings.
//!
//! Front coding: a term is the number of bytes that it shares with the one before, and the rest. On a documentation site
//! of 60 pages that is 3.6 bytes a term once compressed, the length of its impacts included, and its reader is a screen of
//! code, where a finite state transducer's (`fst`) is 5 KB of the module. A shard is read from front to back for each
//! word, which takes less than a millisecond.

use super::format::{Malformed, put_number, take_number};

/// Most bytes of a term.
pub const MOST_TERM_BYTES: usize = 64;

/// Where a term's impacts are: bytes from the beginning of all postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub start: u32,
    pub length: u32,
}

/// Calls for each term of a shard, in order. `start` is where the first one's impacts begin.
pub(super) fn each(mut bytes: &[u8], start: u32, act: &mut dyn FnMut(&str, Place)) -> Result<(), Malformed> {
    let mut term = String::new();
    let mut start = start;
    while !bytes.is_empty() {
        next_term(&mut bytes, &mut term)?;
        let length = take_number(&mut bytes)?;
        act(&term, Place { start, length });
        start = start.checked_add(length).ok_or(Malformed)?;
    }
    Ok(())
}

/// Takes a front-coded term from the front. `term` is the one before, and becomes this one.
pub(super) fn next_term(bytes: &mut &[u8], term: &mut String) -> Result<(), Malformed> {
    let shared = take_number(bytes)? as usize;
    let own = take_number(bytes)? as usize;
    let (suffix, rest) = bytes.split_at_checked(own).ok_or(Malformed)?;
    if !term.is_char_boundary(shared) || own > MOST_TERM_BYTES || shared + own > MOST_TERM_BYTES {
        return Err(Malformed);
    }
    term.truncate(shared);
    term.push_str(str::from_utf8(suffix).map_err(|_| Malformed)?);
    *bytes = rest;
    Ok(())
}

/// Appends what [`next_term`] takes.
pub(super) fn put_term(bytes: &mut Vec<u8>, before: &str, term: &str) {
    let same = before.chars().zip(term.chars()).take_while(|(a, b)| a == b);
    let shared: usize = same.map(|(c, _)| c.len_utf8()).sum();
    put_number(bytes, shared as u32);
    put_number(bytes, (term.len() - shared) as u32);
    bytes.extend(&term.as_bytes()[shared..]);
}

/// The bytes of a shard, of terms in order with the length of their impacts.
pub fn encode_vocabulary<'a>(terms: impl IntoIterator<Item = (&'a str, u32)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut before = "";
    for (term, length) in terms {
        put_term(&mut bytes, before, term);
        put_number(&mut bytes, length);
        before = term;
    }
    bytes
}
