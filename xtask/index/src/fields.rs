//! The fields of a passage, and what they make its impacts.

use std::collections::BTreeMap;

use inferkit_widget::knowledge::{Impacts, format::Text};

use crate::{
    ask::{self, Questions},
    language,
    lexicon::{Counts, Lexicon},
    page::{Page, Section},
    passages,
};

/// A field of a passage, for BM25F: what one occurrence there weighs, and how much of the field's length counts against it.
struct Field {
    weight: f32,
    length: f32,
}

/// What the page is called, what stands above the passage, what stands in it, the questions written for it. Round numbers:
/// finer ones fit one site and not the next.
const FIELDS: [Field; 4] = [
    Field { weight: 1.0, length: 0.3 },
    Field { weight: 3.0, length: 0.3 },
    Field { weight: 1.0, length: 0.5 },
    Field { weight: 1.0, length: 0.0 },
];

/// How soon one more occurrence says nothing new (BM25's k1).
const SATURATION: f32 = 1.5;

/// How often each term occurs in a passage's fields, and how many words each field has.
pub type Occurrences = [Counts; 4];

/// The language of each of a page's sections: as it says, or as its small words do; empty where neither does.
pub fn languages_of(page: &Page) -> Vec<String> {
    let guessed = || {
        let whole: String = page.sections.iter().map(|section| section.text.as_str()).collect::<Vec<_>>().join(" ");
        language::guess(&whole).unwrap_or_default().to_owned()
    };
    let unknown = page.sections.iter().any(|section| section.language.is_empty());
    let guessed = if unknown { guessed() } else { String::new() };
    let of = |section: &Section| Some(language::primary(&section.language)).filter(|tag| !tag.is_empty());
    page.sections.iter().map(|section| of(section).unwrap_or_else(|| guessed.clone())).collect()
}

/// The passages of a page, each with its terms; `languages` has those of its sections, `lexica` what is known of each.
///
/// A title that stands above a passage as a heading, too, is said once: twice, it would outweigh what tells the page's
/// passages apart.
pub fn passages_of(
    page: &Page,
    languages: &[String],
    lexica: &BTreeMap<String, Lexicon>,
    questions: &Questions,
) -> Vec<(Text, Occurrences)> {
    let mut found = Vec::new();
    let unknown = Lexicon::default();
    for (section, tag) in page.sections.iter().zip(languages) {
        let lexicon = lexica.get(tag).unwrap_or(&unknown);
        for text in passages::cut(section) {
            let Section { anchor, path, .. } = section;
            let asked = questions.get(&ask::key(&page.title, path, &text)).map(|asked| asked.join("\n"));
            let title = Some(page.title.as_str()).filter(|title| path.iter().all(|heading| heading != title));
            let fields = [
                lexicon.count_headings(title),
                lexicon.count_headings(path.iter().map(String::as_str)),
                lexicon.count(&text),
                lexicon.count(&asked.unwrap_or_default()),
            ];
            let text = Text { path: path.clone(), anchor: anchor.clone(), language: tag.clone(), text };
            found.push((text, fields));
        }
    }
    found
}

/// Each term's passages with its impact there.
pub fn impacts(occurrences: &[Occurrences]) -> BTreeMap<String, Impacts> {
    let mean = |field: usize| {
        let whole: u64 = occurrences.iter().map(|fields| u64::from(fields[field].1)).sum();
        (whole as f32 / occurrences.len() as f32).max(1.0)
    };
    let means = [mean(0), mean(1), mean(2), mean(3)];
    let mut postings: BTreeMap<String, Impacts> = BTreeMap::new();
    for (passage, fields) in occurrences.iter().enumerate() {
        let mut weights: BTreeMap<&str, f32> = BTreeMap::new();
        for ((field, mean), (counts, length)) in FIELDS.iter().zip(means).zip(fields) {
            let long = 1.0 - field.length + field.length * *length as f32 / mean;
            for (term, count) in counts {
                *weights.entry(term).or_default() += field.weight * *count as f32 / long;
            }
        }
        for (term, weight) in weights {
            let impact = (255.0 * weight / (SATURATION + weight)).round().clamp(1.0, 255.0) as u8;
            postings.entry(term.to_owned()).or_default().0.push((passage as u32, impact));
        }
    }
    postings
}
