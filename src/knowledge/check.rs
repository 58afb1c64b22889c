//! An answer against the passages that it should stand on, sentence by sentence, while it grows.
//!
//! A small model does not cite, and invents what it does not know. So a sentence is held back until it is whole; then it
//! is given the number of the passage that it stands on, or is left out:
//!
//! - its numbers, names, and addresses of any kind must stand in that passage: see `facts`;
//! - six tenths of what it is about must, and half of what it says beyond the question; where it says nothing beyond that,
//!   one sentence of the passage must have it all;
//! - it must say more than a heading does;
//! - it must deny where the passage's most similar sentence does, and only there.
//!
//! What says nothing by itself ("Yes.") is shown with the next sentence that stands, or not at all. What a model cites
//! itself says which of several passages is meant, if it fits; otherwise nothing.

use std::{ops::Range, rc::Rc};

use super::{
    citations::without_citations,
    facts::{Facts, denies},
    few::WordSet,
    lower::lower,
    question::Speech,
    quote::sentences,
};

/// A sentence stands on a passage that has this share of its terms,
const ENOUGH_SHARED: f32 = 0.6;

/// and this of those that are not in the question: to repeat what was asked says nothing.
const ENOUGH_NEW: f32 = 0.5;

/// What it counts that a model cites a passage itself.
const HINT: f32 = 0.15;

/// What an answer begins with and no page says, and halves of a day.
const ASIDES: [&str; 12] = ["yes", "no", "sorry", "ja", "nein", "oui", "non", "si", "sim", "ye", "am", "pm"];

/// What a point follows that ends no sentence.
const SHORTENED: [&str; 24] = [
    "dr", "mr", "mrs", "ms", "st", "prof", "no", "nr", "ca", "str", "approx", "bzw", "inkl", "zzgl", "e.g", "i.e",
    "z.b", "d.h", "u.a", "vs", "tel", "min", "max", "abs",
];

/// The longest sentence that is waited for, in bytes.
const MOST_PENDING: usize = 2_000;

/// An answer that is being checked.
pub struct Checker {
    speech: Rc<Speech>,
    /// What the passages say.
    passages: Vec<Said>,
    /// What the question is about: an answer may repeat it, but stands on that alone on nothing.
    asked_about: WordSet,
    pending: String,
    /// What says nothing by itself, and waits for a sentence that stands.
    prefix: String,
    /// Something was let through.
    begun: bool,
}

/// A passage, as it is compared.
struct Said {
    terms: WordSet,
    /// Those of its first line: what the page is called, and the headings.
    heading: WordSet,
    facts: Facts,
    /// Its sentences: their terms, and whether they deny something.
    sentences: Vec<(WordSet, bool)>,
}

impl Checker {
    /// For an answer to this question from these passages, in their order.
    pub(super) fn new<'a>(speech: Rc<Speech>, question: &str, passages: impl Iterator<Item = &'a str>) -> Self {
        let passages = passages
            .map(|text| Said {
                terms: WordSet::of(speech.all_terms(text)),
                heading: WordSet::of(text.split_once('\n').map_or(Vec::new(), |(first, _)| speech.all_terms(first))),
                facts: Facts::of(text, &speech),
                sentences: sentences(text)
                    .into_iter()
                    .filter_map(|range| text.get(range))
                    .map(|sentence| (WordSet::of(speech.all_terms(sentence)), denies(sentence)))
                    .collect(),
            })
            .collect();
        let asked_about = WordSet::of(speech.all_terms(question));
        Self { speech, passages, asked_about, pending: String::new(), prefix: String::new(), begun: false }
    }

    /// The answer begins, perhaps anew.
    pub fn begin(&mut self) {
        self.pending.clear();
        self.prefix.clear();
        self.begun = false;
    }

    /// The next piece of the answer; `last` is after all of them. Returns what may be shown of it.
    pub fn push(&mut self, piece: &str, last: bool) -> String {
        self.pending.push_str(piece);
        let pending = std::mem::take(&mut self.pending);
        let found = sentences(&pending);
        let ends = |range: &Range<usize>| !ends_shortened(&pending[range.clone()]);
        let mut passed = String::new();
        let mut from = 0;
        for (at, range) in found.iter().enumerate() {
            let to = match found.get(at + 1) {
                Some(next) if ends(range) => next.start,
                // It goes on after a point.
                Some(_) => continue,
                None if last || pending.len() - from > MOST_PENDING => pending.len(),
                None => break,
            };
            // What was cut off in mid-sentence says less than it seems to, unless it is all there is.
            let cut = last && to == pending.len() && self.begun && !is_whole(&pending[from..]);
            if !cut {
                passed.push_str(&self.sentence(&pending[from..to]));
            }
            from = to;
        }
        if !last {
            let rest = &pending[from..];
            // White space alone would never be a sentence.
            self.pending = if rest.len() > MOST_PENDING { String::new() } else { rest.to_owned() };
        }
        passed
    }

    /// A sentence with the space after it, cited; or nothing.
    fn sentence(&mut self, whole: &str) -> String {
        let body = whole.trim_end();
        let space = &whole[body.len()..];
        let (body, hinted) = without_citations(body);
        let (mark, said) = list_mark(&body);
        let said = said.trim_end();
        if said.is_empty() {
            return String::new();
        }
        let mut terms = self.speech.about(said);
        // Numbers are judged by themselves, for they are written in several ways.
        terms.retain(|term| !ASIDES.contains(&term.as_str()) && !term.bytes().any(|byte| byte.is_ascii_digit()));
        let facts = Facts::of(said, &self.speech);
        if terms.is_empty() && facts.is_empty(&self.speech) {
            self.prefix = [mark, said, space].concat();
            return String::new();
        }
        let prefix = std::mem::take(&mut self.prefix);
        let Some(place) = self.stands_on(said, &terms, &facts, &hinted) else { return String::new() };
        self.begun = true;
        [&prefix, mark, said, " [", &(place + 1).to_string(), "]", space].concat()
    }

    /// The passage that a sentence stands on.
    fn stands_on(&self, said: &str, terms: &[String], facts: &Facts, hinted: &[usize]) -> Option<usize> {
        let denied = denies(said);
        let counted = facts.counts();
        let echoes = !counted && !terms.is_empty() && terms.iter().all(|term| self.asked_about.contains(term));
        if !counted && self.passages.iter().any(|passage| passage.is_headed(terms)) {
            return None;
        }
        let mut best: Option<(f32, usize)> = None;
        for (place, passage) in self.passages.iter().enumerate() {
            if !facts.stand_in(&passage.facts, &passage.terms, &self.speech) {
                continue;
            }
            let share = share_of(terms.iter(), &passage.terms);
            let new = share_of(terms.iter().filter(|term| !self.asked_about.contains(term)), &passage.terms);
            if share < ENOUGH_SHARED || new < ENOUGH_NEW || passage.denies_as(terms) != denied {
                continue;
            }
            if echoes && !passage.says(terms) {
                continue;
            }
            let wanted = share + if hinted.contains(&place) { HINT } else { 0.0 };
            if best.is_none_or(|(most, _)| wanted > most) {
                best = Some((wanted, place));
            }
        }
        best.map(|(_, place)| place)
    }
}

impl Said {
    /// Whether one of its sentences, below its heading, has all of these.
    fn says(&self, terms: &[String]) -> bool {
        let has = |own: &WordSet| terms.iter().all(|term| own.contains(term) || self.heading.contains(term));
        self.sentences.iter().any(|(own, _)| has(own))
    }

    /// Whether its heading has all of these, so that they tell nothing.
    fn is_headed(&self, terms: &[String]) -> bool {
        !terms.is_empty() && terms.iter().all(|term| self.heading.contains(term))
    }

    /// Whether the sentence that has the most of these terms denies something.
    fn denies_as(&self, terms: &[String]) -> bool {
        let mut most = (0, false);
        for (own, denies) in &self.sentences {
            let shared = terms.iter().filter(|term| own.contains(term)).count();
            if shared > most.0 {
                most = (shared, *denies);
            }
        }
        most.1
    }
}

/// How many of these a passage has, of 1; of none, all.
fn share_of<'a>(terms: impl Iterator<Item = &'a String>, passage: &WordSet) -> f32 {
    let (mut all, mut shared) = (0_u16, 0_u16);
    for term in terms {
        all = all.saturating_add(1);
        shared = shared.saturating_add(u16::from(passage.contains(term)));
    }
    if all == 0 { 1.0 } else { f32::from(shared) / f32::from(all) }
}

/// Whether what looks like a sentence ends with a point that ends none: "1.", "Dr.", "z. B.", "24."
fn ends_shortened(sentence: &str) -> bool {
    let Some(word) = sentence.trim_end().strip_suffix(['.', ')']) else { return false };
    let word = lower(word.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default());
    let is_number = word.len() <= 2 && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_letter = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    is_number || is_letter || SHORTENED.contains(&word.as_str())
}

/// Whether a text has come to its end.
fn is_whole(text: &str) -> bool {
    text.trim_end().ends_with(['.', '!', '?', '…', ':', ')', ']', '"', '”', '。', '！', '？', '*', '`'])
}

/// What a line of a list begins with, and the rest.
fn list_mark(text: &str) -> (&str, &str) {
    let start = text.trim_start();
    let digits = start.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = digits.len() < start.len() && start.len() - digits.len() <= 2 && digits.starts_with(['.', ')']);
    let rest = match numbered {
        true => &digits[1..],
        false => start.strip_prefix(['-', '*', '•']).unwrap_or(start),
    };
    let is_mark = rest.len() < start.len() && rest.starts_with(' ');
    let rest = if is_mark { rest.trim_start() } else { start };
    text.split_at(text.len() - rest.len())
}

#[cfg(test)]
mod tests;
