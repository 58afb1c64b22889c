//! Which passages answer a question best, and whether any does.

use super::{few::first, postings::Impacts};

/// A word of a question, with what the index knows of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    /// What it stands for in the index, with a weight from 0 to 1 each: its own term, or those that it may mean.
    pub terms: Vec<(Impacts, f32)>,
    /// What finding these is as evidence that the word was found, beside 1 for its own term.
    pub trust: f32,
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

/// What a page's score adds to that of each of its passages: a passage stands for itself, but of two alike the one is
/// meant whose page is about the rest of the question, too.
const PAGE: f32 = 0.2;

/// The best passages, at most so many, best first.
///
/// `pages` is each passage's page. The score is the sum over the words of IDF times impact, where of a word's terms the
/// best counts; a page's is the same sum, of the best of its passages for each word.
///
/// The confidence is the page's sum again, of the words that count: beside the geometric mean of the whole question's IDF,
/// and that of one word which a single passage has. A question with one known word of five is not answered, nor is one
/// whose words stand everywhere. That it is a sum of impacts, and not of IDF alone, is what tells a page that is about a
/// word from one that happens to have it in a sentence: any prose has "last" and "times" somewhere.
pub(super) fn rank(asked: &[Asked], pages: &[u32], most: usize) -> Vec<Ranked> {
    let passages = pages.len() as u32;
    let count = pages.last().map_or(0, |last| *last as usize + 1);
    let mut scores = vec![0_f32; pages.len()];
    let mut page_scores = vec![0_f32; count];
    let mut evidence = vec![0_f32; count];
    let rarest = idf(1, passages);
    let mut whole = 0.0;
    for word in asked {
        let weight = if word.counts { 1.0 } else { FUNCTION_WORD };
        let known = word.terms.iter().map(|(impacts, _)| idf(impacts.0.len(), passages)).reduce(f32::max);
        if word.counts {
            whole += known.filter(|_| word.trust >= 1.0).unwrap_or(rarest);
        }
        let found = best_of(&word.terms, passages);
        for same in found.chunk_by(|a, b| pages[a.0] == pages[b.0]) {
            let mut best = 0_f32;
            for (passage, gain) in same {
                scores[*passage] += weight * gain;
                best = best.max(*gain);
            }
            let page = pages[same[0].0] as usize;
            page_scores[page] += weight * best;
            if word.counts {
                evidence[page] += word.trust * best;
            }
        }
    }
    let all = (whole * rarest).sqrt();
    let mut ranked: Vec<Ranked> = (0..passages)
        .filter(|passage| scores[*passage as usize] > 0.0)
        .map(|passage| {
            let page = pages[passage as usize] as usize;
            let confidence = if all > 0.0 { evidence[page] / all } else { 0.0 };
            Ranked { passage, score: scores[passage as usize] + PAGE * page_scores[page], confidence }
        })
        .collect();
    // Of equals the first in the site's order: the same on every machine.
    first(&mut ranked, most, |a, b| a.score > b.score || a.score == b.score && a.passage < b.passage);
    ranked
}

/// For each passage with one of a word's terms: the passage, and the best term's gain of score.
fn best_of(terms: &[(Impacts, f32)], passages: u32) -> Vec<(usize, f32)> {
    let mut found: Vec<(usize, f32)> = Vec::new();
    for (Impacts(impacts), weight) in terms {
        let most = weight * idf(impacts.len(), passages) / 255.0;
        let these = impacts.iter().map(|(passage, impact)| (*passage as usize, most * f32::from(*impact)));
        found = merged(found, these.collect());
    }
    found
}

/// Both lists as one, each in the order of passages; of a passage that is in both, the better counts.
fn merged(one: Vec<(usize, f32)>, other: Vec<(usize, f32)>) -> Vec<(usize, f32)> {
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
                (a.0, a.1.max(b.1))
            }
            (Some(a), Some(b)) if b.0 < a.0 => {
                other.next();
                b
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

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(impacts: &[(u32, u8)], trust: f32) -> Asked {
        Asked { terms: vec![(Impacts(impacts.to_vec()), 1.0)], trust, counts: true }
    }

    fn confidence(asked: &[Asked]) -> f32 {
        // Two passages of each page.
        let pages: Vec<u32> = (0..20).map(|passage| passage / 2).collect();
        rank(asked, &pages, 1).first().map_or(0.0, |best| best.confidence)
    }

    #[test]
    fn a_page_about_the_words_is_more_sure_than_one_that_has_them() {
        let about = confidence(&[asked(&[(0, 200)], 1.0), asked(&[(1, 180)], 1.0)]);
        let mentioned = confidence(&[asked(&[(0, 90)], 1.0), asked(&[(1, 90)], 1.0)]);
        let apart = confidence(&[asked(&[(0, 200)], 1.0), asked(&[(5, 180)], 1.0)]);
        assert!(about > 1.5 * mentioned && about > 1.5 * apart, "{about} {mentioned} {apart}");
    }

    #[test]
    fn a_word_that_is_not_known_or_only_nearly_makes_less_sure() {
        let known = asked(&[(0, 200)], 1.0);
        let unknown = Asked { terms: Vec::new(), trust: 1.0, counts: true };
        let nearly = asked(&[(0, 200)], 0.5);
        let alone = confidence(std::slice::from_ref(&known));
        assert!(confidence(&[known.clone(), unknown.clone()]) < 0.8 * alone);
        assert!(confidence(&[known.clone(), unknown.clone()]) < confidence(&[known.clone(), nearly.clone()]));
        assert!(confidence(&[nearly]) < alone);
        assert_eq!(confidence(&[unknown]), 0.0);
        assert_eq!(confidence(&[]), 0.0);
    }
}
