//! The silence matrix: every wait of the widget, and all that can become of the word that it waits for.
//!
//! Each cell plays a widget whose visitor asks, and types on meanwhile. It must come to rest within the wait's bound
//! (where the word never comes: not before the bound, and at most [`SLACK_MS`] after it); say the right code or none;
//! leave the draft alone; and answer the next question without a reload.

use super::{
    fake::How,
    world::{World, builtin, grounded, local, remote},
};
use crate::{
    chat::{EntryState, Event, Phase},
    page::silence::{LOOK_MS, Wait},
};
use std::fmt::Write;

/// How much later than its bound a silence may be acted on: one look for the frame.
const SLACK_MS: u64 = LOOK_MS;

/// The longest that a question may take, whatever goes wrong once: the longest bound, twice, and the pauses.
const END_MS: u64 = 2 * 240_000;

const DRAFT: &str = "half a thought";

fn is_local(wait: Wait) -> bool {
    matches!(wait, Wait::EngineStart | Wait::EngineLoads | Wait::EngineAnswers | Wait::EngineStops | Wait::FrameStands)
}

fn is_builtin(wait: Wait) -> bool {
    matches!(wait, Wait::Probe | Wait::PromptOpens | Wait::PromptWords)
}

fn is_guarded(wait: Wait) -> bool {
    matches!(
        wait,
        Wait::SessionHeaders
            | Wait::ChallengeLoads
            | Wait::ChallengeWorks
            | Wait::ChallengeClick
            | Wait::ChallengeWhole
    )
}

/// The failure that a visitor reads although the fault happens only once: nothing is tried by itself after it.
fn is_shown(wait: Wait, how: How) -> bool {
    let lasting = matches!(how, How::Never | How::Late);
    let challenge =
        matches!(wait, Wait::ChallengeLoads | Wait::ChallengeWorks | Wait::ChallengeClick | Wait::ChallengeWhole);
    // A word stood there already.
    lasting && (challenge || matches!(wait, Wait::StreamBytes | Wait::LookUp))
        // It has one word, and none to change places with.
        || wait == Wait::LookUp && how == How::OutOfOrder
        || wait == Wait::ChallengeWhole && how == How::Twice
        // Removed under the second engine too.
        || wait == Wait::FrameStands && how == How::Twice
}

fn world(wait: Wait, how: How, times: u32) -> World {
    let settings = match wait {
        Wait::LookUp => grounded(),
        _ if is_builtin(wait) => builtin(),
        _ if is_local(wait) => local(),
        _ => remote(),
    };
    World::new(settings, is_guarded(wait), Some((wait, how, times)))
}

fn ask(world: &World) {
    world.send("Why?");
    world.page.happen(Event::Draft(DRAFT.into()));
    world.page.ports().draft.replace(DRAFT.into());
}

/// Plays a cell; what is wrong with it, or how long the silence lasted.
fn play(wait: Wait, how: How) -> Result<String, String> {
    let times = if wait == Wait::FrameStands && how == How::Twice { 2 } else { 1 };
    let world = world(wait, how, times);
    ask(&world);
    let faulted = || world.fake.faulted.get().is_some_and(|at| at <= world.now());
    if wait == Wait::EngineStops {
        world.until(world.now() + 10_000, || world.page.state().phase == Phase::Answering);
        world.page.happen(Event::Stop);
    }
    if !world.until(world.now() + END_MS, faulted) {
        return Err("never came to the wait".into());
    }
    let began = world.fake.faulted.get().unwrap_or_default();
    match how {
        How::AfterDestroy => {
            let told = world.fake.told.borrow().len();
            world.page.end();
            let kept = world.fake.kept.borrow().len();
            world.run(END_MS);
            let more = world.fake.told.borrow().get(told..).map(<[_]>::to_vec).unwrap_or_default();
            if !more.is_empty() || world.fake.kept.borrow().len() > kept {
                return Err(format!("told after destroy: {more:?}"));
            }
            return Ok("quiet".into());
        }
        How::AfterStop => {
            world.run(1_000);
            world.page.happen(Event::Stop);
            if !world.rests() {
                return Err("Stop did not end it".into());
            }
            // The word comes now, or is cut off; the question stays stopped.
            world.run(30_000);
        }
        _ => {
            if !world.until(world.now() + END_MS, || world.rests()) {
                return Err(format!("no end: {:?}", world.page.state().phase));
            }
            if wait == Wait::EngineStops {
                world.run(30_000);
            }
        }
    }
    let silence = world.fake.acted.get().map(|at| at.saturating_sub(began));
    if how == How::Never {
        let bound = wait.bound().ms;
        let fits = silence.is_some_and(|ms| ms <= bound + SLACK_MS && (wait == Wait::FrameStands || ms + 500 >= bound));
        if !fits {
            return Err(format!("acted on after {silence:?} ms, bound {bound}"));
        }
    }
    let codes = world.codes();
    let expected = if is_shown(wait, how) { vec![wait.bound().code.as_str()] } else { Vec::new() };
    if codes != expected {
        return Err(format!("codes {codes:?}, expected {expected:?}"));
    }
    let stopped = how == How::AfterStop || wait == Wait::EngineStops;
    if expected.is_empty() && !stopped && !world.is_whole() {
        return Err(format!("not answered: {:?}", world.answer()));
    }
    next_is_answered(&world)?;
    Ok(match silence.filter(|_| how == How::Never) {
        Some(ms) => format!("{:.1} s", ms as f64 / 1_000.0),
        None if !expected.is_empty() => "shown".into(),
        None if stopped => "stopped".into(),
        None => "answered".into(),
    })
}

fn next_is_answered(world: &World) -> Result<(), String> {
    if world.page.state().draft != DRAFT || *world.fake.draft.borrow() != DRAFT {
        return Err(format!("the draft was lost: {:?}", world.page.state().draft));
    }
    world.run(60_000);
    let before = world.codes().len();
    world.send("And then?");
    if !world.until(world.now() + END_MS, || world.rests()) {
        return Err(format!("the next question has no end: {:?}", world.page.state().phase));
    }
    if !world.is_whole() || world.codes().len() > before {
        return Err(format!("the next question: {:?} {:?}", world.answer(), world.codes()));
    }
    if world.page.state().entries.len() != 4 {
        return Err("entries were lost".into());
    }
    Ok(())
}

/// The same word never comes, however often it is tried: the code that is told then.
fn play_always(wait: Wait) -> Result<String, String> {
    let world = world(wait, How::Never, u32::MAX);
    ask(&world);
    if wait == Wait::EngineStops {
        world.until(world.now() + 10_000, || world.page.state().phase == Phase::Answering);
        world.page.happen(Event::Stop);
        world.run(20_000);
    }
    if !world.until(world.now() + 4 * END_MS, || world.rests()) {
        return Err(format!("no end: {:?}", world.page.state().phase));
    }
    // Where the browser's model does not answer, ours does.
    let expected = if wait == Wait::EngineStops || is_builtin(wait) { None } else { Some(wait.bound().code.as_str()) };
    let codes = world.codes();
    if codes.last().map(String::as_str) != expected || codes.len() > 1 {
        return Err(format!("codes {codes:?}, expected {expected:?}"));
    }
    let failed = matches!(world.answer(), Some((_, EntryState::Failed(_))));
    if failed != expected.is_some() {
        return Err(format!("{:?}", world.answer()));
    }
    Ok(expected.unwrap_or("none").to_owned())
}

#[test]
fn every_wait_ends_whatever_becomes_of_its_word() {
    let mut table = String::from("wait             bound");
    for how in How::ALL {
        let _ = write!(table, " {:>12}", format!("{how:?}"));
    }
    table.push_str("  always: code\n");
    let mut wrong = Vec::new();
    for wait in Wait::ALL {
        let _ = write!(table, "{:<16} {:>4} s", format!("{wait:?}"), wait.bound().ms / 1_000);
        let mut note = |what: String, played: Result<String, String>| {
            played.unwrap_or_else(|why| {
                wrong.push(format!("{what}: {why}"));
                "WRONG".into()
            })
        };
        for how in How::ALL {
            let cell = note(format!("{wait:?} × {how:?}"), play(wait, how));
            let _ = write!(table, " {cell:>12}");
        }
        let cell = note(format!("{wait:?} × always"), play_always(wait));
        let _ = writeln!(table, "  {cell}");
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{table}\n{}", wrong.join("\n"));
}
