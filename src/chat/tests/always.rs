//! What holds after any sequence of events: first of arbitrary ones, however senseless; then of an engine that keeps
//! to the protocol and fails at random, where besides everything must come to an end.

use super::*;
use crate::{
    chat::state::Model,
    wire::{BackendChoice, Role},
};
use proptest::{collection::vec, prelude::*, sample::select};
use std::collections::VecDeque;

/// A conversation under watch: it draws only what the effects say, and compares after each step.
struct Watched {
    chat: Chat,
    drawn: Vec<Entry>,
    questions: Vec<String>,
    reported: u64,
    status: (String, bool),
}

impl Watched {
    fn new(settings: Settings) -> Self {
        let chat = Chat::new(settings);
        Self { chat, drawn: Vec::new(), questions: Vec::new(), reported: 0, status: ("idle".into(), false) }
    }

    fn step(&mut self, event: Event) -> Vec<Effect> {
        let before = self.chat.state.clone();
        let effects = self.chat.step(event.clone());
        self.watch(&before, &event, &effects);
        effects
    }

    fn watch(&mut self, before: &State, event: &Event, effects: &[Effect]) {
        let state = &self.chat.state;
        for effect in effects {
            match effect {
                Effect::Added(id) => {
                    let entry = state.entry(*id).expect("what was added is there");
                    if entry.speaker == Speaker::Visitor {
                        self.questions.push(entry.text.clone());
                    }
                    self.drawn.push(entry.clone());
                }
                Effect::Appended(id, text) => {
                    let drawn = self.drawn.iter_mut().find(|drawn| drawn.id == *id);
                    drawn.expect("text goes to an entry that was added").text.push_str(text);
                }
                Effect::Changed(id) => match state.entry(*id) {
                    Some(entry) => {
                        let drawn = self.drawn.iter_mut().find(|drawn| drawn.id == *id);
                        *drawn.expect("what changes was added") = entry.clone();
                    }
                    None => self.drawn.retain(|drawn| drawn.id != *id),
                },
                Effect::Cleared => {
                    self.drawn.clear();
                    self.questions.clear();
                }
                Effect::Report(failure) => {
                    self.reported += u64::from(!matches!(event, Event::Misconfigured(_)));
                    let shown = state.entries.iter().filter(
                        |entry| matches!(&entry.state, EntryState::Failed(n) if n.reference == failure.reference),
                    );
                    assert_eq!(shown.count(), 1, "a report is on screen once, with its reference");
                }
                Effect::Tell(Told::Status { state, backend, adapter, model }) => {
                    let status = ((*state).to_owned(), backend.is_some());
                    assert_ne!(status, self.status, "a status is told when it is news");
                    assert_eq!((adapter.is_some(), model.is_some()), (status.1, status.1));
                    self.status = status;
                }
                _ => {}
            }
        }
        assert_eq!(self.drawn, state.entries, "the effects draw the log");
        assert_eq!(effects.contains(&Effect::Phase), before.phase != state.phase, "a phase is drawn when it changes");
        self.no_words_lost(before, event, effects);
        self.consistent();
    }

    fn no_words_lost(&self, before: &State, event: &Event, effects: &[Effect]) {
        let state = &self.chat.state;
        let visitors = state.entries.iter().filter(|entry| entry.speaker == Speaker::Visitor);
        assert!(visitors.map(|entry| &entry.text).eq(&self.questions), "each question stays as it was, once");
        match event {
            Event::Draft(text) => assert_eq!(&state.draft, text),
            Event::Send(text) if !text.trim().is_empty() => {
                let taken = effects.iter().any(
                    |effect| matches!(effect, Effect::Tell(Told::Message { text: told, .. }) if told == text.trim()),
                );
                assert_eq!(taken, before.accepts() && before.settings.model.is_some());
                assert!(taken || !state.draft.trim().is_empty(), "what is not taken is kept");
                let own = taken && before.draft.trim() == text.trim();
                if !own && !before.draft.trim().is_empty() {
                    assert_eq!(state.draft, before.draft, "another draft is left alone");
                }
            }
            _ => assert_eq!(state.draft, before.draft),
        }
        if state.draft != before.draft && !matches!(event, Event::Draft(_)) {
            assert!(effects.contains(&Effect::Draft), "the composer hears of it");
        }
    }

    fn consistent(&self) {
        let state = &self.chat.state;
        let streaming: Vec<_> = state.entries.iter().filter(|entry| entry.state == EntryState::Streaming).collect();
        assert_eq!(streaming.len(), usize::from(state.asked.is_some()), "one answer grows, the one that was asked for");
        let text = streaming.first().map(|entry| entry.text.as_str());
        let asked = state.asked.as_ref().map(|asked| asked.generate.is_some());
        let loading = matches!(state.engine.model, Model::Loading { .. } | Model::Pausing { .. });
        let loaded = matches!(state.engine.model, Model::Loaded { .. });
        assert_eq!(loading, matches!(state.phase, Phase::Loading { .. }), "a load is shown");
        match state.phase {
            Phase::Idle => assert_eq!(asked, None),
            Phase::Consent { .. } => assert_eq!((asked, text), (Some(false), Some(""))),
            Phase::Loading { .. } => assert_ne!(asked, Some(true)),
            Phase::Thinking => assert_eq!((asked, text, loaded), (Some(true), Some(""), true)),
            Phase::Answering => assert!(asked == Some(true) && loaded && text.is_some_and(|text| !text.is_empty())),
        }
        assert_eq!(self.chat.minted, self.reported, "a reference is made for what is reported, and for nothing else");
    }
}

fn a_text() -> impl Strategy<Value = String> {
    select(vec!["", " ", "Hi", " Hi\n", "Why?"]).prop_map(str::to_owned)
}

fn a_code() -> impl Strategy<Value = Code> {
    select(Code::ALL.to_vec())
}

fn some_settings() -> impl Strategy<Value = Settings> {
    (select(vec!["a", "b"]), any::<bool>(), 0..8u8, any::<bool>()).prop_map(|(name, granted, rare, cpu)| Settings {
        model: (rare > 0).then(|| model(name)),
        backend: if cpu { BackendChoice::Cpu } else { BackendChoice::Auto },
        consent_granted: granted,
        ..settings()
    })
}

fn a_finish() -> impl Strategy<Value = Finish> {
    select(vec![Finish::Stop, Finish::Length, Finish::Stopped])
}

fn anything() -> impl Strategy<Value = Event> {
    // Numbers are drawn from one row; these meet names that exist, that did, and that never will.
    let number = 0..24u32;
    let said = prop_oneof![
        1 => (PROTOCOL..PROTOCOL + 2).prop_map(|protocol| FromEngine::Ready { protocol }),
        2 => (0..200u64, proptest::option::of(0..200u64)).prop_map(|(done, total)| FromEngine::Progress { done, total }),
        6 => Just(()).prop_map(|()| match loaded() { Event::Engine(said) => said, _ => FromEngine::Stopped }),
        2 => Just(FromEngine::Stopped),
        6 => (number.clone(), a_text()).prop_map(|(id, text)| FromEngine::Token { id, text }),
        3 => (number.clone(), a_finish()).prop_map(|(id, finish)| FromEngine::Done {
            id, finish, prompt_tokens: 1, reused_tokens: 0, completion_tokens: 1,
        }),
        4 => (proptest::option::of(number.clone()), a_code()).prop_map(|(id, code)| {
            FromEngine::Failed { id, code, message: "why".into() }
        }),
    ];
    prop_oneof![
        2 => a_text().prop_map(Event::Draft),
        8 => a_text().prop_map(Event::Send),
        2 => Just(Event::Stop),
        3 => number.clone().prop_map(|id| Event::TryAgain(EntryId(id))),
        6 => Just(Event::Agree),
        1 => Just(Event::Decline),
        1 => Just(Event::Reset),
        20 => said.prop_map(Event::Engine),
        1 => a_code().prop_map(|code| Event::EngineGone { code, message: "why".into() }),
        3 => number.prop_map(Event::Waited),
        1 => any::<u64>().prop_map(|seed| {
            let reference = Reference::client(seed.to_le_bytes());
            Event::Misconfigured(Failure::client(Code::ConfigInvalid, "why", reference))
        }),
        2 => some_settings().prop_map(Event::Configured),
    ]
}

/// A worker that keeps to the protocol, as far as faults let it.
#[derive(Default)]
struct Worker {
    greeted: bool,
    has_model: bool,
    jobs: VecDeque<Job>,
}

struct Job {
    message: ToEngine,
    stopped: bool,
    spoke: bool,
}

/// What fate has in store for a worker's next word.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Fine,
    More,
    Fails(Code),
    Dies(Code),
}

/// A watched conversation with an engine and a clock.
struct World {
    watched: Watched,
    worker: Option<Worker>,
    wait: Option<u32>,
    consented: Option<ModelSource>,
}

impl World {
    fn new(settings: Settings) -> Self {
        Self { watched: Watched::new(settings), worker: None, wait: None, consented: None }
    }

    fn state(&self) -> &State {
        &self.watched.chat.state
    }

    fn step(&mut self, event: Event) {
        if event == Event::Agree && matches!(self.state().phase, Phase::Consent { .. }) {
            self.consented = self.state().settings.model.clone();
        }
        for effect in self.watched.step(event) {
            match effect {
                Effect::Engine(message) => self.take(message),
                Effect::DropEngine => self.worker = None,
                Effect::Wait { id, ms } => {
                    assert!((500..=8_000).contains(&ms));
                    self.wait = Some(id);
                }
                _ => {}
            }
        }
    }

    fn take(&mut self, message: ToEngine) {
        match &message {
            ToEngine::Load { model, .. } => {
                let granted = self.state().settings.consent_granted || self.consented.as_ref() == Some(model);
                assert!(granted, "not a byte without consent");
            }
            ToEngine::Generate { messages, .. } => {
                let roles = messages.iter().map(|message| message.role);
                let sides = [Role::User, Role::Assistant].into_iter().cycle();
                assert!(roles.eq(sides.take(messages.len())), "the sides alternate");
                assert_eq!(messages.last().map(|message| message.role), Some(Role::User));
            }
            _ => {}
        }
        let worker = self.worker.get_or_insert_default();
        if message == ToEngine::Stop {
            worker.jobs.iter_mut().for_each(|job| job.stopped = true);
        } else {
            worker.jobs.push_back(Job { message, stopped: false, spoke: false });
        }
    }

    /// Lets the worker say its next word.
    fn work(&mut self, fate: Fate) {
        let Some(worker) = &mut self.worker else { return };
        if let Fate::Dies(code) = fate {
            self.worker = None;
            return self.step(Event::EngineGone { code, message: "why".into() });
        }
        if !std::mem::replace(&mut worker.greeted, true) {
            return self.step(Event::Engine(FromEngine::Ready { protocol: PROTOCOL }));
        }
        let Some(mut job) = worker.jobs.pop_front() else { return };
        let load = matches!(job.message, ToEngine::Load { .. });
        let id = if let ToEngine::Generate { id, .. } = job.message { id } else { 0 };
        assert!(load || worker.has_model, "only a loaded model is asked");
        let event = match fate {
            Fate::Fails(code) => {
                worker.has_model &= !load;
                Event::Engine(FromEngine::Failed { id: (!load).then_some(id), code, message: "why".into() })
            }
            Fate::More => {
                job.spoke = true;
                worker.jobs.push_front(job);
                if load { progress(50) } else { Event::Engine(FromEngine::Token { id, text: "word ".into() }) }
            }
            _ if load && job.stopped => {
                worker.has_model = false;
                stopped()
            }
            _ if load => {
                worker.has_model = true;
                loaded()
            }
            // A model that ends before its first word is another test's.
            _ if !job.spoke && !job.stopped => return self.speak_first(job),
            _ => {
                let finish = if job.stopped { Finish::Stopped } else { Finish::Stop };
                Event::Engine(FromEngine::Done { id, finish, prompt_tokens: 1, reused_tokens: 0, completion_tokens: 1 })
            }
        };
        self.step(event);
    }

    fn speak_first(&mut self, job: Job) {
        if let Some(worker) = &mut self.worker {
            worker.jobs.push_front(job);
        }
        self.work(Fate::More);
    }

    fn clock(&mut self) {
        if let Some(wait) = self.wait.take() {
            self.step(Event::Waited(wait));
        }
    }

    /// No more faults: all that was begun comes to an end.
    fn calm(&mut self) {
        for _ in 0..200 {
            self.clock();
            self.work(Fate::Fine);
            self.step(Event::Agree);
            let working = self.worker.as_ref().is_some_and(|worker| !worker.jobs.is_empty());
            if self.state().phase == Phase::Idle && !working && self.wait.is_none() {
                return;
            }
        }
        panic!("no end: {:?}", self.state());
    }
}

#[derive(Clone, Debug)]
enum Act {
    Visitor(Event),
    AgainUnder(usize),
    Clock,
    Worker(Fate),
}

fn an_act() -> impl Strategy<Value = Act> {
    let visitor = prop_oneof![
        6 => a_text().prop_map(Event::Send),
        4 => Just(Event::Agree),
        1 => Just(Event::Decline),
        2 => Just(Event::Stop),
        1 => Just(Event::Reset),
        1 => some_settings().prop_map(|settings| {
            Event::Configured(Settings { model: settings.model.or_else(|| Some(model("a"))), ..settings })
        }),
    ];
    let fate = prop_oneof![
        8 => Just(Fate::Fine),
        8 => Just(Fate::More),
        3 => a_code().prop_map(Fate::Fails),
        1 => a_code().prop_map(Fate::Dies),
    ];
    prop_oneof![
        6 => visitor.prop_map(Act::Visitor),
        2 => (0..6usize).prop_map(Act::AgainUnder),
        4 => Just(Act::Clock),
        16 => fate.prop_map(Act::Worker),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_events(settings in some_settings(), events in vec(anything(), 0..60)) {
        let mut watched = Watched::new(settings);
        for event in events {
            watched.step(event);
        }
    }

    #[test]
    fn an_engine_that_fails_at_random(acts in vec(an_act(), 0..80)) {
        let mut world = World::new(settings());
        for act in acts {
            match act {
                Act::Visitor(event) => world.step(event),
                Act::AgainUnder(index) => {
                    if let Some(entry) = world.state().entries.get(index) {
                        let id = entry.id;
                        world.step(Event::TryAgain(id));
                    }
                }
                Act::Clock => world.clock(),
                Act::Worker(fate) => world.work(fate),
            }
        }
        world.calm();
        // After whatever happened, the next question is answered.
        world.step(send("At last?"));
        world.calm();
        let last = world.state().entries.last();
        prop_assert!(matches!(last.map(|entry| &entry.state), Some(EntryState::Whole)), "{:?}", last);
        prop_assert_eq!(last.map(|entry| entry.text.as_str()), Some("word "));
    }
}
