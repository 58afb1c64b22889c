//! A world around a conversation: an engine that keeps to its protocol, a server, a challenge and a clock, each of
//! which may fail when fate will have it; and what must hold between them.

use super::{always::Watched, *};
use crate::{
    answer::remote::{ApiKind, Heard, Outgoing, Request, SiteConfig, Turnstile},
    error::Reference,
    gate::{Consent, Mode, challenge::Outcome},
    knowledge::Verdict,
    wire::Role,
};
use std::collections::{HashMap, VecDeque};

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
pub(super) enum Fate {
    Fine,
    More,
    Fails(Code),
    Dies(Code),
}

/// What fate has in store for a server's next word.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Whatever is asked for; a configuration is this one.
    Fine(Box<SiteConfig>),
    /// A word of an answer, where one is asked for.
    More,
    Fails(Box<Failure>, Option<u64>),
}

/// How the tests' server is guarded.
pub(super) fn turnstile() -> Turnstile {
    Turnstile { site_key: "key".into(), challenge_url: None }
}

/// What the tests' site has for a question.
pub(super) fn ground(verdict: Verdict) -> Ground {
    let count = usize::from(verdict != Verdict::Chat);
    let source = Source::new(["A", "", "word", "https://site.example/a", "https://site.example/a"]);
    let passages = vec!["[1] A\nword".to_owned(); count];
    Ground { verdict, sources: vec![source; count], rules: "Only passages, [1].".into(), passages }
}

/// A watched conversation with an engine, a server, a challenge and a clock.
pub(super) struct World {
    watched: Watched,
    worker: Option<Worker>,
    requests: Vec<(u32, Outgoing)>,
    look_up: Option<LookUp>,
    /// The browser was asked for a model, and has not said; and whether it was, ever.
    probes: (bool, bool),
    /// Answers of the browser's model, and whether a word came of them.
    prompts: Vec<(u32, bool)>,
    /// Tokens of the answer that a server is at.
    spoke: bool,
    challenges: bool,
    waits: Vec<u32>,
    consented: Option<ModelSource>,
    /// The key of each answer that was asked of a server, what was sent under it, and whether a word was seen since.
    keys: HashMap<EntryId, (String, Option<String>, bool)>,
    /// Challenges since the question was asked.
    solves: u8,
}

impl World {
    pub fn new(settings: Settings) -> Self {
        Self {
            watched: Watched::new(settings),
            worker: None,
            requests: Vec::new(),
            look_up: None,
            probes: (false, false),
            prompts: Vec::new(),
            spoke: false,
            challenges: false,
            waits: Vec::new(),
            consented: None,
            keys: HashMap::new(),
            solves: 0,
        }
    }

    pub fn state(&self) -> &State {
        &self.watched.chat.state
    }

    pub fn step(&mut self, event: Event) {
        if event == Event::Agree && matches!(self.state().phase, Phase::Consent { .. }) {
            self.consented = self.state().model().cloned();
        }
        if matches!(event, Event::Send(_) | Event::TryAgain(_)) && self.state().asked.is_none() {
            self.solves = 0;
        }
        for effect in self.watched.step(event) {
            match effect {
                Effect::Engine(message) => self.take(message),
                Effect::DropEngine => self.worker = None,
                Effect::Send { id, outgoing } => self.send(id, outgoing),
                Effect::LookUp(question) => self.look_up = Some(question),
                Effect::EndLookUp => self.look_up = None,
                // Whatever is said passes, a character at least.
                Effect::Check { answer, piece, last, .. } => self.step(Event::Checked { answer, text: piece, last }),
                Effect::Abort(id) => {
                    self.requests.retain(|(other, _)| *other != id);
                    self.prompts.retain(|(other, _)| *other != id);
                }
                Effect::Probe => {
                    assert!(!std::mem::replace(&mut self.probes, (true, true)).1, "a page asks once");
                }
                Effect::Prompt { id, messages } => self.prompt(id, &messages),
                Effect::Challenge { .. } => {
                    self.may_leave();
                    self.solves += 1;
                    assert!(self.solves <= 2, "at most two challenges for a question");
                    self.challenges = true;
                }
                Effect::EndChallenge => self.challenges = false,
                Effect::Wait { id, .. } => self.waits.push(id),
                Effect::Cleared => self.keys.clear(),
                Effect::Appended(id, text) if !text.trim().is_empty() => {
                    if let Some((.., seen)) = self.keys.get_mut(&id) {
                        *seen = true;
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether anything of a question may go to the server now.
    fn may_leave(&self) {
        let state = self.state();
        assert_ne!(state.settings.mode, Mode::Local, "mode local stays");
        let allowed = !state.promises() || state.leaving == Consent::Granted;
        assert!(allowed, "a promise is not broken unasked");
        let ours = state.settings.server.as_ref().is_some_and(|server| server.kind == ApiKind::InferKit);
        let config = state.remote.known();
        assert!(!ours || config.is_some_and(|config| config.paid && config.remote_enabled), "the plan must allow it");
        assert!(!ours || state.remote.refused.is_none(), "a 402 holds");
    }

    fn send(&mut self, id: u32, outgoing: Outgoing) {
        if outgoing.request != Request::Config {
            self.may_leave();
        }
        if outgoing.request == Request::Completion {
            self.spoke = false;
            let key = outgoing.headers.iter().find(|(name, _)| *name == "Idempotency-Key").map(|(_, key)| key.clone());
            if let (Some(key), Some(asked)) = (key, &self.state().asked) {
                let answer = asked.answer;
                if let Some((before, body, seen)) = self.keys.get(&answer) {
                    let other = *seen || *body != outgoing.body;
                    assert_eq!(*before != key, other, "a key stays until a word was seen, or another conversation");
                }
                self.keys.insert(answer, (key, outgoing.body.clone(), false));
            }
        }
        self.requests.push((id, outgoing));
    }

    /// Lets the server say its next word.
    pub fn serve(&mut self, reply: Reply) {
        let Some((id, outgoing)) = self.requests.first().cloned() else { return };
        let answers = outgoing.request == Request::Completion;
        let heard = match reply {
            Reply::Fails(failure, retry_after) => Heard::Failed { failure: *failure, retry_after },
            Reply::Fine(config) if outgoing.request == Request::Config => Heard::Config(*config),
            Reply::Fine(_) if outgoing.request == Request::Session => {
                Heard::Session { token: "s".into(), seconds: 3_600 }
            }
            Reply::Fine(_) if self.spoke => Heard::Done,
            _ if answers => {
                self.spoke = true;
                Heard::Text("word ".into())
            }
            _ => return,
        };
        if !matches!(heard, Heard::Text(_)) {
            self.requests.remove(0);
        }
        // No failure has another's reference.
        let heard = match heard {
            Heard::Failed { failure, retry_after } => {
                let status = failure.row().status();
                let drawn = self.watched.chat.drawn + 1_000_000 + self.watched.chat.reported.len() as u64;
                let reference = Reference::client(drawn.to_be_bytes());
                let failure = match status {
                    Some(status) => Failure::server(status, Some(&failure.code), "why", None, || reference),
                    None => Failure::client(failure.row(), "why", reference),
                };
                Heard::Failed { failure, retry_after }
            }
            heard => heard,
        };
        self.step(Event::Server { id, heard });
    }

    fn prompt(&mut self, id: u32, messages: &[Message]) {
        let state = self.state();
        assert!(state.settings.builtin && state.settings.mode != Mode::Remote, "only where the site has it so");
        assert!(self.probes == (false, true), "only one that has said that it is there");
        let grounded = state.asked.as_ref().is_some_and(|asked| asked.ground.is_some());
        assert_eq!(messages[0].role == Role::System, grounded);
        assert_eq!(messages.last().map(|message| message.role), Some(Role::User));
        self.prompts.push((id, false));
        assert_eq!(self.prompts.len(), 1, "one at a time");
    }

    /// Lets the browser say whether it has a model.
    pub fn probed(&mut self, there: bool) {
        if std::mem::replace(&mut self.probes.0, false) {
            self.step(Event::Probed { there });
        }
    }

    /// Lets the browser's model say its next word.
    pub fn browse(&mut self, fate: Fate) {
        let Some((id, spoke)) = self.prompts.pop() else { return };
        let heard = match fate {
            Fate::Fails(code) | Fate::Dies(code) => {
                let drawn = self.watched.chat.drawn + 2_000_000 + self.watched.chat.reported.len() as u64;
                let failure = Failure::client(code, "why", Reference::client(drawn.to_be_bytes()));
                Heard::Failed { failure, retry_after: None }
            }
            Fate::Fine if spoke => Heard::Done,
            Fate::Fine | Fate::More => {
                self.prompts.push((id, true));
                Heard::Text("word ".into())
            }
        };
        self.step(Event::Server { id, heard });
    }

    /// Lets the look-up come to its end.
    pub fn look_up(&mut self, found: Result<Ground, String>) {
        if let Some(LookUp { id, .. }) = self.look_up.take() {
            self.step(Event::LookedUp { id, found });
        }
    }

    /// Lets the challenge say something.
    pub fn challenge(&mut self, outcome: Outcome) {
        if self.challenges {
            self.challenges = matches!(outcome, Outcome::Interactive | Outcome::Quiet);
            self.step(Event::Challenge(outcome));
        }
    }

    fn take(&mut self, message: ToEngine) {
        match &message {
            ToEngine::Load { model, .. } => {
                let granted = self.state().settings.consent_granted || self.consented.as_ref() == Some(model);
                assert!(granted, "not a byte without consent");
            }
            ToEngine::Generate { messages, .. } => {
                let rules = usize::from(messages[0].role == Role::System);
                assert_eq!(rules == 1, self.state().asked.as_ref().is_some_and(|asked| asked.ground.is_some()));
                let roles = messages[rules..].iter().map(|message| message.role);
                let sides = [Role::User, Role::Assistant].into_iter().cycle();
                assert!(roles.eq(sides.take(messages.len() - rules)), "the sides alternate");
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
    pub fn work(&mut self, fate: Fate) {
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

    pub fn clock(&mut self) {
        if !self.waits.is_empty() {
            let wait = self.waits.remove(0);
            self.step(Event::Waited(wait));
        }
    }

    /// No more faults: all that was begun comes to an end.
    pub fn calm(&mut self) {
        for _ in 0..200 {
            self.clock();
            self.look_up(Ok(ground(Verdict::Enough)));
            self.probed(true);
            self.browse(Fate::Fine);
            self.work(Fate::Fine);
            self.serve(Reply::Fine(Box::new(SiteConfig {
                paid: true,
                remote_enabled: true,
                turnstile: Some(turnstile()),
                ..SiteConfig::default()
            })));
            self.challenge(Outcome::Solved("t".into()));
            self.step(Event::Agree);
            let working = self.worker.as_ref().is_some_and(|worker| !worker.jobs.is_empty());
            let quiet = !working
                && self.look_up.is_none()
                && self.prompts.is_empty()
                && self.waits.is_empty()
                && self.requests.is_empty()
                && !self.challenges;
            if self.state().phase == Phase::Idle && quiet {
                return;
            }
        }
        panic!("no end: {:?}", self.state());
    }
}
