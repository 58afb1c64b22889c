//! Five hundred conversations with the gateway, each with faults, answers, challenges and a visitor of its own, all
//! drawn from a seed, on a clock that runs as fast as it can. The client is the widget's own conversation and its own
//! way with a request; only `fetch` and `setTimeout` are replaced.
//!
//! `SCHEDULES=17` runs one seed again, and `SCHEDULES=0..5000` any others. A schedule that fails is printed, with
//! everything that happened up to there.

mod answers;
mod challenge;
mod contract;
mod fate;
mod network;
mod oracle;
mod page;
mod plan;
#[path = "../support/mod.rs"]
mod support;
mod watch;
mod words;

use answers::Teller;
use inferkit_gateway::{Gateway, Options, clock::Clock, log::Log, siteverify::Double};
use inferkit_widget::chat::{EntryId, EntryState, Event, Phase, Speaker};
use page::Page;
use parking_lot::Mutex;
use plan::{Act, BEGAN, Schedule};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    collections::BTreeSet,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use support::{KEY, Server};
use tokio::{runtime, time::Instant};

#[test]
fn five_hundred_schedules() {
    let mut heard = BTreeSet::new();
    for seed in seeds() {
        let (schedule, trail) = (Schedule::draw(seed), Rc::<RefCell<String>>::default());
        let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime");
        let played = catch_unwind(AssertUnwindSafe(|| runtime.block_on(play(seed, &schedule, trail.clone()))));
        match played {
            Ok(codes) => heard.extend(codes),
            Err(panic) => {
                let again = format!("That was schedule {seed}: SCHEDULES={seed} runs it again.");
                eprintln!("{schedule:#?}\n{}\n{again}", trail.borrow());
                resume_unwind(panic);
            }
        }
    }
    if seeds() == ALL {
        let missing: Vec<&str> = contract::codes().filter(|code| !heard.contains(*code)).collect();
        assert!(missing.is_empty(), "no schedule brings these about: {missing:?}");
    }
}

const ALL: Range<u64> = 0..500;

fn seeds() -> Range<u64> {
    let Ok(wanted) = std::env::var("SCHEDULES") else { return ALL };
    let number = |text: &str| text.parse::<u64>().expect("SCHEDULES is a number, or two with .. in between");
    match wanted.split_once("..") {
        Some((first, end)) => number(first)..number(end),
        None => number(&wanted)..number(&wanted) + 1,
    }
}

/// Plays it to its end. The codes of all failures that were heard of, also of those that a retry has mended.
async fn play(seed: u64, schedule: &Schedule, trail: Rc<RefCell<String>>) -> Vec<String> {
    let teller = Teller::new(&schedule.answers);
    let (runs, tellings) = (teller.runs.clone(), teller.tellings.clone());
    let server = Arc::new(gateway(teller));
    let mut key = schedule.key.clone();
    let guarded = !key["site_key"].is_null();
    key["faults"] = schedule.faults.clone().into();
    server.key(KEY, key).await;
    let mut page = Page::new(seed, schedule, server, runs, trail);
    page.step(Event::Mounted);
    for (number, (ms, act)) in schedule.acts.iter().enumerate() {
        page.until(Instant::now() + Duration::from_millis(*ms)).await;
        do_it(&mut page, number, act);
    }
    page.rest().await;

    // The weather clears up. Whatever was asked in vain can be asked again now.
    tellings.lock().clear();
    page.weather_clears();
    let mut key = plan::settled(guarded);
    key["faults"] = json!([]);
    page.server.key(KEY, key).await;
    // As long as a button is counted down, or a question is counted among the last minute's.
    page.until(Instant::now() + Duration::from_secs(121)).await;
    agree(&mut page).await;
    for id in answers(&page) {
        if page.state.can_try_again(id) {
            page.step(Event::TryAgain(id));
            goes_well(&mut page, id).await;
        }
    }
    page.step(Event::Draft(String::new()));
    page.step(Event::Send("The last?".into()));
    let last = answers(&page).pop().expect("a question has an answer");
    goes_well(&mut page, last).await;
    the_books_are_right(&mut page).await;
    page.heard
}

fn gateway(teller: Teller) -> Server {
    let lines = Arc::<Mutex<Vec<String>>>::default();
    let mut gateway = Gateway::new(teller, Options { test_controls: true, ..Options::default() });
    gateway.clock = Clock::at(Duration::from_secs(BEGAN));
    gateway.siteverify = Arc::new(Double::new(gateway.clock));
    let written = lines.clone();
    gateway.log = Log::to(move |line| written.lock().push(line.to_owned()));
    Server::of(gateway, lines)
}

fn do_it(page: &mut Page, number: usize, act: &Act) {
    match act {
        Act::Ask => page.step(Event::Send(format!("Question {number}?"))),
        Act::SendDraft => page.step(Event::Send(page.state.draft.clone())),
        // Never twice the same, so that an answer tells its question.
        Act::Draft(text) if text.trim().is_empty() => page.step(Event::Draft(text.clone())),
        Act::Draft(text) => page.step(Event::Draft(format!("{number}{text}"))),
        Act::Stop => page.step(Event::Stop),
        Act::TryAgain(back) => {
            if let Some(id) = answers(page).iter().rev().nth(*back) {
                page.step(Event::TryAgain(*id));
            }
        }
        Act::Agree => page.step(Event::Agree),
        Act::Decline => page.step(Event::Decline),
        Act::Reset => page.step(Event::Reset),
        Act::Key(settings) => {
            page.write(format_args!("key: {settings}"));
            let settings = serde_json::from_value(settings.clone()).expect("settings of a key");
            page.server.gateway.keys.put(KEY, settings);
        }
    }
}

fn answers(page: &Page) -> Vec<EntryId> {
    let answers = page.state.entries.iter().filter(|entry| entry.speaker == Speaker::Assistant);
    answers.map(|entry| entry.id).collect()
}

/// The visitor agrees to whatever is asked.
async fn agree(page: &mut Page) {
    page.rest().await;
    while page.state.phase != Phase::Idle {
        page.step(Event::Agree);
        page.rest().await;
    }
}

/// A question whose visitor agrees to everything is answered, unless the gate has its reasons.
async fn goes_well(page: &mut Page, answer: EntryId) {
    agree(page).await;
    let entry = page.state.entry(answer).expect("an answer stays");
    let refused = matches!(entry.state, EntryState::Failed(_)) && page.by_gate;
    // An answer without a word is complete, paid for, and replayed as it is.
    let wordless = page.last_run_of(answer).is_some_and(|run| run.well && run.text.trim().is_empty());
    assert!(entry.state == EntryState::Whole || refused || wordless, "nothing is in its way, and it ends as {entry:?}");
}

/// Every question was charged once, and support finds every failure.
async fn the_books_are_right(page: &mut Page) {
    page.until(Instant::now() + Duration::from_secs(60)).await;
    assert_eq!(page.network.serving.load(Ordering::Relaxed), 0, "no connection is left");
    let books = page.server.ledger(KEY).await;
    let charges = books["charges"].as_object().expect("charges by key");
    for (key, charge) in charges {
        assert_eq!(charge["times"], 1, "{key} is charged once");
        let of = page.keys.values().filter(|keys| keys.all.contains(key)).count();
        assert_eq!(of, 1, "a key is of one question");
    }
    for (id, keys) in &page.keys {
        let charged = keys.all.iter().filter(|key| charges.contains_key(*key)).count();
        assert!(charged <= 1 || keys.again, "{id:?} is charged {charged} times and was asked once");
        if page.state.entry(*id).is_some_and(|entry| entry.state == EntryState::Whole) {
            let last = keys.all.last().expect("an answer was asked for");
            assert!(charges.contains_key(last), "an answer is paid for");
        }
    }
    for pair in page.state.entries.windows(2) {
        if pair[1].speaker == Speaker::Assistant {
            words::is_of_one_run(&pair[0], &pair[1], &page.runs.lock());
        }
    }
    let log: Vec<Value> =
        page.server.log().iter().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    for id in &page.told {
        assert!(log.iter().any(|line| line["request_id"] == **id), "support finds {id}");
    }
}
