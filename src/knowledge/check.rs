//! An answer against the passages that it should stand on, sentence by sentence, while it grows.
//!
//! A small model does not cite, and invents what it does not know. So a sentence is held back until it is whole; then it
//! is given the number of the passage that it stands on, or is left out:
//!
//! - its numbers, its names, and addresses of any kind must stand in that passage (names also in the question);
//! - six tenths of what it is about must, and half of what it says beyond the question.
//!
//! What a model cites itself says which of several passages is meant, if it fits; otherwise nothing.

use std::{ops::Range, rc::Rc};

use super::{few::WordSet, question::Speech, quote::sentences, words::words};

/// A sentence stands on a passage that has this share of its terms,
const ENOUGH_SHARED: f32 = 0.6;

/// and this of those that are not in the question: to repeat what was asked says nothing.
const ENOUGH_NEW: f32 = 0.5;

/// What an answer begins with and no page says, and halves of a day.
const ASIDES: [&str; 12] = ["yes", "no", "sorry", "ja", "nein", "oui", "non", "si", "sim", "ye", "am", "pm"];

/// The longest sentence that is waited for, in bytes.
const MOST_PENDING: usize = 2_000;

/// An answer that is being checked.
pub struct Checker {
    speech: Rc<Speech>,
    /// What the passages say.
    passages: Vec<Said>,
    /// The words of the question, names among them: an answer may repeat them.
    asked: WordSet,
    /// What it is about.
    asked_about: WordSet,
    pending: String,
    /// Something was let through.
    begun: bool,
}

struct Said {
    /// In small letters, for what is not made of words.
    text: String,
    terms: WordSet,
    numbers: Vec<String>,
    words: WordSet,
}

impl Checker {
    /// For an answer to this question from these passages, in their order.
    pub(super) fn new<'a>(speech: Rc<Speech>, question: &str, passages: impl Iterator<Item = &'a str>) -> Self {
        let passages = passages
            .map(|text| Said {
                text: text.to_lowercase(),
                terms: WordSet::of(speech.about(text)),
                numbers: numbers(text),
                words: lower_words(text),
            })
            .collect();
        let (asked, asked_about) = (lower_words(question), WordSet::of(speech.about(question)));
        Self { speech, passages, asked, asked_about, pending: String::new(), begun: false }
    }

    /// The answer begins, perhaps anew.
    pub fn begin(&mut self) {
        self.pending.clear();
        self.begun = false;
    }

    /// The next piece of the answer; `last` is after all of them. Returns what may be shown of it.
    pub fn push(&mut self, piece: &str, last: bool) -> String {
        self.pending.push_str(piece);
        let mut passed = String::new();
        loop {
            let whole = sentences(&self.pending);
            // "1." is no sentence.
            let is_number = |first: &Range<usize>| {
                self.pending[first.clone()].trim_end_matches(['.', ')']).parse::<u8>().is_ok_and(|number| number < 100)
            };
            let skipped = usize::from(whole.first().is_some_and(is_number));
            let end = match (whole.get(skipped), whole.get(skipped + 1)) {
                (Some(_), Some(next)) => next.start,
                (Some(_), None) if last || self.pending.len() > MOST_PENDING => self.pending.len(),
                _ => break,
            };
            let rest = self.pending.split_off(end);
            let sentence = std::mem::replace(&mut self.pending, rest);
            passed.push_str(&self.sentence(&sentence));
        }
        if last {
            self.pending.clear();
        }
        passed
    }

    /// A sentence with the space after it, cited; or nothing.
    fn sentence(&mut self, whole: &str) -> String {
        let body = whole.trim_end();
        let space = &whole[body.len()..];
        let (body, hinted) = without_citations(body);
        let (mark, said) = list_mark(&body);
        if said.trim().is_empty() {
            return String::new();
        }
        let Some(stands) = self.stands_on(said, &hinted) else { return String::new() };
        self.begun = true;
        match stands {
            Some(place) => format!("{mark}{} [{}]{space}", said.trim_end(), place + 1),
            None => format!("{mark}{}{space}", said.trim_end()),
        }
    }

    /// The passage that a sentence stands on; none within for one that says nothing of its own; none for one that stands
    /// on none.
    fn stands_on(&self, said: &str, hinted: &[usize]) -> Option<Option<usize>> {
        let (mut terms, numbers) = (self.speech.about(said), numbers(said));
        // Numbers are judged by themselves, for they are written in several ways.
        terms.retain(|term| !ASIDES.contains(&term.as_str()) && !term.chars().any(char::is_numeric));
        let (names, addresses) = (names(said), addresses(said));
        let new_names = || names.iter().filter(|name| !self.asked.contains(name));
        let facts = !numbers.is_empty() || !addresses.is_empty() || new_names().next().is_some();
        if terms.len() < 2 && !facts {
            // "Yes." Before anything else, or beside it: alone it would be an answer that nothing supports.
            return (!terms.is_empty() || self.passages.is_empty() || self.begun || said.len() < 24).then_some(None);
        }
        let mut best: Option<(f32, usize)> = None;
        for (place, passage) in self.passages.iter().enumerate() {
            let has = numbers.iter().all(|number| has_number(passage, number, said))
                && new_names().all(|name| passage.words.contains(name))
                && addresses.iter().all(|address| passage.text.contains(address));
            if !has {
                continue;
            }
            let share = share_of(terms.iter(), &passage.terms);
            let new = share_of(terms.iter().filter(|term| !self.asked_about.contains(term)), &passage.terms);
            let wanted = share + if hinted.contains(&place) { 0.15 } else { 0.0 };
            if share >= ENOUGH_SHARED && new >= ENOUGH_NEW && best.is_none_or(|(most, _)| wanted > most) {
                best = Some((wanted, place));
            }
        }
        best.map(|(_, place)| Some(place))
    }
}

/// How many of these a passage has, of 1; of none, all.
fn share_of<'a>(terms: impl Iterator<Item = &'a String>, passage: &WordSet) -> f32 {
    let (mut all, mut shared) = (0_u16, 0_u16);
    for term in terms {
        all += 1;
        shared += u16::from(passage.contains(term));
    }
    if all == 0 { 1.0 } else { f32::from(shared) / f32::from(all) }
}

/// A text without citations, whatever their form, and the passages that those of ours name, from 0.
fn without_citations(text: &str) -> (String, Vec<usize>) {
    let (mut kept, mut named) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((inside, behind)) = after.split_once(']') else { break };
        let is_citation = inside.len() <= 24
            && inside.chars().any(|c| c.is_ascii_digit())
            && inside
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | ',' | ';' | '-' | '^' | '†' | '#'));
        if is_citation {
            kept.push_str(before.trim_end());
            let digits = inside.split(|c: char| !c.is_ascii_digit());
            named.extend(digits.filter_map(|number| number.parse::<usize>().ok()?.checked_sub(1)));
        } else {
            kept.push_str(before);
            kept.push('[');
            kept.push_str(inside);
            kept.push(']');
        }
        rest = behind;
    }
    kept.push_str(rest);
    (kept, named)
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
    let rest = if rest.starts_with(' ') || rest.len() == start.len() { rest.trim_start() } else { start };
    text.split_at(text.len() - rest.len())
}

fn lower_words(text: &str) -> WordSet {
    WordSet::of(words(text).into_iter().map(|word| word.text).collect())
}

/// The numbers of a text, as they are written: digits, with what parts them.
fn numbers(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ':');
    let runs = text.split(|c| !is_part(c)).map(|run| run.trim_matches(['.', ',', ':']));
    runs.filter(|run| run.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned).collect()
}

/// Whether a passage has a number: as it is written, or as a time of day on another clock.
fn has_number(passage: &Said, number: &str, said: &str) -> bool {
    let bare = number.trim_end_matches(":00").trim_end_matches(".00").trim_start_matches('0');
    let said = said.to_lowercase();
    let after_noon = [" pm", "pm", " p.m"].iter().any(|half| said.contains(&format!("{number}{half}")));
    let later = bare.split([':', '.']).next().and_then(|hour| hour.parse::<u32>().ok()).map(|hour| hour + 12);
    passage.numbers.iter().any(|known| {
        let plain = known.trim_end_matches(":00").trim_end_matches(".00").trim_start_matches('0');
        let hour = plain.split([':', '.']).next().and_then(|hour| hour.parse::<u32>().ok());
        known == number || plain == bare || after_noon && later.is_some() && later == hour
    })
}

/// Words with a capital letter that are not a sentence's first: names, in small letters. In a language where every noun
/// has one, what a sentence is about.
fn names(said: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, word) in words(said).into_iter().enumerate() {
        let written = said.get(word.start..word.end).unwrap_or_default();
        if at > 0 && written.chars().next().is_some_and(char::is_uppercase) && word.text != "i" {
            names.push(word.text);
        }
    }
    names
}

/// Addresses of pages and of mail, in small letters.
fn addresses(said: &str) -> Vec<String> {
    let is_address = |part: &&str| {
        let dotted = part.trim_end_matches(['.', ',', ')', '!', '?', ';', ':']).split_once('.');
        let has_domain = |(before, after): (&str, &str)| {
            let top = after.split('/').next().unwrap_or_default();
            before.len() > 1 && top.len() > 1 && top.chars().all(|c| c.is_ascii_alphabetic() || c == '.')
        };
        part.contains("://") || part.contains('@') || part.starts_with("www.") || dotted.is_some_and(has_domain)
    };
    let parts = said.split(|c: char| c.is_whitespace() || matches!(c, '(' | '<' | '[' | '"' | '>'));
    let bare = |part: &str| part.trim_end_matches(['.', ',', ')', '!', '?', ';', ':', ']', '/']).to_lowercase();
    parts.filter(is_address).map(bare).collect()
}

#[cfg(test)]
mod tests;
