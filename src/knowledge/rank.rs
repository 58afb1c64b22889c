//! Which passages answer a question best, and whether any does.

use super::{few::first, postings::Impacts};

/// A word of a question, with what the index knows of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    /// What it stands for in the index, with a weight from 0 to 1 each: its own term, or those that it may mean.
    pub terms: Vec<(Impacts, f32)>,
    /// Whether the index does not have it itself, but words for much the same.
    pub foreign: bool,
    /// Whether it says what the question is about: no function word, and not the whole of others that are there, too.
    pub counts: bool,
}

/// A passage that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranked {
    /// Its number.
    pub passage: u32,
    /// How well it fits, above 0: comparable within a question only.
    pub score: f32,
    /// How sure it is that it answers: comparable between questions, and between sites.
    pub confidence: f32,
}

/// What a function word weighs, beside 1 for others. Their IDF makes them light already; headings that ask "How do I…"
/// make them heavier than they deserve.
const FUNCTION_WORD: f32 = 0.3;

/// What other words for a word are as evidence that the question is answered, beside 1 for the word: they find the place,
/// but what a site never calls by its name is as often not there.
const FOREIGN: f32 = 0.3;

/// What a page's score adds to that of each of its passages: a passage stands for itself, but of two alike the one is
/// meant whose page is about the rest of the question, too.
const PAGE: f32 = 0.2;

/// The best passages, at most so many, best first.
///
/// `pages` is each passage's page. The score is the sum over the words of IDF times impact, where of a word's terms the
/// best counts; a page's is the same sum, of the best of its passages for each word. The confidence is the share of the
/// question's IDF that the page has, times the square root of how much that is, in words that a single passage of the
/// index has: a question with one known word of five is not answered, nor is one whose words stand everywhere.
pub(super) fn rank(asked: &[Asked], pages: &[u32], most: usize) -> Vec<Ranked> {
    let passages = pages.len() as u32;
    let count = pages.last().map_or(0, |last| *last as usize + 1);
    let mut scores = vec![0_f32; pages.len()];
    let mut page_scores = vec![0_f32; count];
    let mut had = vec![0_f32; count];
    let rarest = idf(1, passages);
    let mut whole = 0.0;
    for word in asked {
        let weight = if word.counts { 1.0 } else { FUNCTION_WORD };
        let known = word.terms.iter().map(|(impacts, _)| idf(impacts.0.len(), passages)).reduce(f32::max);
        if word.counts {
            whole += known.filter(|_| !word.foreign).unwrap_or(rarest);
        }
        let found = best_of(&word.terms, passages);
        for same in found.chunk_by(|a, b| pages[a.0] == pages[b.0]) {
            let (mut best, mut share) = (0_f32, 0_f32);
            for (passage, gain, idf) in same {
                scores[*passage] += weight * gain;
                (best, share) = (best.max(*gain), share.max(*idf));
            }
            let page = pages[same[0].0] as usize;
            page_scores[page] += weight * best;
            if word.counts {
                had[page] += if word.foreign { FOREIGN * share } else { share };
            }
        }
    }
    let mut ranked: Vec<Ranked> = (0..passages)
        .filter(|passage| scores[*passage as usize] > 0.0)
        .map(|passage| {
            let page = pages[passage as usize] as usize;
            let (score, had) = (scores[passage as usize] + PAGE * page_scores[page], had[page]);
            let share = if whole > 0.0 { had / whole } else { 0.0 };
            Ranked { passage, score, confidence: share * (had / rarest).sqrt() }
        })
        .collect();
    // Of equals the first in the site's order: the same on every machine.
    first(&mut ranked, most, |a, b| a.score > b.score || a.score == b.score && a.passage < b.passage);
    ranked
}

/// For each passage with one of a word's terms: the passage, the best term's gain of score, and the most IDF of a term.
fn best_of(terms: &[(Impacts, f32)], passages: u32) -> Vec<(usize, f32, f32)> {
    let mut found: Vec<(usize, f32, f32)> = Vec::new();
    for (Impacts(impacts), weight) in terms {
        let idf = idf(impacts.len(), passages);
        let gain = |impact: u8| weight * idf * f32::from(impact) / 255.0;
        let these = impacts.iter().map(|(passage, impact)| (*passage as usize, gain(*impact), weight * idf));
        found = merged(found, these.collect());
    }
    found
}

/// Both lists as one, each in the order of passages; of a passage that is in both, the better counts.
fn merged(one: Vec<(usize, f32, f32)>, other: Vec<(usize, f32, f32)>) -> Vec<(usize, f32, f32)> {
    if one.is_empty() {
        return other;
    }
    let mut merged = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
    loop {
        merged.push(match (one.peek().copied(), other.peek().copied()) {
            (Some(a), Some(b)) if a.0 == b.0 => {
                one.next();
                other.next();
                (a.0, a.1.max(b.1), a.2.max(b.2))
            }
            (Some(a), Some(b)) if b.0 < a.0 => {
                other.next();
                (b.0, b.1, b.2)
            }
            (Some(a), _) => {
                one.next();
                a
            }
            (None, Some(b)) => {
                other.next();
                b
            }
            (None, None) => return merged,
        });
    }
}

/// How much it says that a passage has a term which so many have, as BM25 counts it.
pub(super) fn idf(having: usize, passages: u32) -> f32 {
    let (having, passages) = (having as f32, passages as f32);
    (1.0 + (passages - having + 0.5) / (having + 0.5)).ln()
}
