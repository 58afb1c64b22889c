//! From what a look-up found to what an answer may stand on.

use super::{
    lookup::{ENOUGH, Found, Passage},
    messages::{Evidence, Ground, Source, Verdict},
};

/// Most passages of a ground: as many as a visitor reads, and a model.
pub const MOST_PASSAGES: usize = 5;

/// Most passages that are shown where none is an answer.
const MOST_NEAREST: usize = 3;

/// The longest quotation, in characters.
const MOST_QUOTED: usize = 240;

/// A passage whose score is below this share of the best one's answers something else.
const LEAST_SHARE: f32 = 0.35;

/// What was found, as the ground of an answer. `address` makes a page's address absolute, and refuses what is not http.
pub fn ground(found: Found, chat: bool, address: impl Fn(&str) -> Option<String>) -> Ground {
    if chat {
        return Ground::default();
    }
    let verdict = if found.confidence >= ENOUGH { Verdict::Enough } else { Verdict::Lacking };
    let most = if verdict == Verdict::Enough { MOST_PASSAGES } else { MOST_NEAREST };
    let least = found.passages.first().map_or(0.0, |best| best.score) * LEAST_SHARE;
    let near = found.passages.into_iter().filter(|passage| passage.score >= least);
    let passages = near.take(most).filter_map(|passage| evidence(passage, &address)).collect();
    Ground { verdict, passages }
}

fn evidence(passage: Passage, address: impl Fn(&str) -> Option<String>) -> Option<Evidence> {
    let mut url = address(&passage.url)?;
    if !passage.anchor.is_empty() {
        url.push('#');
        url.push_str(&passage.anchor);
    }
    let quote = quoted(&passage);
    // A page's first heading most often is its title.
    let path: Vec<&str> =
        passage.path.iter().map(String::as_str).filter(|part| !passage.title.contains(part)).collect();
    let path = path.join(" › ");
    Some(Evidence { source: Source { title: passage.title, path, quote, url }, text: passage.text })
}

/// The best sentence, or what the passage begins with.
fn quoted(passage: &Passage) -> String {
    let best = passage.sentences.first().cloned().and_then(|range| passage.text.get(range));
    let text = best.unwrap_or(&passage.text).trim();
    match text.char_indices().nth(MOST_QUOTED) {
        None => text.to_owned(),
        Some((end, _)) => {
            let cut = text.get(..end).unwrap_or(text);
            // Not in mid-word, where there are words.
            let cut = cut.rsplit_once(' ').map_or(cut, |(whole, _)| whole);
            format!("{cut}…")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(score: f32, text: &str) -> Passage {
        Passage {
            url: "hours.html".into(),
            title: "Opening hours · Halden".into(),
            path: vec!["Opening hours".into(), "Sundays".into()],
            anchor: "sundays".into(),
            language: "en".into(),
            sentences: vec![0..text.find('.').map_or(text.len(), |end| end + 1)],
            text: text.into(),
            score,
        }
    }

    fn absolute(url: &str) -> Option<String> {
        Some(format!("https://shop.example/{url}"))
    }

    #[test]
    fn a_source_has_its_place_its_sentence_and_its_address() {
        let found = Found { passages: vec![passage(3.0, "On Sundays from ten. Otherwise not.")], confidence: 0.9 };
        let ground = ground(found, false, absolute);
        assert_eq!(ground.verdict, Verdict::Enough);
        let source = Source {
            title: "Opening hours · Halden".into(),
            path: "Sundays".into(),
            quote: "On Sundays from ten.".into(),
            url: "https://shop.example/hours.html#sundays".into(),
        };
        assert_eq!(ground.passages[0].source, source);
    }

    #[test]
    fn what_is_far_behind_is_left_out_and_doubt_shows_the_nearest_alone() {
        let scores = [3.0, 2.5, 2.0, 1.5, 0.9];
        let passages: Vec<Passage> = scores.map(|score| passage(score, "a.")).into();
        let count = |confidence| {
            let found = Found { passages: passages.clone(), confidence };
            let ground = ground(found, false, absolute);
            (ground.verdict, ground.passages.len())
        };
        assert_eq!(count(0.9), (Verdict::Enough, 4));
        assert_eq!(count(0.1), (Verdict::Lacking, 3));
    }

    #[test]
    fn a_greeting_has_no_ground_and_an_address_that_is_none_no_source() {
        let found = || Found { passages: vec![passage(1.0, "a.")], confidence: 0.9 };
        assert_eq!(ground(found(), true, absolute), Ground::default());
        assert!(ground(found(), false, |_| None).passages.is_empty());
    }

    #[test]
    fn a_long_sentence_is_cut_between_words() {
        let mut one = passage(1.0, &"word ".repeat(100));
        one.sentences = Vec::new();
        let quote = quoted(&one);
        assert!(quote.ends_with("word…") && quote.chars().count() <= MOST_QUOTED + 1, "{quote}");
    }
}
