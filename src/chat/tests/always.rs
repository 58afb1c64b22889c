//! What holds after any sequence of events: first of arbitrary ones, however senseless; then of an engine that keeps
//! to the protocol and fails at random, where besides everything must come to an end.

use super::world::{Fate, Reply, World, ground};
use super::*;
use crate::{
    answer::remote::{ApiKind, Heard, Server, SiteConfig},
    chat::state::Model,
    error::Reference,
    gate::{Mode, challenge::Outcome},
    knowledge::Verdict,
    wire::BackendChoice,
};
use proptest::{collection::vec, prelude::*, sample::select};

/// A conversation under watch: it draws only what the effects say, and compares after each step.
pub(super) struct Watched {
    pub chat: Chat,
    drawn: Vec<Entry>,
    questions: Vec<String>,
    status: (String, Option<String>),
}

impl Watched {
    pub fn new(settings: Settings) -> Self {
        let chat = Chat::new(settings);
        Self { chat, drawn: Vec::new(), questions: Vec::new(), status: ("idle".into(), None) }
    }

    pub fn step(&mut self, event: Event) -> Vec<Effect> {
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
                    let shown = state.entries.iter().filter(
                        |entry| matches!(&entry.state, EntryState::Failed(n) if n.reference == failure.reference),
                    );
                    assert_eq!(shown.count(), 1, "a report is on screen once, with its reference");
                }
                Effect::Tell(Told::Status { state, backend, adapter, model, .. }) => {
                    let status = ((*state).to_owned(), backend.map(str::to_owned));
                    assert_ne!(status, self.status, "a status is told when it is news");
                    let here = backend.is_some_and(|backend| !["remote", "builtin"].contains(&backend));
                    assert_eq!((adapter.is_some(), model.is_some()), (here, here));
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
                let somebody = before.settings.model.is_some()
                    || before.settings.server.is_some()
                    || before.settings.knowledge.is_some();
                assert_eq!(taken, before.accepts() && somebody);
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
        let asked = state.asked.as_ref();
        let here = asked.is_some_and(|asked| asked.generate.is_some());
        let called = asked.is_some_and(|asked| asked.call.is_some());
        let pausing = asked.is_some_and(|asked| asked.pause.is_some());
        let loading = matches!(state.engine.model, Model::Loading { .. } | Model::Pausing { .. });
        let loaded = matches!(state.engine.model, Model::Loaded { .. });
        assert_eq!(loading, matches!(state.phase, Phase::Loading { .. }), "a load is shown");
        let looking = asked.is_some_and(|asked| asked.look_up.is_some());
        let probing = asked.is_some_and(|asked| asked.probes);
        let prompted = asked.is_some_and(|asked| asked.prompt.is_some());
        let jobs = [looking, here, called, pausing, probing, prompted];
        assert!(jobs.into_iter().filter(|job| *job).count() <= 1, "one thing at a time");
        let works = jobs.contains(&true);
        match state.phase {
            Phase::Idle => assert_eq!(asked, None),
            Phase::Consent { .. } | Phase::Leaving | Phase::Verifying { .. } => {
                assert_eq!((asked.is_some(), works, text), (true, false, Some("")));
            }
            Phase::Loading { .. } => assert!(!works || looking),
            Phase::Waiting { .. } => assert_eq!((pausing, text), (true, Some(""))),
            Phase::Thinking => assert!(works && text == Some("") && (loaded || !here)),
            Phase::Answering => assert!(works && !pausing && text.is_some_and(|text| !text.is_empty())),
        }
    }
}

fn a_text() -> impl Strategy<Value = String> {
    select(vec!["", " ", "Hi", " Hi\n", "Why?"]).prop_map(str::to_owned)
}

fn a_code() -> impl Strategy<Value = Code> {
    select(Code::ALL.to_vec())
}

fn some_settings() -> impl Strategy<Value = Settings> {
    let local = (select(vec!["a", "b"]), any::<bool>(), 0..8u8, any::<bool>(), any::<bool>());
    let modes = select(vec![Mode::Auto, Mode::Auto, Mode::Local, Mode::Remote]);
    let pages = select(vec![None, None, Some("https://site.example/knowledge/".to_owned())]);
    let kinds = select(vec![None, Some(ApiKind::InferKit), Some(ApiKind::InferKit), Some(ApiKind::OpenAi)]);
    (local, modes, kinds, any::<bool>(), pages).prop_map(
        |((name, granted, rare, cpu, builtin), mode, kind, may_leave, pages)| Settings {
            knowledge: pages,
            model: (rare > 0).then(|| model(name)),
            backend: if cpu { BackendChoice::Cpu } else { BackendChoice::Auto },
            builtin,
            consent_granted: granted,
            mode,
            server: kind.map(|kind| Server { kind, base: "https://api.example".into(), ..Server::default() }),
            remote_consent_granted: may_leave,
            ..settings()
        },
    )
}

pub(super) fn some_config() -> impl Strategy<Value = SiteConfig> {
    (0..8u8, 0..8u8, any::<bool>(), any::<bool>()).prop_map(|(free, off, guarded, model_too)| SiteConfig {
        paid: free > 0,
        remote_enabled: off > 0,
        turnstile: guarded.then(super::world::turnstile),
        model: model_too.then(|| model("c")),
        ..SiteConfig::default()
    })
}

pub(super) fn a_failure() -> impl Strategy<Value = (Failure, Option<u64>)> {
    let seconds = proptest::option::of(select(vec![1, 10, 11, 120, 121, 1_000_000_000]));
    (a_code(), any::<u64>(), seconds).prop_map(|(code, seed, retry_after)| {
        let reference = || Reference::client(seed.to_le_bytes());
        let failure = match code.status() {
            Some(status) => Failure::server(status, Some(code.as_str()), "why", None, reference),
            None => Failure::client(code, "why", reference()),
        };
        (failure, retry_after)
    })
}

fn some_found() -> impl Strategy<Value = Result<Ground, String>> {
    let verdict = select(vec![Verdict::Enough, Verdict::Enough, Verdict::Lacking, Verdict::Chat]);
    (0..8u8, verdict).prop_map(|(fails, verdict)| if fails == 0 { Err("why".into()) } else { Ok(ground(verdict)) })
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
        6 => Just(()).prop_map(|()| match loaded() { Event::Engine(said) => said, _ => FromEngine::Alive }),
        2 => any::<bool>().prop_map(|load| FromEngine::Stopped { load }),
        2 => Just(FromEngine::Alive),
        6 => (number.clone(), a_text()).prop_map(|(id, text)| FromEngine::Token { id, text }),
        3 => (number.clone(), a_finish()).prop_map(|(id, finish)| FromEngine::Done {
            id, finish, prompt_tokens: 1, reused_tokens: 0, completion_tokens: 1,
        }),
        4 => (proptest::option::of(number.clone()), a_code()).prop_map(|(id, code)| {
            FromEngine::Failed { id, code, message: "why".into() }
        }),
    ];
    let heard = prop_oneof![
        3 => some_config().prop_map(Heard::Config),
        3 => (0..100u64).prop_map(|seconds| Heard::Session { token: "s".into(), seconds }),
        4 => a_text().prop_filter("never empty", |text| !text.is_empty()).prop_map(Heard::Text),
        3 => Just(Heard::Done),
        4 => a_failure().prop_map(|(failure, retry_after)| Heard::Failed { failure, retry_after }),
    ];
    let outcome = prop_oneof![
        Just(Outcome::Interactive),
        Just(Outcome::Quiet),
        Just(Outcome::Solved("t".into())),
        a_code().prop_map(|code| Outcome::Failed { code, message: "why".into() }),
    ];
    prop_oneof![
        1 => Just(Event::Mounted),
        16 => (number.clone(), heard).prop_map(|(id, heard)| Event::Server { id, heard }),
        4 => outcome.prop_map(Event::Challenge),
        4 => any::<bool>().prop_map(|there| Event::Probed { there }),
        12 => (number.clone(), some_found()).prop_map(|(id, found)| Event::LookedUp { id, found }),
        4 => (number.clone(), a_text(), any::<bool>()).prop_map(|(id, text, last)| {
            Event::Checked { answer: EntryId(id), text, last }
        }),
        1 => number.clone().prop_map(|id| Event::Rate { answer: EntryId(id), rating: Rating::Down }),
        1 => number.clone().prop_map(|id| Event::Handoff(Some(EntryId(id)))),
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

#[derive(Clone, Debug)]
enum Act {
    Visitor(Box<Event>),
    AgainUnder(usize),
    Clock,
    Worker(Fate),
    Server(Reply),
    Challenge(Outcome),
    LookUp(Result<Ground, String>),
    /// The browser says whether it has a model.
    Probed(bool),
    Browser(Fate),
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
    let browser = prop_oneof![
        8 => Just(Fate::Fine),
        8 => Just(Fate::More),
        2 => select(vec![Code::EngineFailed, Code::QuestionTooLong, Code::NetworkError]).prop_map(Fate::Fails),
    ];
    let reply = prop_oneof![
        8 => some_config().prop_map(|config| Reply::Fine(Box::new(config))),
        8 => Just(Reply::More),
        6 => a_failure().prop_map(|(failure, retry_after)| Reply::Fails(Box::new(failure), retry_after)),
    ];
    let outcome = prop_oneof![
        4 => Just(Outcome::Solved("t".into())),
        1 => Just(Outcome::Interactive),
        1 => select(vec![Code::ChallengeFailed, Code::ChallengeTimeout, Code::ChallengeUnavailable])
            .prop_map(|code| Outcome::Failed { code, message: "why".into() }),
    ];
    prop_oneof![
        6 => visitor.prop_map(|event| Act::Visitor(Box::new(event))),
        2 => (0..6usize).prop_map(Act::AgainUnder),
        4 => Just(Act::Clock),
        16 => fate.prop_map(Act::Worker),
        16 => reply.prop_map(Act::Server),
        4 => outcome.prop_map(Act::Challenge),
        8 => some_found().prop_map(Act::LookUp),
        4 => select(vec![true, true, false]).prop_map(Act::Probed),
        12 => browser.prop_map(Act::Browser),
    ]
}

fn play(world: &mut World, acts: Vec<Act>) {
    for act in acts {
        match act {
            Act::Visitor(event) => world.step(*event),
            Act::AgainUnder(index) => {
                if let Some(entry) = world.state().entries.get(index) {
                    let id = entry.id;
                    world.step(Event::TryAgain(id));
                }
            }
            Act::Clock => world.clock(),
            Act::Worker(fate) => world.work(fate),
            Act::Server(reply) => world.serve(reply),
            Act::LookUp(found) => world.look_up(found),
            Act::Probed(there) => world.probed(there),
            Act::Browser(fate) => world.browse(fate),
            Act::Challenge(outcome) => world.challenge(outcome),
        }
    }
    world.calm();
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
    fn engine_and_server_that_fail_at_random(settings in some_settings(), acts in vec(an_act(), 0..80)) {
        let mut world = World::new(settings);
        world.step(Event::Mounted);
        play(&mut world, acts);
        let state = world.state();
        prop_assert!(state.accepts() || state.misconfigured.is_some(), "whatever happened, a question can be asked");
    }

    #[test]
    fn an_engine_that_fails_at_random(builtin: bool, acts in vec(an_act(), 0..80)) {
        let mut world = World::new(Settings { builtin, ..settings() });
        let local = |act: &Act| match act {
            Act::Server(_) | Act::Challenge(_) => false,
            Act::Visitor(event) => !matches!(**event, Event::Configured(_)),
            _ => true,
        };
        play(&mut world, acts.into_iter().filter(local).collect());
        // After whatever happened, the next question is answered.
        world.step(send("At last?"));
        world.calm();
        let last = world.state().entries.last();
        prop_assert!(matches!(last.map(|entry| &entry.state), Some(EntryState::Whole)), "{:?}", last);
        prop_assert_eq!(last.map(|entry| entry.text.as_str()), Some("word "));
    }
}
