//! Other words for those that a site does not use, by word vectors that the site's owner has: `--vectors FILE`.
//!
//! The file is GloVe's text format, as GloVe, fastText and word2vec's tools write it: a word and its numbers on each line,
//! the most frequent first; it may be compressed by gzip. Visitors ask in words that are frequent and that the pages do
//! not have: for each of those, the nearest words that the pages do have stand in the index (`knowledge::Related`).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;
use inferkit_widget::knowledge::{
    format::Language,
    words::{Kind, Terms, Word, words},
};

use crate::page::Page;

/// How many of the most frequent words visitors are expected to use.
const MOST_FREQUENT: usize = 30_000;

/// Most lines that are read, and most bytes of one.
const MOST_LINES: usize = 1_000_000;
const MOST_LINE_BYTES: u64 = 64 << 10;

/// Most numbers of a vector.
const MOST_NUMBERS: usize = 1_024;

/// Least cosine of two words for much the same. Below, neighbours are of the same kind and mean something else.
const LEAST_COSINE: f32 = 0.5;

/// Most terms for a word.
const MOST_TERMS: usize = 3;

/// Fewest letters of a word: shorter ones are abbreviations of anything.
const LEAST_LETTERS: usize = 3;

/// For the term of each word that the pages do not have: terms that they do have, each with its cosine, the nearest first.
pub type Neighbours = BTreeMap<String, Vec<(String, f32)>>;

/// The words of the pages, without a language's function words.
pub fn used(pages: &[Page], language: &Language) -> BTreeSet<String> {
    let sections = pages.iter().flat_map(|page| &page.sections);
    let texts = sections.flat_map(|section| section.path.iter().chain([&section.text]));
    let texts = texts.chain(pages.iter().map(|page| &page.title));
    let mut used: BTreeSet<String> = texts.flat_map(|text| words(text)).map(|word| word.text).collect();
    language.function_words.iter().for_each(|word| {
        used.remove(word);
    });
    used
}

/// Reads a file of vectors, and finds the neighbours. `used` is the site's words in a language, without its function words.
///
/// # Errors
/// A sentence, when the file can't be read or has no vectors.
pub fn neighbours(file: &Path, terms: &Terms, used: &BTreeSet<String>) -> Result<Neighbours, String> {
    let failed = |error: std::io::Error| format!("{} could not be read: {error}.", file.display());
    let mut bytes = BufReader::new(File::open(file).map_err(failed)?);
    let packed = bytes.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    let found =
        if packed { read(BufReader::new(MultiGzDecoder::new(bytes)), terms, used) } else { read(bytes, terms, used) };
    let found = found.map_err(failed)?;
    if found.is_empty() {
        return Err(format!("{} has no vectors: each line should be a word and its numbers.", file.display()));
    }
    Ok(found)
}

/// A word's direction.
type Vector = Box<[f32]>;

fn read(mut lines: impl BufRead, terms: &Terms, used: &BTreeSet<String>) -> std::io::Result<Neighbours> {
    let term = |text: &str| {
        let word = Word { text: text.to_owned(), start: 0, end: text.len(), kind: Kind::Plain };
        terms.term(&word)
    };
    let own: BTreeSet<String> = used.iter().map(|word| term(word)).collect();
    let mut known: Vec<(String, Vector)> = Vec::new();
    let mut asked: Vec<(String, Vector)> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut numbers = 0;
    let mut line = Vec::new();
    for at in 0..MOST_LINES {
        line.clear();
        if lines.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let Some((word, vector)) = str::from_utf8(&line).ok().and_then(|line| line.trim().split_once(' ')) else {
            continue;
        };
        let is_word = matches!(&words(word)[..], [only] if only.text == word && only.kind == Kind::Plain);
        let is_used = used.contains(word);
        if !is_word || !(is_used || at < MOST_FREQUENT) || word.chars().count() < LEAST_LETTERS {
            continue;
        }
        let (term, Some(vector)) = (term(word), direction(vector)) else { continue };
        // A file has vectors of one length; the first line of some says how many there are.
        if numbers == 0 {
            numbers = vector.len();
        }
        if vector.len() != numbers {
            continue;
        }
        if is_used {
            known.push((term, vector));
        } else if !own.contains(&term) && seen.insert(term.clone()) {
            asked.push((term, vector));
        }
    }
    Ok(asked.into_iter().map(|(term, vector)| (term, nearest(&vector, &known))).collect())
}

/// The numbers of a line, made one long.
fn direction(text: &str) -> Option<Vector> {
    let mut vector = Vec::new();
    for number in text.split_ascii_whitespace() {
        vector.push(number.parse::<f32>().ok().filter(|number| number.is_finite())?);
    }
    let length = dot(&vector, &vector).sqrt();
    if vector.len() < 2 || vector.len() > MOST_NUMBERS || !length.is_normal() {
        return None;
    }
    vector.iter_mut().for_each(|number| *number /= length);
    Some(vector.into())
}

/// The terms that are near enough, the nearest first.
fn nearest(vector: &[f32], known: &[(String, Vector)]) -> Vec<(String, f32)> {
    let mut near: Vec<(&str, f32)> = (known.iter())
        .map(|(term, other)| (term.as_str(), dot(vector, other)))
        .filter(|(_, cosine)| *cosine >= LEAST_COSINE)
        .collect();
    near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let mut found: Vec<(String, f32)> = Vec::new();
    for (term, cosine) in near {
        if found.len() < MOST_TERMS && !found.iter().any(|(known, _)| known == term) {
            found.push((term.to_owned(), cosine.min(1.0)));
        }
    }
    found
}

/// In eight sums, which a compiler does side by side.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0_f32; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use inferkit_widget::knowledge::Ending;

    const FILE: &str = "4 3\nthe 1 1 1\nsofa 1 0.1 0\ncouches 0.9 0.2 0\ncough 0 0 1\nnonsense 1 x 2\nshort 1\n\
                        tables 0.5 1 0\nnan NaN 1 1\nzero 0 0 0\n";

    fn english() -> Terms {
        let ending = |end: &str, cut| Ending { end: end.into(), cut, add: String::new() };
        Terms::of(&[ending("e", 1), ending("es", 2), ending("s", 1)])
    }

    #[test]
    fn words_that_the_site_lacks_have_neighbours_that_it_has() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("vectors");
        let used = ["sofa", "tables"].map(str::to_owned).into();
        let check = || {
            let found = neighbours(&file, &english(), &used).expect("vectors");
            let terms =
                |word: &str| found.get(word).map(|near| near.iter().map(|(term, _)| term.as_str()).collect::<Vec<_>>());
            assert_eq!(terms("couch"), Some(vec!["sofa", "tabl"]));
            assert_eq!(terms("cough"), Some(vec![]));
            assert_eq!((terms("sofa"), terms("nonsens"), terms("zero"), terms("short")), (None, None, None, None));
        };
        std::fs::write(&file, FILE).expect("a file");
        check();
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(FILE.as_bytes()).expect("memory");
        std::fs::write(&file, packed.finish().expect("memory")).expect("a file");
        check();
    }

    #[test]
    fn a_file_without_vectors_is_said_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("vectors");
        assert!(neighbours(&file, &english(), &BTreeSet::new()).expect_err("no file").contains("vectors"));
        std::fs::write(&file, b"\xff\xfe\nword\n\n").expect("a file");
        assert!(neighbours(&file, &english(), &BTreeSet::new()).expect_err("no vectors").contains("no vectors"));
    }
}
