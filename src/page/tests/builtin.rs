//! The browser's own model, from the page's question for it to the end of its answer.

use super::world::{World, builtin, grounded, remote};
use crate::{
    chat::{EntryState, Event, Phase, Settings},
    gate::Mode,
    page::silence::{GRACE_MS, Wait},
};

fn with_browser(there: bool) -> World {
    let world = World::new(builtin(), false, None);
    world.fake.has_model.set(there);
    world
}

fn answered(world: &World) {
    world.send("Why?");
    assert!(world.until(world.now() + 60_000, || world.rests()));
    assert!(world.is_whole(), "{:?}", world.answer());
    assert_eq!(world.codes(), [""; 0]);
}

#[test]
fn the_page_asks_the_browser_once_and_then_its_model() {
    let world = with_browser(true);
    assert_eq!(world.fake.probes.get(), 0, "not before a question");
    answered(&world);
    answered(&world);
    assert_eq!((world.fake.probes.get(), world.fake.engines.get()), (1, 0));
    assert_eq!(*world.fake.prompts.borrow(), ["en", "en"]);
    assert!(world.fake.told.borrow().iter().any(|told| told.contains("builtin")));
}

#[test]
fn without_one_nothing_is_loaded_for_it() {
    let world = with_browser(false);
    answered(&world);
    assert_eq!((world.fake.probes.get(), world.fake.imports.get(), world.fake.engines.get()), (1, 0, 1));
    for settings in [remote(), Settings { builtin: true, ..remote() }, Settings { builtin: false, ..builtin() }] {
        let world = World::new(settings, false, None);
        answered(&world);
        assert_eq!((world.fake.probes.get(), world.fake.prompts.borrow().len()), (0, 0));
    }
}

#[test]
fn a_browser_that_does_not_say_has_none() {
    let world = with_browser(true);
    world.fake.probe_after.set(60_000);
    world.send("Why?");
    let since = world.now();
    assert!(world.until(since + 60_000, || world.fake.engines.get() == 1), "the engine answers");
    assert_eq!(world.now() - since, Wait::Probe.bound().ms);
    assert!(world.until(since + 60_000, || world.rests()) && world.is_whole());
    // What it says then is not heard.
    world.run(120_000);
    answered(&world);
    assert_eq!((world.fake.probes.get(), world.fake.prompts.borrow().len()), (1, 0));
}

#[test]
fn a_browser_that_slept_gets_a_little_more() {
    let world = with_browser(true);
    world.fake.probe_after.set(31_000);
    world.send("Why?");
    world.freeze(30_000);
    assert!(world.until(world.now() + GRACE_MS, || !world.fake.prompts.borrow().is_empty()));
    assert_eq!(world.fake.engines.get(), 0);
}

#[test]
fn stop_ends_its_answer_and_the_next_question_is_answered() {
    let world = with_browser(true);
    world.send("Why?");
    assert!(world.until(world.now() + 2_000, || world.page.state().phase == Phase::Answering));
    world.page.happen(Event::Stop);
    assert!(world.rests() && world.fake.attempts.borrow().is_empty(), "nothing is under way");
    world.run(10_000);
    assert_eq!(world.answer(), Some(("word ".into(), EntryState::Stopped)));
    answered(&world);
}

#[test]
fn what_it_throws_before_a_word_leaves_the_question_to_the_engine() {
    let world = with_browser(true);
    world.fake.throws.set(Some("NotSupportedError"));
    answered(&world);
    world.fake.throws.set(None);
    answered(&world);
    assert_eq!((world.fake.prompts.borrow().len(), world.fake.engines.get()), (1, 1));
    assert!(world.fake.notes.borrow().iter().any(|note| note.contains("NotSupportedError")));
}

#[test]
fn what_it_throws_after_words_is_told() {
    let world = with_browser(true);
    world.fake.throws.set(Some("later"));
    world.send("Why?");
    assert!(world.until(world.now() + 10_000, || world.rests()));
    assert_eq!(world.codes(), ["engine_failed"]);
    assert!(matches!(world.answer(), Some((text, EntryState::Failed(_))) if text == "word "));
}

#[test]
fn a_conversation_that_is_too_long_is_told_and_the_model_stays() {
    let world = with_browser(true);
    world.fake.throws.set(Some("QuotaExceededError"));
    world.send("Why?");
    assert!(world.until(world.now() + 10_000, || world.rests()));
    assert_eq!(world.codes(), ["question_too_long"]);
    world.fake.throws.set(None);
    world.send("Shorter?");
    assert!(world.until(world.now() + 10_000, || world.rests()) && world.is_whole());
    assert_eq!(world.fake.engines.get(), 0);
}

#[test]
fn a_question_of_pages_alone_waits_for_both() {
    let settings = Settings { builtin: true, model: None, mode: Mode::Auto, ..grounded() };
    for there in [true, false] {
        let world = World::new(settings.clone(), false, None);
        world.fake.has_model.set(there);
        // The look-up is faster.
        world.fake.probe_after.set(500);
        world.send("Open?");
        assert!(world.until(world.now() + 20_000, || world.rests()));
        let text = if there { "word " } else { "" };
        assert_eq!(world.answer(), Some((text.into(), EntryState::Whole)));
        assert_eq!(world.codes(), [""; 0]);
    }
}

#[test]
fn nothing_is_heard_after_the_end() {
    let world = with_browser(true);
    world.send("Why?");
    assert!(world.until(world.now() + 2_000, || world.page.state().phase == Phase::Answering));
    world.page.end();
    let told = world.fake.told.borrow().len();
    assert!(world.fake.attempts.borrow().is_empty(), "what was under way has ended");
    world.run(60_000);
    assert_eq!(world.fake.told.borrow().len(), told);
}
