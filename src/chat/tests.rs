//! The conversation, played through: scenarios written as events and what follows from each, and random sequences
//! against what must always hold.

mod always;
mod builtin;
mod grounded;
mod online;
mod person;
mod scenarios;
mod world;

use super::*;
use crate::{
    answer::remote::Request,
    error::Code,
    knowledge::Verdict,
    wire::{BackendKind, Finish, ModelSource, PROTOCOL},
};

/// A conversation with everything that came of it.
struct Chat {
    state: State,
    /// Random bytes that were asked for.
    drawn: u64,
    /// References that were reported.
    reported: Vec<String>,
    /// The engine's name for the last question.
    asked: u32,
    /// The last request to the server.
    call: u32,
    /// The browser's model's name for the last question.
    prompt: u32,
    /// The last pause.
    wait: u32,
}

fn settings() -> Settings {
    Settings { model: Some(model("a")), max_tokens: 64, ..Settings::default() }
}

fn model(name: &str) -> ModelSource {
    ModelSource {
        url: format!("https://host.example/{name}.gguf"),
        bytes: Some(100),
        name: Some(name.into()),
        ..ModelSource::default()
    }
}

fn loaded() -> Event {
    let (adapter, model) = ("an adapter".into(), "a".into());
    Event::Engine(FromEngine::Loaded { backend: BackendKind::WebGpu, adapter, model, context: 2048 })
}

fn progress(done: u64) -> Event {
    Event::Engine(FromEngine::Progress { done, total: Some(100) })
}

fn stopped() -> Event {
    Event::Engine(FromEngine::Stopped { load: true })
}

fn load_failed(code: Code) -> Event {
    Event::Engine(FromEngine::Failed { id: None, code, message: "why".into() })
}

fn send(text: &str) -> Event {
    Event::Send(text.into())
}

impl Chat {
    fn new(settings: Settings) -> Self {
        Self { state: State::new(settings), drawn: 0, reported: Vec::new(), asked: 0, call: 0, prompt: 0, wait: 0 }
    }

    /// One whose model is loaded and whose log is empty.
    fn ready() -> Self {
        let mut chat = Self::new(settings());
        for event in [send("x"), Event::Agree, loaded()] {
            chat.step(event);
        }
        chat.step(chat.token("y"));
        chat.step(chat.done(Finish::Stop));
        chat.step(Event::Reset);
        chat
    }

    fn step(&mut self, event: Event) -> Vec<Effect> {
        let drawn = &mut self.drawn;
        // Eight bytes that were never given before, then as long a pause as chance allows.
        let mut random = || {
            *drawn += 1;
            let mut bytes = [0xff; 16];
            bytes[..8].copy_from_slice(&drawn.to_be_bytes());
            bytes
        };
        let effects = step(&mut self.state, event, &mut random);
        for effect in &effects {
            match effect {
                Effect::Engine(ToEngine::Generate { id, .. }) => self.asked = *id,
                Effect::Send { id, .. } => self.call = *id,
                Effect::Prompt { id, .. } => self.prompt = *id,
                Effect::Report(failure) => {
                    let reference = failure.reference.to_string();
                    assert!(!self.reported.contains(&reference), "a reference is made once per failure");
                    self.reported.push(reference);
                }
                Effect::Wait { ms: 600_000, .. } => {}
                Effect::Wait { id, .. } => self.wait = *id,
                _ => {}
            }
        }
        effects
    }

    /// Steps, and compares what follows, as [`tell`] writes it.
    #[track_caller]
    fn on(&mut self, event: Event, expected: &str) -> &mut Self {
        let described = format!("{event:?}");
        let effects = self.step(event);
        assert_eq!(tell(&effects, &self.state), expected, "after {described}");
        self
    }

    /// Compares the log, as [`read`] writes it.
    #[track_caller]
    fn log(&mut self, expected: &str) -> &mut Self {
        assert_eq!(read(&self.state), expected);
        self
    }

    fn token(&self, text: &str) -> Event {
        Event::Engine(FromEngine::Token { id: self.asked, text: text.into() })
    }

    fn done(&self, finish: Finish) -> Event {
        let id = self.asked;
        Event::Engine(FromEngine::Done { id, finish, prompt_tokens: 9, reused_tokens: 0, completion_tokens: 3 })
    }

    fn answer_failed(&self, code: Code) -> Event {
        Event::Engine(FromEngine::Failed { id: Some(self.asked), code, message: "why".into() })
    }

    fn waited(&self) -> Event {
        Event::Waited(self.wait)
    }

    /// Try again under the last answer.
    fn again(&self) -> Event {
        Event::TryAgain(self.state.entries.last().map_or(EntryId(0), |entry| entry.id))
    }
}

fn turns(messages: &[Message]) -> String {
    let turns: Vec<&str> = messages.iter().map(|message| message.content.as_str()).collect();
    turns.join("/")
}

/// The end of the look-up under way.
fn found(chat: &Chat, verdict: Verdict) -> Event {
    let id = chat.state.asked.as_ref().and_then(|asked| asked.look_up).unwrap_or_default();
    Event::LookedUp { id, found: Ok(world::ground(verdict)) }
}

fn checked(chat: &Chat, text: &str, last: bool) -> Event {
    let answer = chat.state.entries.last().map_or(EntryId(0), |entry| entry.id);
    Event::Checked { answer, text: text.into(), last }
}

/// Effects as one line. A phase is written as it then stands; a token's event for the site is left out where its text
/// stands already.
fn tell(effects: &[Effect], state: &State) -> String {
    let words = effects.iter().filter_map(|effect| {
        Some(match effect {
            Effect::Engine(ToEngine::Load { fresh: false, .. }) => "load".into(),
            Effect::Engine(ToEngine::Load { fresh: true, .. }) => "load-fresh".into(),
            Effect::Engine(ToEngine::Generate { messages, .. }) => format!("ask({})", turns(messages)),
            Effect::Probe => "probe".into(),
            Effect::Prompt { messages, .. } => format!("prompt({})", turns(messages)),
            Effect::Engine(ToEngine::Stop) => "stop".into(),
            Effect::DropEngine => "drop".into(),
            Effect::Send { outgoing, .. } => match outgoing.request {
                Request::Config => "GET config".into(),
                Request::Session => "POST session".into(),
                Request::Completion => "POST question".into(),
            },
            Effect::LookUp(LookUp { question, before: None, .. }) => format!("look-up({question})"),
            Effect::LookUp(LookUp { question, before: Some(before), .. }) => format!("look-up({question}<{before})"),
            Effect::EndLookUp => "end-look-up".into(),
            Effect::Check { piece, last, .. } => format!("check({piece}{})", if *last { "." } else { "" }),
            Effect::Abort(_) => "abort".into(),
            Effect::Challenge { site_key, .. } => format!("challenge:{site_key}"),
            Effect::EndChallenge => "end-challenge".into(),
            Effect::Look(look) => format!("look:{}", look.len()),
            // The longest answer's.
            Effect::Wait { ms: 600_000, .. } | Effect::Agreed(_) => return None,
            Effect::Wait { ms, .. } => format!("wait:{ms}"),
            Effect::Note(_) => "note".into(),
            Effect::Keep => "keep".into(),
            Effect::Added(_) => "+".into(),
            Effect::Appended(_, text) => format!("~{text}"),
            Effect::Changed(_) => "*".into(),
            Effect::Cleared => "cleared".into(),
            Effect::Draft => "draft".into(),
            Effect::Phase => match &state.phase {
                Phase::Idle => "=idle".into(),
                Phase::Consent { .. } => "=consent".into(),
                Phase::Leaving => "=leaving".into(),
                Phase::Verifying { interactive: false } => "=verifying".into(),
                Phase::Verifying { interactive: true } => "=verifying:click".into(),
                Phase::Waiting { seconds } => format!("=waiting:{seconds}"),
                Phase::Loading { done, .. } => format!("=loading:{done}"),
                Phase::Thinking => "=thinking".into(),
                Phase::Answering => "=answering".into(),
            },
            Effect::Report(failure) => format!("report:{}", failure.code),
            Effect::Tell(Told::Message { speaker: Speaker::Visitor, text }) => format!("visitor:{text}"),
            Effect::Tell(Told::Message { speaker: Speaker::Assistant, text }) => format!("assistant:{text}"),
            Effect::Tell(Told::Token(_)) => return None,
            Effect::Tell(Told::Feedback { message, rating }) => format!("feedback:{message}:{rating:?}"),
            Effect::Tell(Told::Handoff { transcript, reference }) => {
                let said = transcript.iter().map(|(speaker, text)| format!("{speaker:?}:{text}"));
                let with = if reference.is_some() { " ref" } else { "" };
                format!("handoff({}{with})", said.collect::<Vec<_>>().join("/"))
            }
            Effect::Tell(Told::Sources(sources)) => format!("sources:{}", sources.len()),
            Effect::Tell(Told::Unanswered { question }) => format!("unanswered:{question}"),
            Effect::Tell(Told::Progress { done, .. }) => format!("progress:{done}"),
            Effect::Tell(Told::Consent { kind, granted }) => {
                let kind = if *kind == "leave" { "leave" } else { "consent" };
                match granted {
                    None => format!("{kind}?"),
                    Some(true) => format!("{kind}:yes"),
                    Some(false) => format!("{kind}:no"),
                }
            }
            Effect::Tell(Told::Status { state, backend, .. }) => match backend {
                None => format!("status:{state}"),
                Some(backend) => format!("status:{state}@{backend}"),
            },
        })
    });
    words.collect::<Vec<String>>().join(" ")
}

/// The log as one line: each entry's text and, in brackets, how it stands where it is not whole.
fn read(state: &State) -> String {
    let entries = state.entries.iter().map(|entry| {
        let stands = match &entry.state {
            EntryState::Whole => String::new(),
            EntryState::Streaming => "[…]".into(),
            EntryState::Stopped => "[stopped]".into(),
            EntryState::Declined => "[declined]".into(),
            EntryState::Unanswered => "[unanswered]".into(),
            EntryState::Failed(notice) => format!("[{:?} {:?}]", notice.family, notice.retry.then),
        };
        let online = if entry.online { "@" } else { "" };
        format!("{online}{}{stands}", entry.text)
    });
    entries.collect::<Vec<_>>().join(" | ")
}
