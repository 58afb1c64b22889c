//! A widget among fakes, and the clock that drives them.

use super::fake::{Exchange, Fake, How, Scheduled, Source, Word};
use crate::{
    answer::remote::{ApiKind, Heard as RemoteHeard, Server},
    chat::{EntryState, Event, Settings, Speaker},
    embed::Options,
    error::Reference,
    gate::{Mode, challenge},
    page::{
        Page,
        ports::{Clock, Heard},
        silence::Wait,
    },
    remote::Told,
    wire::{FromEngine, ModelSource},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// A widget among fakes.
pub struct World {
    pub fake: Rc<Fake>,
    pub page: Page<Rc<Fake>>,
}

/// A widget that answers on the device, with consent.
pub fn local() -> Settings {
    Settings {
        mode: Mode::Local,
        model: Some(ModelSource { url: "https://h.example/m.gguf".into(), bytes: Some(100), ..ModelSource::default() }),
        consent_granted: true,
        max_tokens: 64,
        ..Settings::default()
    }
}

/// One whose answers come from a server.
pub fn remote() -> Settings {
    Settings { mode: Mode::Remote, model: None, server: Some(server("a")), ..local() }
}

/// One that looks its questions up first.
pub fn grounded() -> Settings {
    Settings { knowledge: Some("https://site.example/knowledge/".into()), ..local() }
}

/// One whose browser has a model.
pub fn builtin() -> Settings {
    Settings { builtin: true, ..local() }
}

pub fn server(key: &str) -> Server {
    Server {
        kind: ApiKind::InferKit,
        base: "https://api.example".into(),
        api_key: Some(format!("ik_pub_{key}")),
        ..Server::default()
    }
}

impl World {
    pub fn new(settings: Settings, guarded: bool, fault: Option<(Wait, How, u32)>) -> Self {
        Self::with(Options { settings, ..Options::default() }, guarded, fault)
    }

    pub fn with(options: Options, guarded: bool, fault: Option<(Wait, How, u32)>) -> Self {
        let fake = Rc::new(Fake {
            now: Cell::new(1_000),
            number: Cell::default(),
            chance: Cell::new(7),
            wake: Cell::default(),
            let_in: Cell::default(),
            queue: RefCell::default(),
            silent: RefCell::default(),
            fault: Cell::new(fault),
            faulted: Cell::default(),
            engines: Cell::default(),
            runs: Cell::default(),
            stands: Cell::new(true),
            jobs: RefCell::default(),
            generate: Cell::default(),
            imports: Cell::default(),
            attempts: RefCell::default(),
            has_model: Cell::new(true),
            probe_after: Cell::new(20),
            probes: Cell::default(),
            throws: Cell::default(),
            prompts: RefCell::default(),
            challenge: RefCell::default(),
            clicks: Cell::new(fault.is_some_and(|(wait, ..)| wait == Wait::ChallengeClick)),
            wavers: Cell::new(fault.is_some_and(|(wait, ..)| wait == Wait::ChallengeWhole)),
            guarded,
            told: RefCell::default(),
            failures: RefCell::default(),
            kept: RefCell::default(),
            agreed: RefCell::default(),
            notes: RefCell::default(),
            acted: Cell::default(),
            asked: RefCell::default(),
            draft: RefCell::default(),
        });
        let page = Page::new(fake.clone(), "https://host.example".into(), 1, options.settings.clone());
        page.begin(options);
        Self { fake, page }
    }

    pub fn now(&self) -> u64 {
        self.fake.now.get()
    }

    pub fn send(&self, text: &str) {
        self.page.happen(Event::Send(text.into()));
        self.pump();
    }

    /// The challenge's commands, which follow whatever was asked of it.
    fn pump(&self) {
        for told in self.fake.command() {
            self.page.module_said(told);
        }
    }

    /// The page is frozen for so long: nothing runs, and what comes waits.
    pub fn freeze(&self, ms: u64) {
        self.fake.now.set(self.now() + ms);
    }

    /// Lets time pass.
    pub fn run(&self, ms: u64) {
        let end = self.now() + ms;
        self.until(end, || false);
        self.fake.now.set(end.max(self.now()));
    }

    /// Lets time pass until something is true. False where that never was.
    pub fn until(&self, end: u64, done: impl Fn() -> bool) -> bool {
        let mut turns = 0;
        while !done() {
            turns += 1;
            assert!(turns < 200_000, "a loop without end");
            if !self.turn(end) {
                return false;
            }
        }
        true
    }

    /// Lets the next thing happen that is due by then.
    fn turn(&self, end: u64) -> bool {
        let fake = &self.fake;
        let first = |swapped| {
            let queue = fake.queue.borrow();
            let fitting = queue.iter().enumerate().filter(|(_, one)| one.swapped == swapped);
            fitting.min_by_key(|(_, one)| (one.due, one.number)).map(|(at, one)| (at, one.due))
        };
        let word = first(false);
        // What changes places with the next word from there, where none comes any more, comes by itself.
        let word = word.or_else(|| first(true).map(|(at, due)| (at, due + 60_000)));
        if fake.let_in.get() && word.is_none_or(|(_, due)| due > self.now()) {
            fake.let_in.set(false);
            self.page.judge();
            self.pump();
            return true;
        }
        let attempt = fake.attempts.borrow_mut().iter_mut().map(|(id, one)| (one.course().deadline(), *id)).min();
        let solve = fake.challenge.borrow().deadline();
        let wake = fake.wake.get();
        let due = [word.map(|(_, due)| due), attempt.map(|(due, _)| due), solve, wake];
        let Some(next) = due.into_iter().flatten().min().filter(|due| *due <= end) else { return false };
        fake.now.set(self.now().max(next));
        // A timer comes before a message: the worse order of the two.
        if wake == Some(next) {
            fake.wake.set(None);
            self.page.woke();
        } else if let Some((_, id)) = attempt.filter(|(due, _)| *due == next) {
            self.attempt(id, |attempt, now, mint| attempt.course().check(now, mint));
        } else if solve == Some(next) {
            fake.challenge.borrow_mut().tell(challenge::Input::Deadline, self.now());
        } else if let Some((at, _)) = word {
            let one = fake.queue.borrow_mut().remove(at);
            let from = one.from;
            self.deliver(one);
            let swapped = fake.queue.borrow().iter().position(|other| other.swapped && other.from == from);
            if let Some(at) = swapped {
                let other = fake.queue.borrow_mut().remove(at);
                self.deliver(other);
            }
        }
        self.pump();
        true
    }

    fn deliver(&self, one: Scheduled) {
        if !self.fake.is_open(one.from) {
            return;
        }
        match (one.word, one.from) {
            (Word::Engine(message), _) => {
                let ends = matches!(message, FromEngine::Done { .. } | FromEngine::Loaded { .. });
                if ends && !self.fake.jobs.borrow().is_empty() {
                    self.fake.jobs.borrow_mut().remove(0);
                }
                self.page.engine_said(Heard::Said(message));
            }
            (Word::Imported(open), Source::Import(attempt)) => self.page.imported(attempt, open),
            (Word::LookedUp(told), Source::LookUp(_)) => self.page.looked_up(told),
            (Word::Probed(there), _) => self.page.probed(there),
            (word, Source::Request(id)) => self.attempt(id, |attempt, now, mint| attempt.take(word, now, mint)),
            (Word::Challenge(said), Source::Solve(epoch)) => {
                self.fake.challenge.borrow_mut().tell(challenge::Input::Callback { epoch, said }, self.now());
            }
            (word, from) => panic!("{word:?} from {from:?}"),
        }
    }

    fn attempt(
        &self,
        id: u32,
        feed: impl FnOnce(&mut Exchange, u64, &mut dyn FnMut() -> Reference) -> Vec<RemoteHeard>,
    ) {
        let heard = {
            let mut attempts = self.fake.attempts.borrow_mut();
            let Some((_, attempt)) = attempts.iter_mut().find(|(other, _)| *other == id) else { return };
            let fake = self.fake.clone();
            let heard = feed(attempt, self.now(), &mut || {
                let [a, b, c, d, e, f, g, h, ..] = Clock::random(&fake);
                Reference::client([a, b, c, d, e, f, g, h])
            });
            attempts.retain_mut(|(_, attempt)| !attempt.course().is_over());
            heard
        };
        if heard.iter().any(|heard| matches!(heard, RemoteHeard::Failed { .. })) {
            self.fake.act();
        }
        for heard in heard {
            self.page.module_said(Told::Server { id, heard });
        }
    }

    /// The last answer's words and how it stands.
    pub fn answer(&self) -> Option<(String, EntryState)> {
        let state = self.page.state();
        let last = state.entries.iter().rfind(|entry| entry.speaker == Speaker::Assistant)?;
        Some((last.text.clone(), last.state.clone()))
    }

    pub fn rests(&self) -> bool {
        self.page.state().accepts()
    }

    pub fn is_whole(&self) -> bool {
        matches!(self.answer(), Some((text, EntryState::Whole)) if !text.is_empty())
    }

    pub fn codes(&self) -> Vec<String> {
        self.fake.failures.borrow().iter().map(|failure| failure.code.clone()).collect()
    }
}
