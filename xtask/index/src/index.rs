//! Pages to the files of an index.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use inferkit_widget::knowledge::{
    Impacts, Related, encode_impacts, encode_related, encode_vocabulary,
    format::{Block, Fragment, MANIFEST, MOST_PASSAGES, Malformed, Manifest, Name, Part, Range, Shard, Text, write},
    words::Terms,
};
use sha2::{Digest, Sha256};

use crate::{
    ask::Questions,
    fields::{impacts, languages_of, passages_of},
    lexicon::{lexica, spoken},
    page::Page,
    vectors,
};

/// What an index is made of, by file name; the contents are not compressed yet.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Why there is no index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is nothing to find.
    Empty,
    /// There are more passages than an index may have.
    TooMany(usize),
    /// The file of vectors is none: a sentence.
    Vectors(String),
    /// A bug: what was made does not fit its own format.
    Malformed,
}

impl fmt::Display for Refused {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(to, "No page has any text of its own, so there is nothing to find."),
            Self::TooMany(count) => {
                write!(to, "The pages have {count} passages, and an index holds {MOST_PASSAGES}: index a part of them.")
            }
            Self::Vectors(sentence) => write!(to, "{sentence}"),
            Self::Malformed => write!(to, "The index could not be written in its own format. Please report this."),
        }
    }
}

impl From<Malformed> for Refused {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Bytes of a vocabulary that is in one piece, so that it is there before the first question; about as many terms' more
/// are parted, and a question fetches the parts with its words.
const WHOLE_BYTES: usize = 48 << 10;

/// Bytes from which on a file is full, before compression: terms, of which a question needs a few; postings, of which it
/// needs a few terms'; text, of which it needs a few passages.
const SHARD_BYTES: usize = 4 << 10;
const BLOCK_BYTES: usize = 2 << 10;
const FRAGMENT_BYTES: usize = 4 << 10;
const RELATED_BYTES: usize = 4 << 10;

/// What an index is made with, besides the pages.
#[derive(Clone, Debug, Default)]
pub struct Aids {
    /// A file of word vectors, in the language of most pages.
    pub vectors: Option<PathBuf>,
    /// Questions that passages answer.
    pub questions: Questions,
}

/// Makes the files of an index, the manifest among them.
///
/// # Errors
/// See [`Refused`].
pub fn build(pages: &[Page], aids: &Aids) -> Result<Files, Refused> {
    let mut writer = Writer::default();
    let mut manifest = Manifest::default();
    let mut occurrences = Vec::new();
    let mut languages: BTreeMap<String, usize> = BTreeMap::new();
    let spoken_in: Vec<Vec<String>> = pages.iter().map(languages_of).collect();
    let lexica = lexica(pages, &spoken_in);
    for (page, of_sections) in pages.iter().zip(&spoken_in) {
        let of_page = passages_of(page, of_sections, &lexica, &aids.questions);
        for (text, fields) in &of_page {
            *languages.entry(text.language.clone()).or_default() += 1;
            occurrences.push(fields.clone());
        }
        fragments(page, of_page.into_iter().map(|(text, _)| text), &mut writer, &mut manifest)?;
    }
    if occurrences.is_empty() {
        return Err(Refused::Empty);
    }
    manifest.passages = u32::try_from(occurrences.len())
        .ok()
        .filter(|count| *count <= MOST_PASSAGES)
        .ok_or(Refused::TooMany(occurrences.len()))?;
    manifest.languages = spoken(languages, lexica);
    let postings = impacts(&occurrences);
    let places = terms(&postings, &mut writer, &mut manifest)?;
    if let (Some(file), Some(language)) = (&aids.vectors, manifest.languages.first()) {
        let used = vectors::used(pages, language);
        let neighbours = vectors::neighbours(file, &Terms::of(&language.endings), &used).map_err(Refused::Vectors)?;
        related(neighbours, &places, &mut writer, &mut manifest);
    }
    let bytes = manifest.write()?;
    // What was made is what the widget reads.
    Manifest::read(&bytes)?;
    writer.0.insert(MANIFEST.to_owned(), bytes);
    Ok(writer.0)
}

/// Writes a page's passages, a few in each file.
fn fragments(
    page: &Page,
    texts: impl Iterator<Item = Text>,
    writer: &mut Writer,
    manifest: &mut Manifest,
) -> Result<(), Refused> {
    let mut open: Vec<Text> = Vec::new();
    let mut begins = true;
    let mut close = |passages: Vec<Text>| {
        let length = passages.len() as u32;
        let fragment = Fragment { url: page.url.clone(), title: page.title.clone(), passages };
        let name = writer.put(write(&fragment)?);
        manifest.fragments.push(Range { length, begins, name });
        begins = false;
        Ok::<(), Refused>(())
    };
    for text in texts {
        let held: usize = open.iter().map(|text| text.text.len()).sum();
        if held > 0 && held + text.text.len() > FRAGMENT_BYTES {
            close(std::mem::take(&mut open))?;
        }
        open.push(text);
    }
    if open.is_empty() { Ok(()) } else { close(open) }
}

/// Where each term's impacts are: where they begin in all postings, and their length.
type Places<'a> = BTreeMap<&'a str, (u32, u32)>;

/// Writes the vocabulary and the postings.
fn terms<'a>(
    postings: &'a BTreeMap<String, Impacts>,
    writer: &mut Writer,
    manifest: &mut Manifest,
) -> Result<Places<'a>, Refused> {
    let mut places = Places::new();
    let mut written = 0;
    let mut block = Vec::new();
    let mut shard: Vec<(&str, u32)> = Vec::new();
    let mut start = 0;
    let mut size = 0;
    let mut close = |shard: &mut Vec<(&str, u32)>, start: u32, writer: &mut Writer| {
        if let Some(from) = shard.first().map(|(term, _)| (*term).to_owned()) {
            let name = writer.put(encode_vocabulary(shard.drain(..)));
            manifest.vocabulary.push(Shard { from, start, name });
        }
    };
    let cost = |term: &str| term.len() / 2 + 3;
    let whole = postings.keys().map(|term| cost(term)).sum::<usize>() <= WHOLE_BYTES;
    for (term, impacts) in postings {
        let bytes = encode_impacts(impacts);
        if size >= SHARD_BYTES && !whole {
            close(&mut shard, start, writer);
            (start, size) = (written, 0);
        }
        let length = u32::try_from(bytes.len()).map_err(|_| Refused::Malformed)?;
        shard.push((term, length));
        places.insert(term, (written, length));
        written = u32::checked_add(written, length).ok_or(Refused::Malformed)?;
        size += cost(term);
        block.extend(bytes);
        if block.len() >= BLOCK_BYTES {
            manifest.postings.push(Block { length: block.len() as u32, name: writer.put(std::mem::take(&mut block)) });
        }
    }
    close(&mut shard, start, writer);
    if !block.is_empty() {
        manifest.postings.push(Block { length: block.len() as u32, name: writer.put(block) });
    }
    Ok(places)
}

/// Writes the table of other words.
fn related(neighbours: vectors::Neighbours, places: &Places<'_>, writer: &mut Writer, manifest: &mut Manifest) {
    let mut open: Vec<(String, Vec<Related>)> = Vec::new();
    let mut size = 0;
    let mut close = |words: Vec<(String, Vec<Related>)>| {
        let Some((from, _)) = words.first().cloned() else { return };
        let encoded = encode_related(words.iter().map(|(word, related)| (word.as_str(), related.as_slice())));
        manifest.related.push(Part { from, name: writer.put(encoded) });
    };
    for (word, near) in neighbours.into_iter().filter(|(word, _)| !places.contains_key(word.as_str())) {
        let placed = near.into_iter().filter_map(|(term, cosine)| Some((*places.get(term.as_str())?, term, cosine)));
        let related: Vec<Related> = placed
            .map(|((start, length), term, cosine)| Related { term, start, length, near: (255.0 * cosine) as u8 })
            .collect();
        size += 4 + related.iter().map(|related| related.term.len() + 7).sum::<usize>();
        open.push((word, related));
        if size >= RELATED_BYTES {
            close(std::mem::take(&mut open));
            size = 0;
        }
    }
    close(open);
}

/// Files by names that their contents give them.
#[derive(Default)]
struct Writer(Files);

impl Writer {
    fn put(&mut self, bytes: Vec<u8>) -> Name {
        let digest = Sha256::digest(&bytes);
        let mut name = Name([0; 6]);
        name.0.copy_from_slice(&digest[..6]);
        self.0.insert(name.file(), bytes);
        name
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use inferkit_widget::knowledge::{
        self, Found, Index,
        lookup::ENOUGH,
        words::{Terms, words},
    };
    use pollster::block_on;
    use proptest::prelude::*;

    use super::*;
    use crate::{ask, page::Section};

    struct Memory(Files);

    impl knowledge::Files for Memory {
        async fn get(&self, files: &[String]) -> Vec<Result<Rc<[u8]>, String>> {
            files
                .iter()
                .map(|file| self.0.get(file).map(|bytes| bytes.as_slice().into()).ok_or("none".into()))
                .collect()
        }
    }

    fn page(url: &str, language: &str, sections: &[(&str, &str)]) -> Page {
        let section = |(heading, text): &(&str, &str)| Section {
            anchor: heading.to_lowercase(),
            path: vec![(*heading).to_owned()],
            language: language.to_owned(),
            text: (*text).to_owned(),
        };
        Page { url: url.into(), title: url.into(), sections: sections.iter().map(section).collect() }
    }

    fn look_up(pages: &[Page], question: &str) -> Found {
        let folder = Memory(build(pages, &Aids::default()).expect("an index"));
        block_on(async {
            let mut index = Index::open(&folder).await.expect("a manifest");
            index.look_up(&folder, question, None, 5).await.expect("all files")
        })
    }

    fn shop() -> Vec<Page> {
        vec![
            page(
                "hours.html",
                "en",
                &[("Sundays", "We open at ten."), ("Weekdays", "We open at eight, and close at six.")],
            ),
            page(
                "tea.html",
                "",
                &[("Tea", "The tea is brewed at eighty degrees, and it is good for you and the others.")],
            ),
            page("versand.html", "de", &[("Versand", "Wir versenden die Bestellungen am gleichen Tag.")]),
            page("ja.html", "ja", &[("営業", "日曜日は十時から営業しています。")]),
        ]
    }

    #[test]
    fn what_is_indexed_is_found_in_each_language() {
        let check = |question: &str, anchor: &str| {
            let found = look_up(&shop(), question);
            assert_eq!(found.passages.first().map(|first| first.anchor.as_str()), Some(anchor), "{question}");
        };
        check("When are you open on sunday?", "sundays");
        check("brewing tea", "tea");
        check("Wann wird meine Bestellung versendet?", "versand");
        check("日曜日は何時から？", "営業");
        assert_eq!(look_up(&shop(), "bicycle").passages, []);
    }

    #[test]
    fn compounds_are_found_by_their_parts_and_parts_by_their_compounds() {
        let pages = [
            page(
                "tarif.html",
                "de",
                &[("Stromtarif", "Der Stromtarif, ein Tarif für Strom, ist das und die Grundlage.")],
            ),
            page("laden.html", "de", &[("Laden", "Das Auto und der Akku und die Wallbox.")]),
            page("cards.html", "en", &[("Gift cards", "They are sent to you by mail, and they do not expire.")]),
        ];
        let check = |question: &str, anchor: Option<&str>| {
            let found = look_up(&pages, question);
            assert_eq!(found.passages.first().map(|first| first.anchor.as_str()), anchor, "{question}");
        };
        check("Tarife", Some("stromtarif"));
        check("Billigtarif", Some("stromtarif"));
        check("giftcard", Some("gift cards"));
        check("Autobahn", None);
    }

    #[test]
    fn a_heading_says_more_than_a_word_in_the_text() {
        let pages = [page("a.html", "en", &[("Other", "Some refund of it."), ("Refund", "Some words of it.")])];
        assert_eq!(look_up(&pages, "refund").passages[0].anchor, "refund");
    }

    #[test]
    fn words_that_no_page_has_are_found_by_vectors() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("vectors");
        std::fs::write(&file, "infusion 1 0.1\ntea 1 0\ngarage 0 -1\n").expect("a file");
        let aids = Aids { vectors: Some(file), ..Aids::default() };
        let files = Memory(build(&shop(), &aids).expect("an index"));
        let mut index = block_on(Index::open(&files)).expect("a manifest");
        let mut anchors = |question: &str| {
            let found = block_on(index.look_up(&files, question, None, 5)).expect("all files");
            found.passages.into_iter().map(|passage| passage.anchor).collect::<Vec<_>>()
        };
        assert_eq!((anchors("infusions"), anchors("garage")), (vec!["tea".to_owned()], vec![]));
        let aids = Aids { vectors: Some("/nowhere".into()), ..Aids::default() };
        assert!(build(&shop(), &aids).expect_err("no file").to_string().contains("/nowhere"));
    }

    #[test]
    fn a_passage_is_found_by_the_questions_that_were_written_for_it() {
        let mut aids = Aids::default();
        let key = ask::key("hours.html", &["Sundays".into()], "We open at ten.");
        aids.questions.insert(key, vec!["When may I visit on weekends?".into()]);
        let files = Memory(build(&shop(), &aids).expect("an index"));
        let mut index = block_on(Index::open(&files)).expect("a manifest");
        let found = block_on(index.look_up(&files, "weekend visits", None, 5)).expect("all files");
        assert_eq!(found.passages[0].text, "We open at ten.");
        assert!(found.passages.len() == 1 && found.confidence >= ENOUGH);
    }

    #[test]
    fn the_same_pages_give_the_same_bytes() {
        let build = || build(&shop(), &Aids::default());
        assert_eq!(build(), build());
    }

    #[test]
    fn a_large_vocabulary_is_parted_and_found_all_the_same() {
        let word = |number: usize| {
            let letters = (0..5).map(|place| char::from(b'a' + (number / 26_usize.pow(place) % 26) as u8));
            letters.chain("zq".chars()).collect::<String>()
        };
        let text = (0..30_000).map(word).collect::<Vec<_>>();
        let pages: Vec<Page> =
            text.chunks(100).map(|words| page(&words[0], "x", &[(&words[0], &words.join(" "))])).collect();
        let files = build(&pages, &Aids::default()).expect("an index");
        let manifest = Manifest::read(&files[MANIFEST]).expect("a manifest");
        assert!(manifest.vocabulary.len() > 3 && manifest.postings.len() > 20);
        let shards = manifest.vocabulary.iter().map(|shard| files[&shard.name.file()].len());
        assert!(shards.max().is_some_and(|most| most < 2 * SHARD_BYTES));
        for number in (0..30_000).step_by(997) {
            let found = look_up(&pages, &word(number));
            assert_eq!(found.passages.first().map(|first| first.url.as_str()), Some(text[number / 100 * 100].as_str()));
        }
    }

    #[test]
    fn pages_without_text_make_no_index() {
        assert_eq!(build(&[], &Aids::default()), Err(Refused::Empty));
        assert_eq!(build(&[page("a", "en", &[])], &Aids::default()), Err(Refused::Empty));
    }

    proptest! {
        #[test]
        fn any_pages_make_an_index_that_finds_its_words(texts in prop::collection::vec("\\PC{0,60}", 1..8)) {
            let pages: Vec<Page> = texts.iter().map(|text| page("a", "en", &[("H", text.trim())])).collect();
            let word = texts.iter().flat_map(|text| words(text)).next();
            let found = look_up(&pages, word.as_ref().map_or("h", |word| &word.text));
            prop_assert!(word.is_none_or(|word| Terms::default().term(&word).is_empty()) || !found.passages.is_empty());
        }
    }
}
