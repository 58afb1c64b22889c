//! `public/errors.md`, the catalog for the developers of sites, says what the catalog says.
//!
//! With `INFERKIT_BLESS=1` the page is written; without, it is compared.

use inferkit_widget::{
    error::{
        ByItself::{Again, Challenge, FetchAgain, NewSession, Nothing, RestartEngine},
        Code,
        Family::{self, Busy, CutOff, Device, Download, Message, Offline, Ours, Plan, Session, Setup, TooLong, Verify},
        Offer::{self, Ask, Wait},
        Retry,
    },
    locale::{Word, Words, negotiate},
};
use std::{collections::BTreeMap, env, fmt::Write, fs, path::Path};

/// What no code is needed for, by hand.
const INTRODUCTION: &str = include_str!("error_page/introduction.md");

/// The chapters: what a site's owner can do something about comes first, and what no visitor hears of last.
const CHAPTERS: [Option<Family>; 13] = [
    Some(Setup),
    Some(Plan),
    Some(Busy),
    Some(Verify),
    Some(Session),
    Some(Message),
    Some(TooLong),
    Some(Offline),
    Some(CutOff),
    Some(Ours),
    Some(Download),
    Some(Device),
    None,
];

/// A chapter's heading, and what its codes are about.
fn chapter(family: Option<Family>) -> (&'static str, &'static str) {
    match family {
        Some(Setup) => (
            "Something is not set up",
            "Visitors can't mend these. Most are for you; the three that end in `_unconfigured` are for InferKit.",
        ),
        Some(Plan) => (
            "The plan does not cover it",
            "Visitors are not told about plans. Answers made on their own devices go on.",
        ),
        Some(Busy) => ("Too many questions", "It passes by waiting."),
        Some(Verify) => (
            "The check for being human",
            "Answers from our servers are for people. The check is mostly invisible, and then a visitor sees none of this.",
        ),
        Some(Session) => ("A session has ended", "With the widget alone you meet the first of these only."),
        Some(Message) => ("The question could not be read", "The server understood the sender, but not what was sent."),
        Some(TooLong) => ("The question is too long", "It stands in the log as it was written; nothing is lost."),
        Some(Offline) => ("No connection", "As far as the browser can tell."),
        Some(CutOff) => (
            "The answer broke off",
            "Before its first word, that is: once one is on screen, what arrived stays, marked as cut off, and nothing is tried by itself.",
        ),
        Some(Ours) => ("Our fault", "Please report these, with the reference, if they last."),
        Some(Download) => ("The model did not arrive", "It comes from the address in `model.url`."),
        Some(Device) => {
            ("The device can't", "A question goes to our servers instead where plan and `mode` allow that.")
        }
        None => (
            "Not an error at all",
            "It has a code because it is worth knowing. Visitors see nothing and `onError` stays silent.",
        ),
    }
}

/// What the widget and its visitor can do about it.
fn way_on(words: &Words, retry: Retry) -> String {
    let by_itself = match retry.by_itself {
        Nothing => "",
        Again { times: 1 } => "The widget tries once more by itself. After that ",
        Again { times: 2 } => "The widget tries twice more by itself. After that ",
        Again { .. } => "The widget tries a few times more by itself. After that ",
        Challenge => "The widget solves a challenge and asks once more. After that ",
        NewSession => "The widget opens a new session and asks once more. After that ",
        RestartEngine => "The widget starts the engine anew, once, and asks again. After that ",
        FetchAgain => "The widget fetches the file once more, past the browser's cache. After that ",
    };
    let button = words.say(Word::TryAgain);
    let then = match retry.then {
        Offer::Nothing => "there is no button: another try would fail as well.".to_owned(),
        Ask => format!("the visitor has a button, “{button}”."),
        Wait => format!(
            "the visitor has a button, “{button}”, which opens when the time is over that the server asked for."
        ),
    };
    let sentence = format!("{by_itself}{then}");
    // Where nothing comes first the second half begins the sentence.
    sentence[..1].to_uppercase() + &sentence[1..]
}

fn status(code: Code) -> String {
    code.status().map_or_else(|| "–".to_owned(), |status| status.to_string())
}

fn page() -> Result<String, std::fmt::Error> {
    let words = Words::from(negotiate(["en"]));
    let mut page = INTRODUCTION.to_owned();
    writeln!(page, "## All codes\n")?;
    writeln!(page, "A dash stands where no server is involved: the widget itself found out.\n")?;
    writeln!(page, "| HTTP | code | cause | typical action |\n|---|---|---|---|")?;
    for code in Code::ALL {
        let documentation = code.documentation();
        let action = documentation.action.unwrap_or("–");
        writeln!(page, "| {} | [`{code}`](#{code}) | {} | {action} |", status(code), documentation.cause)?;
    }
    write_unnamed(&mut page)?;
    writeln!(page, "\nFrom here on the codes stand by what your visitor reads. A number in front is the HTTP status.")?;
    for family in CHAPTERS {
        let (heading, about) = chapter(family);
        writeln!(page, "\n## {heading}\n\n{about}")?;
        if let Some(family) = family {
            writeln!(page, "\nVisitors read:\n\n> {}", words.failure(family, None))?;
            let counted = words.failure(family, Some(20));
            if counted != words.failure(family, None) {
                writeln!(page, "\nor, where the time is known:\n\n> {counted}")?;
            }
        }
        let codes: Vec<Code> = Code::ALL.into_iter().filter(|code| code.family() == family).collect();
        // What holds for the whole chapter is said once.
        let common = codes.iter().all(|code| code.retry() == codes[0].retry());
        if common && family.is_some() {
            writeln!(page, "\n{}", way_on(&words, codes[0].retry()))?;
        }
        for code in codes {
            write_code(&mut page, code)?;
            if !common {
                writeln!(page, "\n{}", way_on(&words, code.retry()))?;
            }
        }
    }
    Ok(page)
}

fn write_code(page: &mut String, code: Code) -> std::fmt::Result {
    let from = code.status().map_or_else(String::new, |status| format!("**{status}.** "));
    writeln!(page, "\n### `{code}`\n\n{from}{}", code.documentation().paragraph())
}

/// What an answer without a code becomes, by its status.
fn write_unnamed(page: &mut String) -> std::fmt::Result {
    let mut statuses: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
    for status in 400..600 {
        statuses.entry(Code::from_status(status).as_str()).or_default().push(status);
    }
    // What many statuses become is said as the rest of its hundred.
    let mut rows: Vec<(u16, String, &str)> = statuses
        .into_iter()
        .map(|(code, statuses)| match statuses.as_slice() {
            [first, .., _] if statuses.len() > 10 => {
                (first / 100 * 100 + 99, format!("any other {}xx", first / 100), code)
            }
            few => (few[0], few.iter().map(u16::to_string).collect::<Vec<_>>().join(", "), code),
        })
        .collect();
    rows.sort();
    writeln!(page, "\n### Answers without a code\n")?;
    writeln!(page, "A proxy or another server may answer with none. Then the status chooses:\n")?;
    writeln!(page, "| HTTP | code |\n|---|---|")?;
    for (_, statuses, code) in rows {
        writeln!(page, "| {statuses} | `{code}` |")?;
    }
    let success = Code::from_status(200);
    writeln!(page, "| 2xx, but no answer | `{success}` |")
}

#[test]
fn the_page_is_the_catalogs() {
    let page = page().expect("a string can grow");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("public/errors.md");
    if env::var_os("INFERKIT_BLESS").is_some_and(|value| value == "1") {
        fs::write(&file, &page).expect("the page can be written");
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    let differs = there.lines().zip(page.lines()).position(|(old, new)| old != new);
    assert!(
        there == page,
        "public/errors.md is not the catalog's any more, from line {} on: run this test with INFERKIT_BLESS=1",
        differs.map_or(there.lines().count().min(page.lines().count()), |line| line) + 1
    );
}

#[test]
fn every_code_has_one_place() {
    let page = page().expect("a string can grow");
    for code in Code::ALL {
        assert_eq!(page.matches(&format!("\n### `{code}`\n")).count(), 1, "{code}");
        assert_eq!(page.matches(&format!("(#{code})")).count(), 1, "{code}");
    }
    for family in Family::ALL {
        assert_eq!(CHAPTERS.iter().filter(|chapter| **chapter == Some(family)).count(), 1, "{family:?}");
    }
    assert!(!page.contains("{n}"), "a sentence with a hole");
}
