//! The files of an index, and how their bytes are read.
//!
//! All are in postcard's format, compressed by raw DEFLATE (RFC 1951), since few static hosts compress what they do not
//! know. A file's name is its [`Name`], made from its content: files can be kept for ever, and an index that changes
//! under a visitor's hands is never a mixture of two. Only [`MANIFEST`] has a name that stays, and it is written last.
//!
//! Bytes from a server are not trusted: every length is checked against what is there, and what does not fit is
//! [`Malformed`], never a panic.

use super::endings::Ending;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The file that names all others.
pub const MANIFEST: &str = "knowledge.ik";

/// What a manifest begins with, before postcard's bytes: the format's name and number.
pub const MAGIC: &[u8; 8] = b"ikindex2";

/// Most bytes of a file once it is decompressed.
pub const MOST_FILE_BYTES: usize = 4 << 20;

/// Most passages of an index: a score takes four bytes each, in the visitor's browser.
pub const MOST_PASSAGES: u32 = 1 << 20;

/// A file that is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The first 48 bits of the SHA-256 of a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name(pub [u8; 6]);

impl Name {
    /// The file's name in the folder of the index.
    pub fn file(self) -> String {
        let number = self.0.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let digit = |at: u32| char::from_digit((number >> (44 - 4 * at)) as u32 & 15, 16).unwrap_or('0');
        (0..12).map(digit).chain(".ik".chars()).collect()
    }
}

/// What there is, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// How many passages there are; they are numbered from 0, in the order of pages and within them.
    pub passages: u32,
    /// The languages of the pages, the most frequent first.
    pub languages: Vec<Language>,
    /// The shards of the vocabulary, in the order of their terms.
    pub vocabulary: Vec<Shard>,
    /// The parts of the table of words that the site does not use, in the order of their words; none without a table.
    pub related: Vec<Part>,
    /// The files of the postings, in their order.
    pub postings: Vec<Block>,
    /// The fragments, in the order of their passages.
    pub fragments: Vec<Range>,
}

/// A language that pages are written in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Language {
    /// Its primary subtag (BCP 47), such as `en`.
    pub tag: String,
    /// What becomes of its words' ends; sorted. Without any, words are terms as they are.
    pub endings: Vec<Ending>,
    /// Its function words, in small letters and sorted: they say little of what a question is about.
    pub function_words: Vec<String>,
}

/// Part of the vocabulary: all terms from one on, up to the next shard's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Its first term.
    pub from: String,
    /// Where its first term's impacts begin, in bytes from the beginning of all postings.
    pub start: u32,
    /// Its file.
    pub name: Name,
}

/// Part of the table of words that the site does not use: all from one on, up to the next part's. It is of the first of
/// the languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The term of its first word.
    pub from: String,
    /// Its file.
    pub name: Name,
}

/// Part of the postings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Its bytes.
    pub length: u32,
    /// Its file.
    pub name: Name,
}

/// Part of the passages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The number of its passages.
    pub length: u32,
    /// Whether a page begins with it.
    pub begins: bool,
    /// Its file.
    pub name: Name,
}

/// Some passages of one page: the content of a fragment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// The page's address, relative to the site's root.
    pub url: String,
    /// The page's title.
    pub title: String,
    /// The passages.
    pub passages: Vec<Text>,
}

/// One passage's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The headings above it, from the page's down.
    pub path: Vec<String>,
    /// The `id` of its section, or "".
    pub anchor: String,
    /// Its language's tag, or "" for an unknown one.
    pub language: String,
    /// What stands there, one line per paragraph.
    pub text: String,
}

impl Manifest {
    /// Reads a manifest's bytes.
    ///
    /// # Errors
    /// When they are none of this format's, or contradict themselves.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let manifest: Self = read(bytes.strip_prefix(MAGIC).ok_or(Malformed)?)?;
        let passages: u64 = manifest.fragments.iter().map(|range| u64::from(range.length)).sum();
        let postings: u64 = manifest.postings.iter().map(|block| u64::from(block.length)).sum();
        let fits = passages == u64::from(manifest.passages)
            && manifest.passages <= MOST_PASSAGES
            && u32::try_from(postings).is_ok()
            && manifest.related.is_sorted_by(|a, b| a.from < b.from)
            && manifest.vocabulary.is_sorted_by(|a, b| a.from < b.from && a.start <= b.start);
        if fits { Ok(manifest) } else { Err(Malformed) }
    }

    /// The bytes that [`Manifest::read`] reads.
    ///
    /// # Errors
    /// None that a manifest can cause: postcard asks.
    pub fn write(&self) -> Result<Vec<u8>, Malformed> {
        Ok([MAGIC, write(self)?.as_slice()].concat())
    }

    /// The part of the vocabulary that has a term, if any has.
    pub fn shard(&self, term: &str) -> Option<&Shard> {
        let after = self.vocabulary.partition_point(|shard| shard.from.as_str() <= term);
        self.vocabulary.get(after.checked_sub(1)?)
    }

    /// The file that has a word by its term, if the table does.
    pub fn part(&self, term: &str) -> Option<Name> {
        let after = self.related.partition_point(|part| part.from.as_str() <= term);
        self.related.get(after.checked_sub(1)?).map(|part| part.name)
    }

    /// Each passage's page, counted from 0.
    pub fn pages(&self) -> Vec<u32> {
        let mut pages = Vec::with_capacity(self.passages as usize);
        let mut page = 0;
        for range in &self.fragments {
            page += u32::from(range.begins && !pages.is_empty());
            pages.resize(pages.len() + range.length as usize, page);
        }
        pages
    }

    /// The fragment with this passage, and the passage's place in it.
    pub fn fragment(&self, passage: u32) -> Option<(Name, usize)> {
        let mut first = 0;
        for range in &self.fragments {
            if passage - first < range.length {
                return Some((range.name, (passage - first) as usize));
            }
            first += range.length;
        }
        None
    }
}

/// Reads a file's bytes, all of them.
///
/// # Errors
/// When they are not such a value's.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(Malformed),
    }
}

/// The bytes of a file.
///
/// # Errors
/// None that the values of this module can cause: postcard asks.
pub fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, Malformed> {
    postcard::to_allocvec(value).map_err(|_| Malformed)
}

/// Takes a number from the front, seven bits a byte, the lowest first (LEB128).
pub(super) fn take_number(bytes: &mut &[u8]) -> Result<u32, Malformed> {
    let mut number = 0;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, rest) = bytes.split_first().ok_or(Malformed)?;
        *bytes = rest;
        let bits = u32::from(byte & 127);
        if bits << shift >> shift != bits {
            return Err(Malformed);
        }
        number |= bits << shift;
        if byte & 128 == 0 {
            return Ok(number);
        }
    }
    Err(Malformed)
}

/// Appends what [`take_number`] takes.
pub(super) fn put_number(bytes: &mut Vec<u8>, mut number: u32) {
    while number > 127 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}
