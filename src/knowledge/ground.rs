//! From what a look-up found to what an answer may stand on.

use super::{
    lookup::{ENOUGH, Found, Passage},
    messages::{Ground, Source, Verdict},
};

/// Most passages of a ground: as many as a visitor reads, and a model.
pub const MOST_PASSAGES: usize = 4;

/// Most passages that are shown where none is an answer.
const MOST_NEAREST: usize = 3;

/// The confidence from which on they are near at all.
const NEAR: f32 = 0.2;

/// The longest quotation, in characters.
const MOST_QUOTED: usize = 240;

/// A passage whose score is below this share of the best one's answers something else.
const LEAST_SHARE: f32 = 0.45;

/// Comes first, and never changes, so that the engine has read it once.
const RULES: &str = "You answer questions of a website's visitors. Use only the numbered passages of the website. Answer in \
    one or two short sentences, in the language of the question, and put the passage's number after each, like [1]. If the \
    passages do not have the answer, say that the website does not tell.";

/// How many words of a quotation a browser is to find again.
const MOST_DIRECTED: usize = 6;

/// What was found, as the ground of an answer. `address` makes a page's address absolute, and refuses what is not http;
/// `encode` is `encodeURIComponent`, where the browser can show the words that a link names (a text fragment).
pub fn ground(
    found: Found,
    chat: bool,
    address: impl Fn(&str) -> Option<String>,
    encode: impl Fn(&str) -> Option<String>,
) -> Ground {
    if chat {
        return Ground::default();
    }
    let verdict = if found.confidence >= ENOUGH { Verdict::Enough } else { Verdict::Lacking };
    let most = match verdict {
        Verdict::Enough => MOST_PASSAGES,
        _ if found.confidence >= NEAR => MOST_NEAREST,
        _ => 0,
    };
    let least = found.passages.first().map_or(0.0, |best| best.score) * LEAST_SHARE;
    let near = found.passages.into_iter().filter(|passage| passage.score >= least);
    let mut ground = Ground { verdict, rules: RULES.to_owned(), ..Ground::default() };
    for passage in near.take(most) {
        if let Some(source) = source(&passage, &address, &encode) {
            let number = (ground.passages.len() + 1).to_string();
            let [title, path, ..] = source.parts();
            let parts = if path.is_empty() { "" } else { " – " };
            ground.passages.push(["[", &number, "] ", title, parts, path, "\n", &passage.text].concat());
            ground.sources.push(source);
        }
    }
    ground
}

fn source(
    passage: &Passage,
    address: impl Fn(&str) -> Option<String>,
    encode: impl Fn(&str) -> Option<String>,
) -> Option<Source> {
    let mut url = address(&passage.url)?;
    if !passage.anchor.is_empty() {
        url.push('#');
        url.push_str(&passage.anchor);
    }
    let quote = quoted(passage);
    // A page's first heading most often is its title.
    let path: Vec<&str> =
        passage.path.iter().map(String::as_str).filter(|part| !passage.title.contains(part)).collect();
    let line = |text: &str| text.replace(['\n', '\r'], " ");
    let (title, path, quote) = (line(&passage.title), line(&path.join(" › ")), line(&quote));
    let link = match encode(&directed(&quote)) {
        // What parts the words of a directive would have a meaning.
        Some(words) => {
            [url.as_str(), if url.contains('#') { "" } else { "#" }, ":~:text=", &words.replace('-', "%2D")].concat()
        }
        None => url.clone(),
    };
    Some(Source::new([&title, &path, &quote, &url, &link])).filter(Source::is_web)
}

/// The words by which a browser finds a quotation again: whole ones, from its beginning.
fn directed(quote: &str) -> String {
    let words: Vec<&str> = quote.split_whitespace().take(MOST_DIRECTED).collect();
    words.join(" ").trim_end_matches(['…', '.', ',', ':', ';', '!', '?']).to_owned()
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
            [cut, "…"].concat()
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
            sentences: std::iter::once(0..text.find('.').map_or(text.len(), |end| end + 1)).collect(),
            text: text.into(),
            score,
        }
    }

    fn unable(_: &str) -> Option<String> {
        None
    }

    fn absolute(url: &str) -> Option<String> {
        Some(format!("https://shop.example/{url}"))
    }

    #[test]
    fn a_source_has_its_place_its_sentence_and_its_address() {
        let found = Found { passages: vec![passage(3.0, "On Sundays from ten. Otherwise not.")], confidence: 0.9 };
        let ground = ground(found, false, absolute, unable);
        assert_eq!(ground.verdict, Verdict::Enough);
        let url = "https://shop.example/hours.html#sundays";
        let parts = ["Opening hours · Halden", "Sundays", "On Sundays from ten.", url, url];
        assert_eq!(ground.sources[0].parts(), parts);
        let read = "[1] Opening hours · Halden – Sundays\nOn Sundays from ten. Otherwise not.";
        assert_eq!(ground.passages, [read]);
    }

    #[test]
    fn what_is_far_behind_is_left_out_and_doubt_shows_the_nearest_alone() {
        let scores = [3.0, 2.5, 2.0, 1.5, 0.9];
        let passages: Vec<Passage> = scores.map(|score| passage(score, "a.")).into();
        let count = |confidence| {
            let found = Found { passages: passages.clone(), confidence };
            let ground = ground(found, false, absolute, unable);
            (ground.verdict, ground.passages.len())
        };
        assert_eq!(count(0.9), (Verdict::Enough, 4));
        assert_eq!(count(0.3), (Verdict::Lacking, 3));
        assert_eq!(count(0.1), (Verdict::Lacking, 0));
    }

    #[test]
    fn a_greeting_has_no_ground_and_an_address_that_is_none_no_source() {
        let found = || Found { passages: vec![passage(1.0, "a.")], confidence: 0.9 };
        assert_eq!(ground(found(), true, absolute, unable), Ground::default());
        assert!(ground(found(), false, |_| None, unable).passages.is_empty());
        assert!(ground(found(), false, |_| Some("javascript:x//".into()), unable).sources.is_empty());
    }

    #[test]
    fn a_link_names_the_words_where_the_browser_can_show_them() {
        let found = Found { passages: vec![passage(1.0, "Open on Sundays from-to ten, mostly. No.")], confidence: 0.9 };
        let ground = ground(found, false, absolute, |text| Some(text.replace(' ', "%20").replace(',', "%2C")));
        let words = "Open%20on%20Sundays%20from%2Dto%20ten%2C%20mostly";
        let link = format!("https://shop.example/hours.html#sundays:~:text={words}");
        assert_eq!(ground.sources[0].parts()[4], link);
    }

    #[test]
    fn a_long_sentence_is_cut_between_words() {
        let mut one = passage(1.0, &"word ".repeat(100));
        one.sentences = Vec::new();
        let quote = quoted(&one);
        assert!(quote.ends_with("word…") && quote.chars().count() <= MOST_QUOTED + 1, "{quote}");
    }
}
