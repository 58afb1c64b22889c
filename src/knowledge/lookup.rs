//! From a question to the passages that answer it, fetching no more of an index than it needs.

use std::{future::Future, iter, ops::Range, rc::Rc};

use super::{
    check::Checker,
    few::{WordSet, order},
    format::{Fragment, MANIFEST, Malformed, Manifest, Name, Text, read},
    postings::Impacts,
    question::{Sought, Speech},
    quote::quote,
    rank::{Asked, Ranked, idf, rank},
    related,
    spelling::{corrections, may_end},
    vocabulary::{self, Place},
};

/// The folder of an index, wherever it is.
pub trait Files {
    /// The decompressed contents of some files, one result each and in the same order, fetched side by side.
    ///
    /// Whoever implements it bounds the wait, and each file by [`MOST_FILE_BYTES`](super::format::MOST_FILE_BYTES).
    fn get(&self, files: &[String]) -> impl Future<Output = Vec<Result<Rc<[u8]>, String>>>;
}

/// Why a look-up found nothing that it could have found: a file and what is wrong with it, for the developer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfetched {
    /// The file's name.
    pub file: String,
    /// Why it could not be had.
    pub why: String,
}

/// A passage that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The page's address, relative to the site's root.
    pub url: String,
    /// The page's title.
    pub title: String,
    /// The headings above it, from the page's down.
    pub path: Vec<String>,
    /// The `id` of its section, or "".
    pub anchor: String,
    /// The tag of its language, or "".
    pub language: String,
    /// What stands there, one line per paragraph.
    pub text: String,
    /// Where in the text the sentences are that have the question's words, best first.
    pub sentences: Vec<Range<usize>>,
    /// How well it fits: comparable within a question only.
    pub score: f32,
}

/// What a look-up found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The best passages, best first, one per section.
    pub passages: Vec<Passage>,
    /// How sure it is that the best of them answer the question, from 0 up. From [`ENOUGH`] on, they are shown as answers.
    pub confidence: f32,
}

/// The confidence from which on passages are an answer. `docs/knowledge.md` has what it was measured on.
pub const ENOUGH: f32 = 0.375;

/// Most terms that a word may stand for which the site does not have.
const MOST_MEANT: usize = 4;

/// What such a term weighs.
const MEANT: f32 = 0.8;

/// What a longer word, or one that is a typo away, is as evidence that the question is answered, beside 1 for the word
/// itself: to a site that has no beans, they are a typo of "beams".
const NEARLY: f32 = 0.5;

/// What other words for a word are: they find the place, but what a site never calls by its name is as often not there.
const FOREIGN: f32 = 0.3;

/// Most bytes of a function word's impacts: where it stands in a thousand passages, it says nothing for its bytes.
const MOST_COMMON_BYTES: u32 = 2 << 10;

/// Most letters that a typo is mended with.
const MOST_LETTERS: usize = 128;

const ABSENT: &str = "nothing came";

/// How many passages are looked at for each that is wanted: several may be of one section.
const MORE: usize = 3;

/// Most bytes of files that are kept from one question to the next; a browser's own cache has them beyond that.
const MOST_KEPT_BYTES: usize = 8 << 20;

const MALFORMED: &str = "its content is not what an index of this version has";

/// An index, as far as it has been fetched.
pub struct Index {
    manifest: Manifest,
    speech: Rc<Speech>,
    kept: Vec<(Name, Rc<[u8]>)>,
}

impl Index {
    /// Fetches what names everything else.
    ///
    /// # Errors
    /// When it can't be had, or is no index.
    pub async fn open(files: &impl Files) -> Result<Self, Unfetched> {
        let unfetched = |why: String| Unfetched { file: MANIFEST.to_owned(), why };
        let got = files.get(&[MANIFEST.to_owned()]).await.pop();
        let bytes = got.unwrap_or_else(|| Err(ABSENT.into())).map_err(unfetched)?;
        let manifest = Manifest::read(&bytes).map_err(|Malformed| unfetched(MALFORMED.into()))?;
        let speech = Rc::new(Speech::of(&manifest.languages));
        Ok(Self { manifest, speech, kept: Vec::new() })
    }

    /// What holds an answer to this question against these passages.
    pub fn checker<'a>(&self, question: &str, passages: impl Iterator<Item = &'a str>) -> Checker {
        Checker::new(self.speech.clone(), question, passages)
    }

    /// The passages that answer a question best, at most so many. `before` is the question before it, if any: a short
    /// question goes on with its topic.
    ///
    /// # Errors
    /// When nothing was found and something could not be fetched. What could be fetched is used.
    pub async fn look_up(
        &mut self,
        files: &impl Files,
        question: &str,
        before: Option<&str>,
        most: usize,
    ) -> Result<Found, Unfetched> {
        // Not between two fetches: what one question needs stays until it is answered.
        if self.kept.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > MOST_KEPT_BYTES {
            self.kept.clear();
        }
        let mut lost = None;
        let mut sought = self.speech.sought(question, before);
        if self.manifest.vocabulary.len() > 1 {
            // On a large site, function words are half of a question's bytes, and stand everywhere.
            sought.retain(|word| word.counts || word.may_be_missing());
        }
        let terms = sought.iter().flat_map(|word| &word.terms);
        let shards = terms.filter_map(|(term, _)| self.manifest.shard(term)).map(|shard| shard.name).collect();
        self.fetch(files, shards, &mut lost).await;
        let mut meant: Vec<Vec<Meant>> = sought.iter().map(|word| self.known(word, &mut lost)).collect();
        for (_, known) in sought.iter().zip(&mut meant).filter(|(word, _)| !word.counts) {
            known.retain(|meant| meant.place.length <= MOST_COMMON_BYTES);
        }
        let unknown = sought.iter().zip(&meant).filter(|(word, known)| known.is_empty() && word.may_be_near());
        let parts = unknown.filter_map(|(word, _)| self.part(word)).collect();
        self.fetch(files, parts, &mut lost).await;
        let mut trusts = vec![1.0; sought.len()];
        for ((word, meant), trust) in sought.iter().zip(&mut meant).zip(&mut trusts) {
            if meant.is_empty() && word.may_be_near() {
                (*meant, *trust) = self.near(word, &mut lost);
            }
        }
        let blocks = meant.iter().flatten().flat_map(|meant| self.blocks(meant.place)).map(|(name, _)| name).collect();
        self.fetch(files, blocks, &mut lost).await;

        let mut asked = Vec::new();
        let mut weighed = Vec::new();
        for ((word, meant), trust) in sought.iter().zip(&meant).zip(trusts) {
            if meant.is_empty() && word.may_be_missing() {
                continue;
            }
            let mut terms = Vec::new();
            for Meant { term, place, weight } in meant {
                match self.impacts(*place) {
                    Ok(impacts) => {
                        weighed.push((term.clone(), weight * idf(impacts.0.len(), self.manifest.passages)));
                        terms.push((impacts, *weight));
                    }
                    Err(Some(name)) => lost = Some(Unfetched { file: name.file(), why: MALFORMED.into() }),
                    Err(None) => {}
                }
            }
            asked.push(Asked { terms, trust, counts: word.counts });
        }
        let ranked = rank(&asked, &self.manifest.pages(), most.saturating_mul(MORE));
        let passages = self.passages(files, &ranked, &weighed, most, &mut lost).await;
        let confidence = ranked.iter().map(|ranked| ranked.confidence).fold(0.0, f32::max);
        match lost {
            Some(lost) if passages.is_empty() => Err(lost),
            _ => Ok(Found { passages, confidence }),
        }
    }

    /// What the index has of a word itself.
    fn known(&self, word: &Sought, lost: &mut Option<Unfetched>) -> Vec<Meant> {
        let mut known = Vec::new();
        for (own, weight) in &word.terms {
            self.each_term(own, lost, |term, place| {
                if term == own {
                    known.push(Meant { term: term.to_owned(), place, weight: *weight });
                }
            });
        }
        known
    }

    /// What a word that the index does not have may stand for, and what that is as evidence: what begins with it; else
    /// other words for the same; else what it is when one typo is mended, unless it is known to be a word; else the longest
    /// term that it ends with, for the end of a compound says what it is (`Firmenlogo`). All of it is sought in the word's
    /// own part of the vocabulary, which on a large site seldom has that end.
    fn near(&self, word: &Sought, lost: &mut Option<Unfetched>) -> (Vec<Meant>, f32) {
        let mut near = Vec::new();
        let mut tail: Option<Meant> = None;
        let mut alphabet: Vec<char> = Vec::new();
        for (own, weight) in &word.terms {
            self.each_term(own, lost, |term, place| {
                let meant = || Meant { term: term.to_owned(), place, weight: weight * MEANT };
                if term.starts_with(own.as_str()) {
                    near.push(meant());
                } else if may_end(own, term) && tail.as_ref().is_none_or(|known| known.term.len() < term.len()) {
                    tail = Some(meant());
                }
                for c in term.chars().filter(|c| c.is_alphabetic()) {
                    if alphabet.len() < MOST_LETTERS && !alphabet.contains(&c) {
                        alphabet.push(c);
                    }
                }
            });
        }
        if near.is_empty() {
            if let Some(related) = self.related(word, lost) {
                return (related, FOREIGN);
            }
            let corrections = corrections(&word.text, &alphabet);
            let terms = WordSet::of(corrections.into_iter().flat_map(|text| self.speech.terms(text)).collect());
            self.each_term(&word.text, lost, |term, place| {
                if terms.contains(term) {
                    near.push(Meant { term: term.to_owned(), place, weight: MEANT });
                }
            });
        }
        if near.is_empty() {
            near.extend(tail);
        }
        // The longest impacts are the most frequent term's: what a site says often is what is meant.
        order(&mut near, |a, b| a.place.length > b.place.length || a.place.length == b.place.length && a.term < b.term);
        near.dedup_by(|a, b| a.term == b.term);
        near.truncate(MOST_MEANT);
        (near, NEARLY)
    }

    fn file(&self, name: Name) -> Option<&Rc<[u8]>> {
        self.kept.iter().find(|(known, _)| *known == name).map(|(_, bytes)| bytes)
    }

    /// The part of the table of other words that a word would be in.
    fn part(&self, word: &Sought) -> Option<Name> {
        word.terms.first().filter(|_| word.first).and_then(|(term, _)| self.manifest.part(term))
    }

    /// Other words for a word, if the table has it.
    fn related(&self, word: &Sought, lost: &mut Option<Unfetched>) -> Option<Vec<Meant>> {
        let name = self.part(word)?;
        let (term, _) = word.terms.first()?;
        match related::find(self.file(name)?, term) {
            Ok(found) => found.map(|mut related| {
                related.truncate(MOST_MEANT);
                let meant = |one: related::Related| Meant {
                    place: one.place(),
                    weight: f32::from(one.near) / 255.0,
                    term: one.term,
                };
                related.into_iter().map(meant).collect()
            }),
            Err(Malformed) => {
                *lost = Some(Unfetched { file: name.file(), why: MALFORMED.into() });
                None
            }
        }
    }

    /// Calls for all terms of the shard that this word would be in: what is near it is sought there alone.
    fn each_term(&self, word: &str, lost: &mut Option<Unfetched>, mut act: impl FnMut(&str, Place)) {
        let Some(shard) = self.manifest.shard(word) else { return };
        let Some(bytes) = self.file(shard.name) else { return };
        if vocabulary::each(bytes, shard.start, &mut act).is_err() {
            *lost = Some(Unfetched { file: shard.name.file(), why: MALFORMED.into() });
        }
    }

    /// The files that a term's impacts lie in, each with the bytes of it that are theirs.
    fn blocks(&self, place: Place) -> Vec<(Name, Range<usize>)> {
        let (mut from, mut left) = (place.start, place.length);
        let mut blocks = Vec::new();
        for block in &self.manifest.postings {
            if left == 0 {
                break;
            }
            if from < block.length {
                let here = left.min(block.length - from);
                blocks.push((block.name, from as usize..(from + here) as usize));
                left -= here;
                from = 0;
            } else {
                from -= block.length;
            }
        }
        blocks
    }

    /// A term's impacts. The error names the file that has nonsense, if one that is there does.
    fn impacts(&self, place: Place) -> Result<Impacts, Option<Name>> {
        let mut bytes = Vec::new();
        let mut last = None;
        for (name, range) in self.blocks(place) {
            let file = self.file(name).ok_or(None)?;
            bytes.extend(file.get(range).ok_or(Some(name))?);
            last = Some(name);
        }
        Impacts::read(&bytes, self.manifest.passages).map_err(|Malformed| last)
    }

    /// The texts of the best, one passage per section.
    async fn passages(
        &mut self,
        files: &impl Files,
        ranked: &[Ranked],
        weighed: &[(String, f32)],
        most: usize,
        lost: &mut Option<Unfetched>,
    ) -> Vec<Passage> {
        let placed: Vec<(Ranked, Name, usize)> = (ranked.iter())
            .filter_map(|ranked| self.manifest.fragment(ranked.passage).map(|(name, at)| (*ranked, name, at)))
            .collect();
        let mut passages: Vec<Passage> = Vec::new();
        // The best first; the rest only when several of these were of one section.
        for some in placed.chunks(most.max(1)) {
            if passages.len() >= most {
                break;
            }
            self.fetch(files, some.iter().map(|(_, name, _)| *name).collect(), lost).await;
            for (ranked, name, at) in some {
                let Some(bytes) = self.file(*name) else { continue };
                let Some((fragment, text)) = fragment(bytes, *at) else {
                    *lost = Some(Unfetched { file: name.file(), why: MALFORMED.into() });
                    continue;
                };
                let again = passages.iter().any(|passage| passage.url == fragment.url && passage.anchor == text.anchor);
                if !again && passages.len() < most {
                    let sentences = quote(&text.text, &self.speech.terms_of(&text.language), weighed);
                    let Text { path, anchor, language, text } = text;
                    let (url, title, score) = (fragment.url, fragment.title, ranked.score);
                    passages.push(Passage { url, title, path, anchor, language, text, sentences, score });
                }
            }
        }
        passages
    }

    /// Fetches what is not there yet. What can't be had is told, and is not there.
    async fn fetch(&mut self, files: &impl Files, names: Vec<Name>, lost: &mut Option<Unfetched>) {
        let mut wanted: Vec<Name> = Vec::new();
        for name in names {
            if !wanted.contains(&name) && self.file(name).is_none() {
                wanted.push(name);
            }
        }
        if wanted.is_empty() {
            return;
        }
        let got = files.get(&wanted.iter().map(|name| name.file()).collect::<Vec<_>>()).await;
        let got = got.into_iter().chain(iter::repeat_with(|| Err(ABSENT.into())));
        for (name, got) in wanted.into_iter().zip(got) {
            match got {
                Ok(bytes) => self.kept.push((name, bytes)),
                Err(why) => *lost = Some(Unfetched { file: name.file(), why }),
            }
        }
    }
}

/// A term of the index that a word stands for.
struct Meant {
    term: String,
    place: Place,
    weight: f32,
}

/// Most bytes of a passage's text that are taken: an index of ours has far shorter ones.
const MOST_TEXT_BYTES: usize = 16 << 10;

/// A fragment and the text at a place in it.
fn fragment(bytes: &[u8], at: usize) -> Option<(Fragment, Text)> {
    let mut fragment: Fragment = read(bytes).ok()?;
    if at >= fragment.passages.len() {
        return None;
    }
    let mut text = fragment.passages.swap_remove(at);
    text.text.truncate(text.text.floor_char_boundary(MOST_TEXT_BYTES));
    Some((fragment, text))
}
