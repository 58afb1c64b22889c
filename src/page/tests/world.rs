//! The fakes, and the clock that drives them.

use crate::{
    answer::remote::{ApiKind, Attempt, Heard as Said, Outgoing, Request, Server},
    chat::{Effect, EntryState, Event, Settings, Speaker, State, Told as ForSite},
    embed::{Look, Options, Theme},
    error::{Failure, Reference},
    gate::{
        Mode,
        challenge::{self, Challenge, Command},
    },
    locale::Words,
    page::{
        Page,
        ports::{Clock, Engine, Heard, Modules, Screen, Site},
        silence::Wait,
    },
    remote::{Ask, Told},
    wire::{BackendKind, Finish, FromEngine, ModelSource, PROTOCOL, ToEngine},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// What becomes of the word that a wait waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Neither it nor anything after it comes.
    Never,
    /// It comes long after its bound, and nothing before it.
    Late,
    /// It comes twice.
    Twice,
    /// It comes after the visitor has pressed Stop.
    AfterStop,
    /// It comes after the widget was destroyed.
    AfterDestroy,
    /// It changes places with what comes next from there.
    OutOfOrder,
}

impl How {
    pub const ALL: [Self; 6] =
        [Self::Never, Self::Late, Self::Twice, Self::AfterStop, Self::AfterDestroy, Self::OutOfOrder];
}

/// From whom a word comes. A source that has fallen silent says nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An engine, by its number.
    Engine(u32),
    /// An import, by its number.
    Import(u32),
    /// A request, by its id.
    Request(u32),
    /// A solve, by its epoch.
    Solve(u32),
}

#[derive(Clone, Debug)]
enum Word {
    Engine(FromEngine),
    Imported(bool),
    Headers(u16, &'static str),
    Bytes(&'static str),
    Closed,
    Challenge(challenge::Said),
}

#[derive(Clone, Debug)]
struct Scheduled {
    due: u64,
    /// In the order of scheduling.
    number: u64,
    from: Source,
    word: Word,
    /// Comes directly after the next word from there.
    swapped: bool,
}

/// Everything outside the controller.
pub struct Fake {
    now: Cell<u64>,
    number: Cell<u64>,
    chance: Cell<u64>,
    wake: Cell<Option<u64>>,
    let_in: Cell<bool>,
    queue: RefCell<Vec<Scheduled>>,
    silent: RefCell<Vec<Source>>,
    /// What goes wrong, and how often still.
    fault: Cell<Option<(Wait, How, u32)>>,
    /// When it last went wrong.
    pub faulted: Cell<Option<u64>>,
    /// Engines that were started, and whether the last runs.
    pub engines: Cell<u32>,
    runs: Cell<bool>,
    stands: Cell<bool>,
    /// What the engine works on.
    jobs: RefCell<Vec<ToEngine>>,
    /// The last answer that the engine was asked for.
    pub generate: Cell<u32>,
    pub imports: Cell<u32>,
    attempts: RefCell<Vec<(u32, Attempt)>>,
    challenge: RefCell<Challenge>,
    /// The visitor must click in challenges; or they change their mind for ever.
    pub clicks: Cell<bool>,
    pub wavers: Cell<bool>,
    guarded: bool,
    /// Everything that the site was told, by a word.
    pub told: RefCell<Vec<String>>,
    pub failures: RefCell<Vec<Failure>>,
    pub kept: RefCell<Vec<String>>,
    pub agreed: RefCell<Vec<String>>,
    pub notes: RefCell<Vec<String>>,
    /// When the controller last did something about a silence.
    pub acted: Cell<Option<u64>>,
    /// What is asked of the module beyond what attempts can show.
    pub asked: RefCell<Vec<Outgoing>>,
    pub draft: RefCell<String>,
}

const CONFIG: &str = r#"{"tier":"pro","remote":{"enabled":true,"model":"m"}}"#;
const GUARDED: &str = r#"{"tier":"pro","remote":{"enabled":true,"model":"m"},"turnstile":{"site_key":"k"}}"#;
const WORD: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n";
const STREAM: &str = "text/event-stream";

impl Fake {
    fn schedule(&self, tag: Option<Wait>, after: u64, from: Source, word: Word) {
        self.number.set(self.number.get() + 1);
        let mut one = Scheduled { due: self.now.get() + after, number: self.number.get(), from, word, swapped: false };
        let fault = self.fault.get().filter(|(wait, _, left)| Some(*wait) == tag && *left > 0);
        if let Some((wait, how, left)) = fault {
            self.fault.set(Some((wait, how, left - 1)));
            self.faulted.set(Some(one.due));
            match how {
                How::Never => {
                    self.silent.borrow_mut().push(from);
                    return;
                }
                How::Late | How::AfterStop | How::AfterDestroy => {
                    // Nothing before it: what follows is later than it.
                    self.silent.borrow_mut().push(from);
                    one.due += if how == How::Late { wait.bound().ms + 30_000 } else { 4_000 };
                    self.queue.borrow_mut().push(one);
                    return;
                }
                How::Twice => self.queue.borrow_mut().push(one.clone()),
                How::OutOfOrder => one.swapped = true,
            }
        } else if self.silent.borrow().contains(&from) {
            return;
        }
        self.queue.borrow_mut().push(one);
    }

    fn engine_says(&self, tag: Option<Wait>, after: u64, message: FromEngine) {
        self.schedule(tag, after, Source::Engine(self.engines.get()), Word::Engine(message));
    }

    fn is_open(&self, from: Source) -> bool {
        match from {
            Source::Engine(number) => self.runs.get() && number == self.engines.get() && self.stands.get(),
            _ => true,
        }
    }

    /// The engine's frame is removed.
    pub fn remove_frame(&self) {
        self.stands.set(false);
    }

    fn act(&self) {
        if self.acted.get().is_none() && self.faulted.get().is_some_and(|at| at <= self.now.get()) {
            self.acted.set(Some(self.now.get()));
        }
    }

    fn send(&self, id: u32, outgoing: Outgoing) {
        self.asked.borrow_mut().push(outgoing.clone());
        let from = Source::Request(id);
        self.attempts.borrow_mut().push((id, Attempt::new(outgoing.request, self.now.get())));
        let config = if self.guarded { GUARDED } else { CONFIG };
        match outgoing.request {
            Request::Config => {
                self.schedule(Some(Wait::ConfigHeaders), 50, from, Word::Headers(200, "application/json"));
                self.schedule(Some(Wait::Body), 100, from, Word::Bytes(config));
                self.schedule(None, 110, from, Word::Closed);
            }
            Request::Session => {
                self.schedule(Some(Wait::SessionHeaders), 50, from, Word::Headers(200, "application/json"));
                self.schedule(None, 100, from, Word::Bytes(r#"{"session_token":"s","expires_in":600}"#));
                self.schedule(None, 110, from, Word::Closed);
            }
            Request::Completion => {
                self.schedule(Some(Wait::AnswerHeaders), 50, from, Word::Headers(200, STREAM));
                self.schedule(Some(Wait::StreamWords), 100, from, Word::Bytes(WORD));
                self.schedule(Some(Wait::StreamBytes), 150, from, Word::Bytes(WORD));
                self.schedule(None, 200, from, Word::Bytes("data: [DONE]\n\n"));
                self.schedule(None, 210, from, Word::Closed);
            }
        }
    }

    /// Does what the challenge commands; what it tells is handed back.
    fn command(&self) -> Vec<Told> {
        let mut told = Vec::new();
        loop {
            let command = self.challenge.borrow_mut().next(self.now.get());
            match command {
                None => return told,
                Some(Command::Discard) => self.act(),
                Some(Command::Tell(outcome)) => told.push(Told::Challenge(outcome)),
                Some(Command::Execute { epoch }) => self.execute(epoch),
            }
        }
    }

    fn execute(&self, epoch: u32) {
        let from = Source::Solve(epoch);
        let say = |tag, after, said| self.schedule(tag, after, from, Word::Challenge(said));
        say(Some(Wait::ChallengeLoads), 100, challenge::Said::Rendered);
        say(None, 120, challenge::Said::Executing);
        let solved = || challenge::Said::Solved { token: "t".into(), age: 0 };
        if self.wavers.get() && self.fault.get().is_some_and(|(.., left)| left > 0) {
            let mut at = 200;
            while at < 400_000 {
                say(None, at, challenge::Said::Interactive);
                say(None, at + 10_000, challenge::Said::Quiet);
                at += 20_000;
            }
            say(Some(Wait::ChallengeWhole), 400_000, solved());
            return self.faulted.set(Some(self.now.get()));
        }
        if self.clicks.get() {
            say(None, 200, challenge::Said::Interactive);
            return say(Some(Wait::ChallengeClick), 400, solved());
        }
        say(Some(Wait::ChallengeWorks), 300, solved());
    }
}

impl Clock for Rc<Fake> {
    fn now(&self) -> u64 {
        self.now.get()
    }

    fn date(&self) -> u64 {
        1_700_000_000_000 + self.now.get()
    }

    fn wake(&self, ms: Option<u32>) {
        self.wake.set(ms.map(|ms| self.now.get() + u64::from(ms)));
    }

    fn let_in(&self) {
        self.let_in.set(true);
    }

    fn random(&self) -> [u8; 16] {
        self.chance
            .set(self.chance.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
        let half = self.chance.get().to_be_bytes();
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&half);
        bytes[8..].copy_from_slice(&half);
        bytes
    }
}

impl Engine for Rc<Fake> {
    fn start_engine(&self) -> Result<(), String> {
        self.engines.set(self.engines.get() + 1);
        self.runs.set(true);
        self.stands.set(true);
        self.jobs.borrow_mut().clear();
        self.engine_says(Some(Wait::EngineStart), 200, FromEngine::Ready { protocol: PROTOCOL });
        Ok(())
    }

    fn post(&self, message: &ToEngine) {
        if let Some((Wait::FrameStands, how, left @ 1..)) = self.fault.get() {
            // Removed while it works: at once, or in mid-answer, or before its first word.
            let fits = match how {
                How::Late | How::AfterStop => matches!(message, ToEngine::Generate { .. }),
                How::OutOfOrder => matches!(message, ToEngine::Load { .. }),
                _ => true,
            };
            if fits {
                self.fault.set(Some((Wait::FrameStands, how, left - 1)));
                self.faulted.set(Some(self.now.get()));
                self.remove_frame();
            }
        }
        match message {
            ToEngine::Load { .. } => {
                self.engine_says(Some(Wait::EngineLoads), 300, FromEngine::Progress { done: 50, total: Some(100) });
                self.engine_says(None, 310, FromEngine::Alive);
                self.engine_says(
                    None,
                    400,
                    FromEngine::Loaded {
                        backend: BackendKind::Cpu,
                        adapter: "simd".into(),
                        model: "m".into(),
                        context: 2_048,
                    },
                );
            }
            ToEngine::Generate { id, .. } => {
                let id = *id;
                self.generate.set(id);
                self.engine_says(None, 10, FromEngine::Alive);
                self.engine_says(Some(Wait::EngineAnswers), 300, FromEngine::Token { id, text: "word ".into() });
                let finish = Finish::Stop;
                let done = FromEngine::Done { id, finish, prompt_tokens: 1, reused_tokens: 0, completion_tokens: 1 };
                // Long enough for a Stop in between.
                self.engine_says(None, 3_000, done);
            }
            ToEngine::Stop => {
                let engine = Source::Engine(self.engines.get());
                let ended = self.jobs.borrow_mut().drain(..).next_back();
                self.queue
                    .borrow_mut()
                    .retain(|one| one.from != engine || matches!(one.word, Word::Engine(FromEngine::Ready { .. })));
                let answer = match ended {
                    Some(ToEngine::Generate { id, .. }) => FromEngine::Done {
                        id,
                        finish: Finish::Stopped,
                        prompt_tokens: 0,
                        reused_tokens: 0,
                        completion_tokens: 0,
                    },
                    other => FromEngine::Stopped { load: other.is_some() },
                };
                return self.engine_says(Some(Wait::EngineStops), 20, answer);
            }
        }
        self.jobs.borrow_mut().push(message.clone());
    }

    fn engine_stands(&self) -> bool {
        self.stands.get()
    }

    fn end_engine(&self) {
        if self.runs.replace(false) {
            self.act();
        }
    }
}

impl Modules for Rc<Fake> {
    fn import(&self, attempt: u32) {
        self.act();
        self.imports.set(attempt);
        self.schedule(Some(Wait::Import), 100, Source::Import(attempt), Word::Imported(true));
    }

    fn ask(&self, ask: &Ask) {
        match ask {
            Ask::Send { id, outgoing } => self.send(*id, outgoing.clone()),
            Ask::Abort(id) => self.attempts.borrow_mut().retain(|(other, _)| other != id),
            Ask::Solve { .. } => self.challenge.borrow_mut().tell(challenge::Event::Ask, self.now.get()),
            Ask::Cancel => self.challenge.borrow_mut().tell(challenge::Event::Abort, self.now.get()),
            Ask::End => {
                self.attempts.borrow_mut().clear();
                self.challenge.borrow_mut().tell(challenge::Event::Abort, self.now.get());
            }
        }
    }
}

impl Site for Rc<Fake> {
    fn tell(&self, told: &ForSite) {
        self.told.borrow_mut().push(format!("{told:?}"));
    }

    fn report(&self, failure: &Failure) {
        self.act();
        self.told.borrow_mut().push(format!("error {}", failure.code));
        self.failures.borrow_mut().push(failure.clone());
    }

    fn wear(&self, _theme: &Theme) {}

    fn warn(&self, warning: &str) {
        self.notes.borrow_mut().push(warning.into());
    }

    fn keep(&self, saved: &str) {
        self.kept.borrow_mut().push(saved.into());
    }

    fn keep_agreed(&self, models: &[String]) {
        *self.agreed.borrow_mut() = models.to_vec();
    }

    fn languages(&self) -> Vec<String> {
        vec!["en".into()]
    }
}

impl Screen for Rc<Fake> {
    fn draw(&self, state: &State, effect: &Effect) {
        if matches!(effect, Effect::Draft) {
            self.draft.borrow_mut().clone_from(&state.draft);
        }
    }

    fn set_draft(&self, draft: &str) {
        draft.clone_into(&mut self.draft.borrow_mut());
    }

    fn dress(&self, _words: Words, _look: Look) {}
}

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
        let attempt = fake.attempts.borrow().iter().map(|(id, attempt)| (attempt.deadline(), *id)).min();
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
            self.attempt(id, |attempt, now, mint| attempt.check(now, mint));
        } else if solve == Some(next) {
            fake.challenge.borrow_mut().tell(challenge::Event::Deadline, self.now());
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
            (Word::Headers(status, content_type), Source::Request(id)) => {
                let header = |name: &str| (name == "Content-Type").then(|| content_type.to_owned());
                self.attempt(id, |attempt, now, _| {
                    attempt.headers(status, header, now, 0);
                    Vec::new()
                });
            }
            (Word::Bytes(text), Source::Request(id)) => {
                self.attempt(id, |attempt, now, mint| attempt.bytes(text.as_bytes(), now, mint));
            }
            (Word::Closed, Source::Request(id)) => self.attempt(id, |attempt, _, mint| attempt.closed(mint)),
            (Word::Challenge(said), Source::Solve(epoch)) => {
                self.fake.challenge.borrow_mut().tell(challenge::Event::Said { epoch, said }, self.now());
            }
            (word, from) => panic!("{word:?} from {from:?}"),
        }
    }

    fn attempt(&self, id: u32, feed: impl FnOnce(&mut Attempt, u64, &mut dyn FnMut() -> Reference) -> Vec<Said>) {
        let heard = {
            let mut attempts = self.fake.attempts.borrow_mut();
            let Some((_, attempt)) = attempts.iter_mut().find(|(other, _)| *other == id) else { return };
            let fake = self.fake.clone();
            let heard = feed(attempt, self.now(), &mut || {
                let [a, b, c, d, e, f, g, h, ..] = Clock::random(&fake);
                Reference::client([a, b, c, d, e, f, g, h])
            });
            attempts.retain(|(_, attempt)| !attempt.is_over());
            heard
        };
        if heard.iter().any(|heard| matches!(heard, Said::Failed { .. })) {
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
