//! What the controller does beside waiting: it stores, shares, remembers, and lets go.

use super::{
    fake::How,
    world::{World, local, remote, server},
};
use crate::{
    chat::{Event, Settings},
    embed::Options,
    page::{keeper::GATHER_MS, ports::Heard, silence::Wait},
    wire::FromEngine,
};

fn restored(settings: Settings, saved: &str, agreed: Vec<String>) -> World {
    World::with(Options { settings, saved: Some(saved.into()), agreed, ..Options::default() }, false, None)
}

#[test]
fn a_question_is_answered_here_and_by_a_server() {
    for settings in [local(), remote()] {
        let world = World::new(settings, false, None);
        world.send("Why?");
        assert!(world.until(60_000, || world.rests()));
        assert!(world.is_whole(), "{:?} {:?}", world.answer(), world.codes());
    }
}

#[test]
fn k03_writes_are_gathered_and_nothing_is_lost() {
    let world = World::new(local(), false, None);
    for letter in 0..50 {
        world.page.happen(Event::Draft("x".repeat(letter)));
        world.run(10);
    }
    let writes = world.fake.kept.borrow().len();
    assert!((1..=2).contains(&writes), "{writes} writes in half a second");
    world.page.happen(Event::Draft("the end".into()));
    world.page.flush();
    let last = world.fake.kept.borrow().last().cloned().unwrap_or_default();
    assert_eq!(restored(local(), &last, Vec::new()).page.state().draft, "the end");
    let writes = world.fake.kept.borrow().len();
    world.run(10 * GATHER_MS);
    assert_eq!(world.fake.kept.borrow().len(), writes, "what is stored is not stored again");
}

#[test]
fn k04_a_full_storage_is_told_once_and_so_is_its_end() {
    let world = World::new(local(), false, None);
    let told = |word: &str| world.fake.told.borrow().iter().filter(|told| told.contains(word)).count();
    world.page.stored(true);
    world.page.stored(true);
    assert_eq!(told("storage: Some(\"full\")"), 1);
    world.page.stored(false);
    assert_eq!(told("storage: None"), 1);
    assert_eq!(world.codes(), [""; 0], "no visitor and no onError hears of it");
}

#[test]
fn k05_a_consent_is_remembered_with_its_model() {
    let asks = Settings { consent_granted: false, ..local() };
    let world = World::new(asks.clone(), false, None);
    world.send("Why?");
    assert_eq!(world.fake.engines.get(), 0, "not a byte without consent");
    world.page.happen(Event::Agree);
    let agreed = world.fake.agreed.borrow().clone();
    assert_eq!(agreed, ["https://h.example/m.gguf#"]);
    // The next page of the site.
    let next = restored(asks.clone(), "", agreed.clone());
    next.send("Why?");
    assert!(next.until(60_000, || next.rests()) && next.is_whole());
    // Another model, another download.
    let mut other = asks;
    if let Some(model) = &mut other.model {
        model.sha256 = Some("0".repeat(64));
    }
    let next = restored(other, "", agreed);
    next.send("Why?");
    assert_eq!(next.fake.engines.get(), 0);
}

#[test]
fn k01_a_consent_to_leave_belongs_to_one_server() {
    let promised = Settings { mode: crate::gate::Mode::Auto, model: None, ..remote() };
    let world = World::new(promised.clone(), false, None);
    world.send("Why?");
    world.run(1_000);
    world.page.happen(Event::Agree);
    assert!(world.until(60_000, || world.rests()) && world.is_whole());
    let other = Settings { server: Some(server("b")), ..promised };
    world.page.set_options(Options { settings: other, ..Options::default() });
    world.send("And then?");
    world.run(5_000);
    let asked = world.fake.told.borrow().iter().filter(|told| told.contains("\"leave\", granted: None")).count();
    assert_eq!(asked, 2, "asked for each server");
}

#[test]
fn l09_what_arrived_while_the_page_slept_is_read_first() {
    for (settings, wait) in [(local(), 2_500), (remote(), 150)] {
        let world = World::new(settings, false, None);
        world.send("Why?");
        world.run(wait);
        world.freeze(90_000);
        assert!(world.until(world.now() + 60_000, || world.rests()));
        assert!(world.is_whole(), "{:?} {:?}", world.answer(), world.codes());
        assert_eq!(world.codes(), [""; 0]);
        assert!(world.fake.engines.get() <= 1, "nothing was started again");
    }
}

#[test]
fn l09_an_engine_that_slept_too_gets_a_little_more() {
    let world = World::new(local(), false, Some((Wait::EngineAnswers, How::Never, 1)));
    world.send("Why?");
    world.until(60_000, || world.fake.faulted.get().is_some_and(|at| at <= world.now()));
    let began = world.now();
    world.freeze(40_000);
    world.until(world.now() + 60_000, || world.fake.acted.get().is_some());
    let waited = world.fake.acted.get().unwrap_or_default() - began;
    assert!((44_000..48_000).contains(&waited), "given up after {waited} ms");
}

#[test]
fn l03_an_import_that_comes_after_it_was_given_up_is_not_taken_for_the_next() {
    let world = World::new(remote(), false, Some((Wait::Import, How::Late, 1)));
    world.send("Why?");
    assert!(world.until(world.now() + 120_000, || world.rests()));
    assert!(world.is_whole(), "{:?} {:?}", world.answer(), world.codes());
    assert_eq!(world.fake.imports.get(), 2);
}

#[test]
fn l01_a_frame_that_is_removed_while_idle_is_noticed_by_the_next_question() {
    let world = World::new(local(), false, None);
    world.send("Why?");
    assert!(world.until(60_000, || world.rests()));
    world.fake.remove_frame();
    world.run(60_000);
    assert_eq!(world.fake.engines.get(), 1, "nobody needs one yet");
    world.send("And then?");
    assert!(world.until(world.now() + 10_000, || world.rests()));
    assert!(world.is_whole(), "{:?} {:?}", world.answer(), world.codes());
    assert_eq!((world.fake.engines.get(), world.codes().len()), (2, 0));
}

#[test]
fn l04_a_destroy_from_within_an_event_ends_everything() {
    // Every event of a whole answer, by its number.
    for settings in [local(), remote()] {
        let whole = World::new(settings.clone(), false, None);
        whole.send("Why?");
        whole.until(60_000, || whole.rests());
        let events = whole.fake.told.borrow().len();
        for at in 1..=events {
            let world = World::new(settings.clone(), false, None);
            world.send("Why?");
            world.until(60_000, || world.fake.told.borrow().len() >= at);
            world.page.end();
            let told = world.fake.told.borrow().len();
            world.run(120_000);
            assert_eq!(world.fake.told.borrow().len(), told, "told after destroy");
        }
    }
}

#[test]
fn l07_an_answer_without_end_is_ended_by_its_size() {
    let world = World::new(Settings { max_tokens: 16, ..local() }, false, None);
    world.send("Why?");
    world.run(500);
    let id = world.fake.generate.get();
    for _ in 0..100 {
        world.page.engine_said(Heard::Said(FromEngine::Token { id, text: "word ".repeat(1_000) }));
    }
    let length = world.answer().map_or(0, |(text, _)| text.len());
    assert!(world.is_whole() && length <= 16 * 16 + 4 * 1_024, "{length} bytes");
    assert!(world.fake.notes.borrow().iter().any(|note| note.contains("ended at")), "the developer is told");
}

#[test]
fn a_page_that_ends_stores_what_it_has() {
    let world = World::new(local(), false, None);
    world.page.happen(Event::Draft("x".into()));
    world.page.end();
    assert_eq!(world.fake.kept.borrow().len(), 1);
    world.page.happen(Event::Draft("y".into()));
    world.page.flush();
    assert_eq!(world.fake.kept.borrow().len(), 1);
}
