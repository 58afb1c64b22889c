//! The fakes: everything outside the controller, with a fault that can be put where a word is awaited.

use crate::{
    answer::{
        builtin::Prompt,
        exchange::Course,
        remote::{Attempt, Heard, Outgoing, Request},
    },
    error::Failure,
    error::Reference,
    gate::challenge::{self, Challenge, Command},
    knowledge::LookedUp,
    page::silence::Wait,
    remote::Told,
    wire::{FromEngine, ToEngine},
};
use std::cell::{Cell, RefCell};

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
    /// A look-up, by its id.
    LookUp(u32),
    /// The browser, on its own model.
    Browser,
    /// An import, by its number.
    Import(u32),
    /// A request, by its id.
    Request(u32),
    /// A solve, by its epoch.
    Solve(u32),
}

#[derive(Clone, Debug)]
pub(super) enum Word {
    Engine(FromEngine),
    Imported(bool),
    LookedUp(LookedUp),
    Probed(bool),
    Asked,
    Piece(&'static str),
    Refused(&'static str),
    Headers(u16, &'static str),
    Bytes(&'static str),
    Closed,
    Challenge(challenge::Callback),
}

#[derive(Clone, Debug)]
pub(super) struct Scheduled {
    pub(super) due: u64,
    /// In the order of scheduling.
    pub(super) number: u64,
    pub(super) from: Source,
    pub(super) word: Word,
    /// Comes directly after the next word from there.
    pub(super) swapped: bool,
}

/// What is under way with a server, or with the browser's model.
pub(super) enum Exchange {
    Request(Attempt),
    Prompt(Prompt),
}

impl Exchange {
    pub fn course(&mut self) -> &mut dyn Course {
        match self {
            Self::Request(attempt) => attempt,
            Self::Prompt(prompt) => prompt,
        }
    }

    /// Something came of it.
    pub fn take(&mut self, word: Word, now: u64, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        match (self, word) {
            (Self::Request(attempt), Word::Headers(status, content_type)) => {
                let header = |name: &str| (name == "Content-Type").then(|| content_type.to_owned());
                attempt.headers(status, header, now, 0);
                Vec::new()
            }
            (Self::Request(attempt), Word::Bytes(text)) => attempt.bytes(text.as_bytes(), now, mint),
            (Self::Prompt(prompt), Word::Asked) => {
                prompt.asked(now);
                Vec::new()
            }
            (Self::Prompt(prompt), Word::Piece(text)) => prompt.said(text.to_owned(), now),
            (Self::Prompt(prompt), Word::Refused(name)) => prompt.refused(name, "why", mint),
            (exchange, Word::Closed) => exchange.course().closed(mint),
            (_, word) => panic!("{word:?}"),
        }
    }
}

/// Everything outside the controller.
pub struct Fake {
    pub(super) now: Cell<u64>,
    pub(super) number: Cell<u64>,
    pub(super) chance: Cell<u64>,
    pub(super) wake: Cell<Option<u64>>,
    pub(super) let_in: Cell<bool>,
    pub(super) queue: RefCell<Vec<Scheduled>>,
    pub(super) silent: RefCell<Vec<Source>>,
    /// What goes wrong, and how often still.
    pub(super) fault: Cell<Option<(Wait, How, u32)>>,
    /// When it last went wrong.
    pub faulted: Cell<Option<u64>>,
    /// Engines that were started, and whether the last runs.
    pub engines: Cell<u32>,
    pub(super) runs: Cell<bool>,
    pub(super) stands: Cell<bool>,
    /// What the engine works on.
    pub(super) jobs: RefCell<Vec<ToEngine>>,
    /// The last answer that the engine was asked for.
    pub generate: Cell<u32>,
    pub imports: Cell<u32>,
    pub(super) attempts: RefCell<Vec<(u32, Exchange)>>,
    /// Whether the browser has a model, how often it was asked for one, and what it throws when that is asked.
    pub has_model: Cell<bool>,
    /// How long it takes to say so.
    pub probe_after: Cell<u64>,
    pub probes: Cell<u32>,
    pub throws: Cell<Option<&'static str>>,
    /// Languages that the browser's model was asked in.
    pub prompts: RefCell<Vec<String>>,
    pub(super) challenge: RefCell<Challenge>,
    /// The visitor must click in challenges; or they change their mind for ever.
    pub clicks: Cell<bool>,
    pub wavers: Cell<bool>,
    pub(super) guarded: bool,
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
    pub(super) fn schedule(&self, tag: Option<Wait>, after: u64, from: Source, word: Word) {
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

    pub(super) fn engine_says(&self, tag: Option<Wait>, after: u64, message: FromEngine) {
        self.schedule(tag, after, Source::Engine(self.engines.get()), Word::Engine(message));
    }

    pub(super) fn is_open(&self, from: Source) -> bool {
        match from {
            Source::Engine(number) => self.runs.get() && number == self.engines.get() && self.stands.get(),
            _ => true,
        }
    }

    /// The engine's frame is removed.
    pub fn remove_frame(&self) {
        self.stands.set(false);
    }

    pub(super) fn act(&self) {
        if self.acted.get().is_none() && self.faulted.get().is_some_and(|at| at <= self.now.get()) {
            self.acted.set(Some(self.now.get()));
        }
    }

    pub(super) fn send(&self, id: u32, outgoing: Outgoing) {
        self.asked.borrow_mut().push(outgoing.clone());
        let from = Source::Request(id);
        self.attempts.borrow_mut().push((id, Exchange::Request(Attempt::new(outgoing.request, self.now.get()))));
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

    pub(super) fn prompt(&self, id: u32, language: &str) {
        self.prompts.borrow_mut().push(language.into());
        let from = Source::Request(id);
        self.attempts.borrow_mut().push((id, Exchange::Prompt(Prompt::new(self.now.get()))));
        self.schedule(Some(Wait::PromptOpens), 50, from, Word::Asked);
        if let Some(name) = self.throws.get().filter(|name| name.starts_with(char::is_uppercase)) {
            return self.schedule(None, 60, from, Word::Refused(name));
        }
        self.schedule(Some(Wait::PromptWords), 100, from, Word::Piece("word "));
        match self.throws.get() {
            Some(_) => self.schedule(None, 200, from, Word::Refused("UnknownError")),
            // Long enough for a Stop in between.
            None => self.schedule(None, 3_000, from, Word::Closed),
        }
    }

    /// Does what the challenge commands; what it tells is handed back.
    pub(super) fn command(&self) -> Vec<Told> {
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
        say(Some(Wait::ChallengeLoads), 100, challenge::Callback::Rendered);
        say(None, 120, challenge::Callback::Executing);
        let solved = || challenge::Callback::Solved { token: "t".into(), age: 0 };
        if self.wavers.get() && self.fault.get().is_some_and(|(.., left)| left > 0) {
            let mut at = 200;
            while at < 400_000 {
                say(None, at, challenge::Callback::Interactive);
                say(None, at + 10_000, challenge::Callback::Quiet);
                at += 20_000;
            }
            say(Some(Wait::ChallengeWhole), 400_000, solved());
            return self.faulted.set(Some(self.now.get()));
        }
        if self.clicks.get() {
            say(None, 200, challenge::Callback::Interactive);
            return say(Some(Wait::ChallengeClick), 400, solved());
        }
        say(Some(Wait::ChallengeWorks), 300, solved());
    }
}
