//! The fields of a passage, and what they make its impacts.

use std::collections::BTreeMap;

use inferkit_widget::knowledge::Impacts;

/// A field of a passage, for BM25F: what one occurrence there weighs, and how much of the field's length counts against it.
struct Field {
    weight: f32,
    length: f32,
}

/// What the page is called, what stands above the passage, what stands in it. Round numbers: finer ones fit one site and
/// not the next.
const FIELDS: [Field; 3] =
    [Field { weight: 1.0, length: 0.3 }, Field { weight: 3.0, length: 0.3 }, Field { weight: 1.0, length: 0.5 }];

/// How soon one more occurrence says nothing new (BM25's k1).
const SATURATION: f32 = 1.5;

/// How often each term occurs in a passage's fields, and how many words each field has.
pub type Occurrences = [(BTreeMap<String, u32>, u32); 3];

/// Each term's passages with its impact there.
pub fn impacts(occurrences: &[Occurrences]) -> BTreeMap<String, Impacts> {
    let mean = |field: usize| {
        let whole: u64 = occurrences.iter().map(|fields| u64::from(fields[field].1)).sum();
        (whole as f32 / occurrences.len() as f32).max(1.0)
    };
    let means = [mean(0), mean(1), mean(2)];
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
