//! Look-ups in a small index that is made here, whole, damaged and half there.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use pollster::block_on;
use proptest::prelude::*;

use super::{
    endings::some_endings,
    format::{Block, Fragment, Language, MANIFEST, Manifest, Name, Part, Range, Shard, Text, write},
    lookup::{ENOUGH, Files, Found, Index, Unfetched},
    postings::{Impacts, encode_impacts},
    related::{Related, encode_related},
    vocabulary::encode_vocabulary,
    words::{Terms, words},
};

/// A folder in memory, whose files can be changed and taken away.
#[derive(Default)]
struct Folder {
    files: RefCell<BTreeMap<String, Vec<u8>>>,
    fetched: Cell<usize>,
}

impl Files for Folder {
    async fn get(&self, files: &[String]) -> Vec<Result<Rc<[u8]>, String>> {
        self.fetched.set(self.fetched.get() + files.len());
        let own = self.files.borrow();
        files.iter().map(|file| own.get(file).map(|bytes| bytes.as_slice().into()).ok_or("gone".to_owned())).collect()
    }
}

impl Folder {
    fn put(&self, bytes: Vec<u8>) -> Name {
        let mut files = self.files.borrow_mut();
        let name = Name((files.len() as u64).to_be_bytes()[2..].try_into().expect("six bytes"));
        files.insert(name.file(), bytes);
        name
    }
}

/// Anchor, heading, text.
type Section = (&'static str, &'static str, &'static str);

/// Address, title, sections.
const PAGES: [(&str, &str, &[Section]); 3] = [
    (
        "hours.html",
        "Opening hours",
        &[
            ("weekdays", "On weekdays", "The shop opens at eight. It closes at six."),
            ("sundays", "On Sundays", "We open at ten on Sundays and holidays. There is music at noon."),
        ],
    ),
    (
        "returns.html",
        "Returns",
        &[
            ("", "Returns", "Bring back what you do not like within thirty days."),
            ("refund", "Refunds", "A refund takes three working days. The WT32-ETH01 board can't be returned."),
        ],
    ),
    ("de.html", "Versand", &[("versand", "Versandkosten", "Der Versand kostet fünf Franken.")]),
];

/// An index of the pages above, each section a passage, all terms with one impact, the first letter's in a shard.
fn folder() -> Folder {
    let folder = Folder::default();
    let mut manifest = Manifest::default();
    let mut postings: BTreeMap<String, Vec<(u32, u8)>> = BTreeMap::new();
    for (url, title, sections) in PAGES {
        let language = if url == "de.html" { "de" } else { "en" };
        let mut passages = Vec::new();
        for (anchor, heading, text) in sections {
            let terms = Terms::of(&some_endings(language));
            for word in words(&format!("{title} {heading} {text}")) {
                let impacts = postings.entry(terms.term(&word)).or_default();
                if impacts.last().is_none_or(|(passage, _)| *passage != manifest.passages) {
                    impacts.push((manifest.passages, 100));
                }
            }
            let path = vec![title.to_owned(), (*heading).to_owned()];
            passages.push(Text { path, anchor: (*anchor).into(), language: language.into(), text: (*text).into() });
            manifest.passages += 1;
        }
        let length = passages.len() as u32;
        let fragment = Fragment { url: url.into(), title: title.into(), passages };
        manifest.fragments.push(Range { length, begins: true, name: folder.put(write(&fragment).expect("postcard")) });
    }
    let mut shards: BTreeMap<char, Vec<(String, u32)>> = BTreeMap::new();
    let mut all = Vec::new();
    let mut starts: BTreeMap<char, u32> = BTreeMap::new();
    let mut related = Vec::new();
    for (term, impacts) in postings {
        let bytes = encode_impacts(&Impacts(impacts));
        let first = term.chars().next().expect("a term");
        starts.entry(first).or_insert(all.len() as u32);
        if term == "music" {
            related.push(Related {
                term: term.clone(),
                start: all.len() as u32,
                length: bytes.len() as u32,
                near: 200,
            });
        }
        shards.entry(first).or_default().push((term, bytes.len() as u32));
        all.extend(bytes);
    }
    for (from, terms) in shards {
        let bytes = encode_vocabulary(terms.iter().map(|(term, length)| (term.as_str(), *length)));
        manifest.vocabulary.push(Shard { from: from.to_string(), start: starts[&from], name: folder.put(bytes) });
    }
    for (word, related) in [("concert", related.as_slice()), ("hoiliday", &[]), ("parrot", &[])] {
        let from = word.to_owned();
        manifest.related.push(Part { from, name: folder.put(encode_related([(word, related)])) });
    }
    // Cut anywhere: a term's impacts may lie in two files.
    for bytes in all.chunks(37) {
        manifest.postings.push(Block { length: bytes.len() as u32, name: folder.put(bytes.to_vec()) });
    }
    let language = |tag: &str, words: &[&str]| Language {
        tag: tag.into(),
        endings: some_endings(tag),
        function_words: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    manifest.languages = vec![
        language("en", &["and", "at", "do", "does", "how", "is", "it", "on", "the", "when", "you"]),
        language("de", &["der", "die", "und", "was", "wie"]),
    ];
    let bytes = manifest.write().expect("postcard");
    folder.files.borrow_mut().insert(MANIFEST.into(), bytes);
    folder
}

fn look_up(folder: &Folder, question: &str, before: Option<&str>) -> Result<Found, Unfetched> {
    block_on(async { Index::open(folder).await?.look_up(folder, question, before, 3).await })
}

fn anchors(found: &Found) -> Vec<&str> {
    found.passages.iter().map(|passage| passage.anchor.as_str()).collect()
}

#[test]
fn the_passage_that_answers_comes_first_with_its_sentence() {
    let check = |question: &str, url: &str, anchor: &str, sentence: &str| {
        let found = look_up(&folder(), question, None).expect("all files are there");
        let first = found.passages.first().unwrap_or_else(|| panic!("{question}: nothing"));
        assert_eq!((first.url.as_str(), first.anchor.as_str()), (url, anchor), "{question}");
        let quoted = first.sentences.first().map(|range| &first.text[range.clone()]);
        assert_eq!(quoted, Some(sentence), "{question}");
    };
    let sunday = "We open at ten on Sundays and holidays.";
    check("When do you open on Sundays?", "hours.html", "sundays", sunday);
    check("opening on a sunday", "hours.html", "sundays", sunday);
    check("open on sunadys", "hours.html", "sundays", sunday);
    check("open on sunda", "hours.html", "sundays", sunday);
    let board = "The WT32-ETH01 board can't be returned.";
    check("wt32eth01", "returns.html", "refund", board);
    check("WT32 ETH01", "returns.html", "refund", board);
    check("Was kostet der Versand?", "de.html", "versand", "Der Versand kostet fünf Franken.");
    check("was kostet funf", "de.html", "versand", "Der Versand kostet fünf Franken.");
}

#[test]
fn what_the_pages_do_not_tell_has_no_confidence() {
    let confidence = |question: &str| look_up(&folder(), question, None).expect("all files").confidence;
    assert!(confidence("When do you open on Sundays?") > ENOUGH);
    assert!(confidence("Do you sell bicycle tyres in the shop?") < ENOUGH);
    assert_eq!(confidence("capital of australia"), 0.0);
    assert_eq!(confidence("and when is it"), 0.0);
    assert_eq!(confidence(""), 0.0);
    assert_eq!(look_up(&folder(), "capital of australia", None), Ok(Found::default()));
}

#[test]
fn a_word_that_the_pages_lack_is_looked_up_by_another() {
    let found = |question: &str| look_up(&folder(), question, None).expect("all files");
    let other = found("concerts");
    assert_eq!((anchors(&other), other.passages[0].sentences.len()), (vec!["sundays"], 1));
    assert!(other.confidence < found("music").confidence);
    // No typo, for the table says that it is a word.
    assert_eq!(anchors(&found("hoiliday")), [""; 0]);
    assert_eq!(anchors(&found("holidya")), ["sundays"]);
}

#[test]
fn a_short_question_goes_on_with_the_topic() {
    let found = |question: &str, before| look_up(&folder(), question, before).expect("all files").passages;
    let [first, ..] = &found("and on weekdays?", Some("When do you open on Sundays?"))[..] else { panic!("nothing") };
    assert_eq!(first.anchor, "weekdays");
    let alone = found("refunds?", None);
    let carried = found("refunds?", Some("When do you open on Sundays?"));
    assert_eq!((alone.len(), carried[0].anchor.as_str()), (1, "refund"));
    assert!(carried.iter().any(|passage| passage.anchor == "sundays"));
}

#[test]
fn only_what_a_question_needs_is_fetched_and_only_once() {
    let folder = folder();
    let mut index = block_on(Index::open(&folder)).expect("a manifest");
    let mut fetched = |question: &str| {
        folder.fetched.set(0);
        let found = block_on(index.look_up(&folder, question, None, 1)).expect("all files");
        (anchors(&found).join(","), folder.fetched.get())
    };
    // A shard, two blocks, since this term's impacts lie in both, and a fragment.
    assert_eq!(fetched("music"), ("sundays".into(), 4));
    assert_eq!(fetched("music"), ("sundays".into(), 0));
    // The shard that it would be in, and the part of the table.
    assert_eq!(fetched("zebra"), (String::new(), 2));
    assert_eq!(fetched("album"), (String::new(), 1));
}

#[test]
fn what_can_not_be_had_is_done_without() {
    let whole = look_up(&folder(), "refunds in working days", None).expect("all files");
    assert_eq!(anchors(&whole), ["refund", ""]);
    let names: Vec<String> = folder().files.borrow().keys().filter(|name| *name != MANIFEST).cloned().collect();
    let mut used = 0;
    for name in names {
        let folder = folder();
        folder.files.borrow_mut().remove(&name);
        match look_up(&folder, "refunds in working days", None) {
            Ok(found) => used += usize::from(found != whole),
            // Both passages are in one fragment.
            Err(lost) => {
                assert_eq!(lost, Unfetched { file: name, why: "gone".into() });
                used += 1;
            }
        }
    }
    assert!(used > 3, "{used} files made a difference");
    let folder = folder();
    folder.files.borrow_mut().retain(|name, _| name == MANIFEST);
    let lost = look_up(&folder, "refund", None).expect_err("nothing is there");
    assert_eq!(lost.why, "gone");
    folder.files.borrow_mut().clear();
    assert_eq!(look_up(&folder, "refund", None), Err(Unfetched { file: MANIFEST.into(), why: "gone".into() }));
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused() {
    let good = folder().files.borrow()[MANIFEST].clone();
    let manifest = Manifest::read(&good).expect("a manifest");
    assert_eq!(manifest.write().expect("postcard"), good);
    let refused = |change: &dyn Fn(&mut Manifest)| {
        let mut manifest = manifest.clone();
        change(&mut manifest);
        assert!(Manifest::read(&manifest.write().expect("postcard")).is_err());
    };
    refused(&|manifest| manifest.passages += 1);
    refused(&|manifest| manifest.vocabulary.reverse());
    refused(&|manifest| manifest.related.reverse());
    refused(&|manifest| manifest.postings[0].length = u32::MAX);
    refused(&|manifest| {
        manifest.passages = u32::MAX;
        manifest.fragments = vec![Range { length: u32::MAX, begins: true, name: manifest.fragments[0].name }];
    });
    assert!(Manifest::read(&good[1..]).is_err() && Manifest::read(&good[..good.len() - 1]).is_err());
    assert!(Manifest::read(&[&good[..], &[0]].concat()).is_err() && Manifest::read(&[]).is_err());
}

#[test]
fn a_hundred_thousand_damaged_indexes_do_no_harm() {
    let folder = folder();
    let names: Vec<String> = folder.files.borrow().keys().cloned().collect();
    let mut seed = 7_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below.max(1)
    };
    let (mut refused, mut found) = (0, 0);
    for round in 0..100_000 {
        // Mending a typo takes longer than all else, and meets the same bytes.
        let question =
            if round % 16 == 0 { "Do you open on sunadys? concert fünf" } else { "open sunda refund WT32-ETH01" };
        let name = &names[random(names.len())];
        let good = folder.files.borrow()[name].clone();
        let mut bad = good.clone();
        for _ in 0..=random(4) {
            let at = random(bad.len());
            match random(4) {
                0 if !bad.is_empty() => drop(bad.remove(at)),
                1 => bad.insert(at, random(256) as u8),
                2 => bad.truncate(at),
                _ if !bad.is_empty() => bad[at] = random(256) as u8,
                _ => {}
            }
        }
        folder.files.borrow_mut().insert(name.clone(), bad);
        match look_up(&folder, question, Some("music")) {
            Ok(_) => found += 1,
            Err(_) => refused += 1,
        }
        folder.files.borrow_mut().insert(name.clone(), good);
    }
    assert!(refused > 1_000 && found > 1_000, "{refused} refused, {found} used");
}

proptest! {
    #[test]
    fn impacts_are_read_as_they_were_written(mut impacts in prop::collection::btree_map(0_u32..5_000, 1_u8.., 0..60)) {
        let written = Impacts(impacts.clone().into_iter().collect());
        prop_assert_eq!(Impacts::read(&encode_impacts(&written), 5_000), Ok(written.clone()));
        if let Some((last, _)) = impacts.pop_last() {
            prop_assert!(Impacts::read(&encode_impacts(&written), last).is_err(), "a passage that is not there");
        }
    }

    #[test]
    fn any_question_is_looked_up(question in "\\PC{0,60}", before in "\\PC{0,20}") {
        let found = look_up(&folder(), &question, Some(&before)).expect("all files");
        prop_assert!(found.passages.len() <= 3 && found.confidence.is_finite());
    }
}
