//! What happens after each event. Reads aloud.

use super::{
    Effect, Event, Told, admission, builtin, config, grounding, limits, local, person, recover, remote,
    state::{Asked, EntryId, EntryState, Model, Phase, Settings, Speaker, State},
    turn::{Turn, notice},
};
use crate::{
    answer::retry::Opens,
    error::{Code, Failure},
    gate::Consent,
    wire::BackendKind,
};

/// Takes an event, changes the state, and says what to do about it, in order.
///
/// `random` gives bytes of the platform's cryptographic source: for references, for keys of questions, and for pauses.
pub fn step(state: &mut State, event: Event, random: &mut dyn FnMut() -> [u8; 16]) -> Vec<Effect> {
    let phase = state.phase;
    let mut turn = Turn { state, effects: Vec::new(), random };
    match event {
        Event::Draft(text) => turn.state.draft = text,
        Event::Send(text) => turn.send(&text),
        Event::Stop => turn.stop(),
        Event::TryAgain(entry) => turn.try_again(entry),
        Event::Agree => admission::answered(&mut turn, true),
        Event::Decline => admission::answered(&mut turn, false),
        Event::Rate { answer, rating } => person::rate(&mut turn, answer, rating),
        Event::Handoff(entry) => person::hand_off(&mut turn, entry),
        Event::Reset => {
            turn.state.since = turn.state.date;
            turn.reset();
        }
        Event::Engine(message) => local::heard(&mut turn, message),
        Event::EngineGone { code, message } => recover::gone(&mut turn, code, message),
        Event::Restored(saved) => turn.restore(&saved),
        Event::Elsewhere(saved) => turn.elsewhere(&saved),
        Event::Agreed(models) => turn.state.agreed = models,
        Event::Storage { full } => turn.state.storage_full = full,
        Event::Mounted => config::mounted(&mut turn),
        Event::Probed { there } => builtin::probed(&mut turn, there),
        Event::LookedUp { id, found } => grounding::looked_up(&mut turn, id, found),
        Event::Checked { answer, text, last } => turn.checked(answer, text, last),
        Event::Server { id, heard } => {
            if !builtin::heard(&mut turn, id, &heard) {
                remote::heard(&mut turn, id, heard);
            }
        }
        Event::Challenge(outcome) => remote::challenged(&mut turn, outcome),
        Event::Waited(wait) => turn.waited(wait),
        Event::Misconfigured(failure) => turn.misconfigured(failure),
        Event::Configured(settings) => turn.configured(settings),
    }
    if turn.state.phase != phase {
        turn.push(Effect::Phase);
    }
    turn.tell_status();
    turn.effects
}

impl Turn<'_> {
    fn send(&mut self, text: &str) {
        let question = text.trim();
        if question.is_empty() {
            return;
        }
        let settings = &self.state.settings;
        let nobody = settings.model.is_none() && settings.server.is_none() && settings.knowledge.is_none();
        if nobody && self.state.accepts() {
            let message = "nothing is configured that could answer: set `model`, `apiKey` or `knowledge`";
            let failure = Failure::client(Code::ConfigInvalid, message, self.reference());
            self.misconfigured(failure);
        }
        if !self.state.accepts() {
            return self.keep_as_draft(text);
        }
        if limits::is_too_long(question) {
            let most = limits::QUESTION_LIMIT;
            self.push(Effect::Note(format!("a question has at most {most} UTF-16 units: this one was not sent")));
            return self.keep_as_draft(text);
        }
        if self.state.draft.trim().is_empty() || self.state.draft.trim() == question {
            self.state.draft.clear();
            self.push(Effect::Draft);
        }
        self.add(Speaker::Visitor, question.to_owned(), EntryState::Whole);
        self.push(Effect::Tell(Told::Message { speaker: Speaker::Visitor, text: question.to_owned() }));
        let answer = self.add(Speaker::Assistant, String::new(), EntryState::Streaming);
        self.ask(answer);
    }

    /// The same question once more, its answer in the same place.
    fn try_again(&mut self, answer: EntryId) {
        if !self.state.can_try_again(answer) {
            return;
        }
        // Whoever asks by hand may have mended the device.
        self.state.broken = None;
        if let Some(entry) = self.state.entry_mut(answer) {
            entry.online = false;
        }
        self.await_words(answer);
        self.ask(answer);
    }

    fn ask(&mut self, answer: EntryId) {
        let key = remote::key_of(self, answer);
        self.state.asked = Some(Asked::new(answer, key));
        // Known, most often, by the time that the look-up has ended.
        builtin::is_awaited(self);
        grounding::begin(self);
    }

    /// Asks the gate what may be done for the question, and does it.
    pub fn pass_gate(&mut self) {
        if grounding::looks_up(self.state) {
            self.state.phase = Phase::Thinking;
            return;
        }
        admission::pass(self);
    }

    fn checked(&mut self, answer: EntryId, text: String, last: bool) {
        if self.state.asked.as_ref().is_none_or(|asked| asked.answer != answer || !asked.checks) {
            return;
        }
        if !text.is_empty() {
            if let Some(key) = self.state.asked.as_mut().and_then(|asked| asked.key.as_mut()) {
                key.seen();
            }
            limits::show(self, answer, text);
        }
        // What was too long has ended.
        if last && self.state.asked.is_some() {
            grounding::checked(self);
        }
    }

    fn waited(&mut self, over: u32) {
        if let Some(at) = self.state.openings.iter().position(|(wait, _)| *wait == over) {
            let (_, answer) = self.state.openings.swap_remove(at);
            if let Some(EntryState::Failed(notice)) = self.state.entry_mut(answer).map(|entry| &mut entry.state) {
                notice.opens = Opens::Now;
                self.push(Effect::Changed(answer));
            }
        } else if !limits::waited(self, over) && !remote::waited(self, over) {
            local::waited(self, over);
        }
    }

    /// Ends whatever goes on, at once: what the engine still says of it finds nothing that waits for it.
    fn stop(&mut self) {
        match self.state.phase {
            Phase::Idle => {}
            Phase::Consent { .. } | Phase::Leaving => {
                self.end_asking();
                self.settle(EntryState::Declined);
            }
            Phase::Loading { .. } | Phase::Verifying { .. } | Phase::Waiting { .. } => {
                self.end_work();
                self.settle(EntryState::Stopped);
            }
            Phase::Thinking | Phase::Answering => {
                self.end_work();
                self.finish(EntryState::Stopped);
            }
        }
    }

    /// A question to the visitor is withdrawn: that is a no, for now.
    fn end_asking(&mut self) {
        let kind = if self.state.phase == Phase::Leaving { "leave" } else { "download" };
        self.push(Effect::Tell(Told::Consent { kind, granted: Some(false) }));
    }

    /// Ends all work for the question in flight.
    fn end_work(&mut self) {
        if matches!(self.state.phase, Phase::Loading { .. }) {
            local::stop_loading(self);
        } else if self.state.asked.as_ref().is_some_and(|asked| asked.generate.is_some()) {
            local::stop_generating(self);
        }
        builtin::stop(self);
        grounding::stop(self);
        remote::stop(self);
    }

    pub(super) fn reset(&mut self) {
        match self.state.phase {
            Phase::Idle => {}
            Phase::Consent { .. } | Phase::Leaving => self.end_asking(),
            _ => self.end_work(),
        }
        self.state.asked = None;
        self.state.phase = Phase::Idle;
        self.state.entries.clear();
        self.state.keys.clear();
        self.state.openings.clear();
        self.state.leaving = Consent::Unasked;
        self.state.broken = None;
        self.state.longest = None;
        self.push(Effect::Cleared);
        // What ails the site ails the new conversation too. It was reported; it is only shown once more.
        if let Some((failure, _)) = self.state.misconfigured.take() {
            self.show_misconfigured(failure);
        }
    }

    fn misconfigured(&mut self, failure: Failure) {
        if self.state.asked.is_some() {
            self.stop();
        }
        self.mended();
        self.push(Effect::Report(failure.clone()));
        self.show_misconfigured(failure);
    }

    fn show_misconfigured(&mut self, failure: Failure) {
        let notice = EntryState::Failed(notice(&failure, Opens::Now));
        let entry = self.add(Speaker::Assistant, String::new(), notice);
        self.state.misconfigured = Some((failure, entry));
    }

    /// Takes back what was said of a misconfiguration.
    fn mended(&mut self) {
        if let Some((_, notice)) = self.state.misconfigured.take() {
            self.state.entries.retain(|entry| entry.id != notice);
            self.push(Effect::Changed(notice));
        }
    }

    fn configured(&mut self, settings: Settings) {
        self.mended();
        let old_model = self.state.model().cloned();
        let old = std::mem::replace(&mut self.state.settings, settings);
        let new = &self.state.settings;
        let other_server = old.server != new.server;
        let other_leave =
            other_server || (old.mode, old.remote_consent_granted) != (new.mode, new.remote_consent_granted);
        let other_place = other_leave || old.builtin != new.builtin;
        if other_leave {
            self.end_calls();
        }
        if other_server {
            // What the visitor agreed to was agreed with another.
            self.state.leaving = Consent::Unasked;
            remote::other_server(self);
        }
        let new = &self.state.settings;
        let other_model = old_model.as_ref() != self.state.model();
        let other_load = other_model || old.backend != new.backend;
        let other_terms = other_model || other_server || old.consent_granted != new.consent_granted;
        if other_model {
            // The visitor agreed to another download, or declined one.
            self.state.consent = Consent::Unasked;
        }
        if other_load {
            self.state.broken = None;
        }
        match self.state.phase {
            Phase::Loading { .. } if other_load => local::stop_loading(self),
            Phase::Consent { .. } if other_terms || other_place => {}
            Phase::Leaving if other_place || other_load => {}
            Phase::Thinking if other_place && self.waits_for_nobody() => {}
            // A running answer ends with the model that began it.
            _ => return,
        }
        self.state.phase = Phase::Idle;
        if self.state.asked.is_some() {
            self.pass_gate();
        }
    }

    /// The question in flight is taken back from a server before it has said a word.
    fn end_calls(&mut self) {
        if !matches!(self.state.phase, Phase::Answering) {
            remote::stop(self);
            if matches!(self.state.phase, Phase::Verifying { .. } | Phase::Waiting { .. }) {
                self.state.phase = Phase::Thinking;
            }
        }
    }

    /// Neither engine nor server nor the browser's model work for the question in flight.
    fn waits_for_nobody(&self) -> bool {
        self.state.asked.as_ref().is_some_and(|asked| {
            let jobs = [asked.look_up, asked.generate, asked.prompt, asked.call, asked.pause];
            jobs.iter().all(Option::is_none)
        })
    }

    /// A text that can't be sent now is not lost.
    fn keep_as_draft(&mut self, text: &str) {
        if self.state.draft.trim().is_empty() {
            self.state.draft = text.to_owned();
            self.push(Effect::Draft);
        }
    }

    /// Tells the site what the widget is doing, if that is news.
    fn tell_status(&mut self) {
        let loaded = match &self.state.engine.model {
            Model::Loaded { backend, adapter, name, .. } => Some((backend, adapter, name)),
            _ => None,
        };
        let word = match (&self.state.phase, loaded) {
            (Phase::Idle, None) => "idle",
            (Phase::Idle, Some(_)) => "ready",
            (Phase::Consent { .. } | Phase::Leaving, _) => "consent",
            (Phase::Loading { .. }, _) => "loading",
            (Phase::Verifying { .. }, _) => "verifying",
            (Phase::Waiting { .. }, _) => "waiting",
            (Phase::Thinking, _) => "thinking",
            (Phase::Answering, _) => "answering",
        };
        let online = remote::answers(self.state);
        let builtin = self.state.asked.as_ref().is_some_and(|asked| asked.prompt.is_some());
        let backend = match loaded {
            _ if online => Some("remote"),
            _ if builtin => Some("builtin"),
            Some((BackendKind::WebGpu, ..)) => Some("webgpu"),
            Some((BackendKind::Cpu, ..)) => Some("cpu"),
            None => None,
        };
        let news = (word, backend, self.state.storage_full);
        if self.state.told == news {
            return;
        }
        let known = loaded.filter(|_| !online && !builtin);
        let status = Told::Status {
            state: word,
            backend,
            adapter: known.map(|(_, adapter, _)| adapter.clone()),
            model: known.map(|(.., name)| name.clone()),
            storage: self.state.storage_full.then_some("full"),
        };
        self.state.told = news;
        self.push(Effect::Tell(status));
    }
}
