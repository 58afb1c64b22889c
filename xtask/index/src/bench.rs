//! How well an index answers questions: `inferkit-index bench --pages DIR --questions FILE`.
//!
//! The file is JSON: an array of `{id, question, before, expected: ["page.html#anchor"]}`; a question without `expected` is
//! one that the pages do not answer. Measured as in research on retrieval: the share of questions whose first passage is
//! expected (Hit@1), or one of the first three (Hit@3), and the mean of one over the place of the first that is (MRR@10).

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fs,
    path::Path,
    rc::Rc,
};

use inferkit_widget::knowledge::{Files, Index, lookup::ENOUGH};
use pollster::block_on;
use serde::{Deserialize, Serialize};

use crate::{files::compress, index, page::Page};

/// A question with where its answer stands.
#[derive(Clone, Debug, Deserialize)]
pub struct Question {
    /// Its name in the file.
    pub id: String,
    /// What a visitor types.
    pub question: String,
    /// The question before it, if it leans on one.
    #[serde(default)]
    pub before: Option<String>,
    /// The sections that answer it, as `page.html#anchor`; none, when the pages do not.
    #[serde(default)]
    pub expected: Vec<String>,
}

/// What a bench measured. Shares are from 0 to 1.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Measured {
    /// Questions that the pages answer.
    pub answerable: usize,
    /// By section: the first is right.
    pub hit_1: f64,
    /// One of the first three is.
    pub hit_3: f64,
    /// The mean of one over the first right one's place, of ten.
    pub mrr_10: f64,
    /// By page: one of the first three is right.
    pub page_hit_3: f64,
    /// Of the answerable, those that were not answered.
    pub refused_wrongly: f64,
    /// Questions that the pages do not answer.
    pub unanswerable: usize,
    /// Of those, the ones that were not answered.
    pub refused_rightly: f64,
    /// Bytes that a browser fetches before the first question: the manifest, and a vocabulary that is in one piece.
    pub bytes_first: usize,
    /// Bytes for a question beyond that, in the mean, in a browser that has not asked before.
    pub bytes_question: f64,
    /// The questions that were missed, and the place of the first right section, if it was among ten.
    pub missed: Vec<(String, Option<usize>)>,
    /// The unanswerable that were answered, with their confidence.
    pub answered: Vec<(String, f32)>,
}

/// Files in memory, which counts what it gives, as it would be served.
struct Counting<'a> {
    files: &'a index::Files,
    given: Cell<usize>,
    names: RefCell<BTreeSet<String>>,
}

impl Files for Counting<'_> {
    async fn get(&self, files: &[String]) -> Vec<Result<Rc<[u8]>, String>> {
        let one = |file: &String| {
            let bytes = self.files.get(file).ok_or("no such file")?;
            if self.names.borrow_mut().insert(file.clone()) {
                self.given.set(self.given.get() + compress(bytes).len());
            }
            Ok(bytes.as_slice().into())
        };
        files.iter().map(one).collect()
    }
}

/// Reads a file of questions.
///
/// # Errors
/// A sentence.
pub fn questions(file: &Path) -> Result<Vec<Question>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{} could not be read: {error}.", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{} is no list of questions: {error}.", file.display()))
}

/// Asks all questions of an index of the pages.
///
/// # Errors
/// A sentence.
pub fn measure(pages: &[Page], aids: &index::Aids, questions: &[Question]) -> Result<Measured, String> {
    let files = index::build(pages, aids).map_err(|refused| refused.to_string())?;
    let mut measured = Measured::default();
    let mut sums = [0.0; 5];
    let mut refused = 0;
    for question in questions {
        let folder = Counting { files: &files, given: Cell::new(0), names: RefCell::default() };
        let mut index = block_on(Index::open(&folder)).map_err(|lost| format!("{}: {}", lost.file, lost.why))?;
        let found = block_on(index.look_up(&folder, &question.question, question.before.as_deref(), 10));
        let found = found.map_err(|lost| format!("{}: {}", lost.file, lost.why))?;
        let sections: Vec<String> = (found.passages.iter())
            .map(|passage| format!("{}#{}", passage.url, passage.anchor).trim_end_matches('#').to_owned())
            .collect();
        let mut pages: Vec<&str> = Vec::new();
        for passage in &found.passages {
            if !pages.contains(&passage.url.as_str()) {
                pages.push(&passage.url);
            }
        }
        let is_answered = found.confidence >= ENOUGH;
        if question.expected.is_empty() {
            measured.unanswerable += 1;
            refused += usize::from(!is_answered);
            if is_answered {
                measured.answered.push((question.question.clone(), found.confidence));
            }
            continue;
        }
        measured.answerable += 1;
        let place = sections.iter().position(|section| question.expected.contains(section));
        let right = |page: &&str| question.expected.iter().any(|expected| expected.split('#').next() == Some(*page));
        sums[0] += f64::from(u8::from(place == Some(0)));
        sums[1] += f64::from(u8::from(place.is_some_and(|place| place < 3)));
        sums[2] += place.map_or(0.0, |place| 1.0 / (place as f64 + 1.0));
        sums[3] += f64::from(u8::from(pages.iter().take(3).any(right)));
        sums[4] += f64::from(u8::from(!is_answered));
        if place.is_none_or(|place| place >= 3) {
            measured.missed.push((question.question.clone(), place));
        }
        let first: usize = first_files(&files).iter().map(|bytes| compress(bytes).len()).sum();
        measured.bytes_first = first;
        // What a visitor's browser fetches of ten passages is more than of the three that are shown.
        let shown = Counting { files: &files, given: Cell::new(0), names: RefCell::default() };
        let mut index = block_on(Index::open(&shown)).map_err(|lost| lost.why)?;
        block_on(index.look_up(&shown, &question.question, None, 3)).map_err(|lost| lost.why)?;
        measured.bytes_question += shown.given.get().saturating_sub(first) as f64;
    }
    let whole = measured.answerable.max(1) as f64;
    [measured.hit_1, measured.hit_3, measured.mrr_10, measured.page_hit_3, measured.refused_wrongly] =
        sums.map(|sum| sum / whole);
    measured.refused_rightly =
        f64::from(u32::try_from(refused).unwrap_or(u32::MAX)) / measured.unanswerable.max(1) as f64;
    measured.bytes_question /= whole;
    Ok(measured)
}

/// What a browser fetches before the first question.
fn first_files(files: &index::Files) -> Vec<&Vec<u8>> {
    use inferkit_widget::knowledge::format::{MANIFEST, Manifest};
    let Some(bytes) = files.get(MANIFEST) else { return Vec::new() };
    let shards = Manifest::read(bytes).map(|manifest| manifest.vocabulary).unwrap_or_default();
    let whole = if let [only] = &shards[..] { files.get(&only.name.file()) } else { None };
    [Some(bytes), whole].into_iter().flatten().collect()
}
