//! What happens after each event. Reads aloud.

use super::{
    Effect, Event, Told, local, recover,
    state::{Asked, Entry, EntryId, EntryState, Model, Phase, Settings, Speaker, State, Tried},
};
use crate::{
    error::{Code, Failure, Reference},
    gate::{self, Circumstances, Consent, Decision, Leaving, Local, Mode, Remote},
    wire::BackendKind,
};

/// Takes an event, changes the state, and says what to do about it, in order.
///
/// `mint` makes a reference, at most once per failure, and only for one that is shown and reported.
pub fn step(state: &mut State, event: Event, mint: &mut dyn FnMut() -> Reference) -> Vec<Effect> {
    let phase = state.phase.clone();
    let mut turn = Turn { state, effects: Vec::new(), mint };
    match event {
        Event::Draft(text) => turn.state.draft = text,
        Event::Send(text) => turn.send(&text),
        Event::Stop => turn.stop(),
        Event::TryAgain(entry) => turn.try_again(entry),
        Event::Agree => turn.agree(),
        Event::Decline => turn.decline(),
        Event::Reset => turn.reset(),
        Event::Engine(message) => local::heard(&mut turn, message),
        Event::EngineGone { code, message } => recover::gone(&mut turn, code, message),
        Event::Waited(wait) => local::waited(&mut turn, wait),
        Event::Misconfigured(failure) => turn.misconfigured(failure),
        Event::Configured(settings) => turn.configured(settings),
    }
    if turn.state.phase != phase {
        turn.push(Effect::Phase);
    }
    turn.tell_status();
    turn.effects
}

/// One event being dealt with.
pub(super) struct Turn<'a> {
    pub state: &'a mut State,
    pub effects: Vec<Effect>,
    pub mint: &'a mut dyn FnMut() -> Reference,
}

impl Turn<'_> {
    pub fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn send(&mut self, text: &str) {
        let question = text.trim();
        if question.is_empty() {
            return;
        }
        if self.state.settings.model.is_none() && self.state.accepts() {
            let failure = Failure::client(Code::ConfigInvalid, "no model is configured: set `model`", (self.mint)());
            self.misconfigured(failure);
        }
        if !self.state.accepts() {
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
        self.await_words(answer);
        self.ask(answer);
    }

    fn ask(&mut self, answer: EntryId) {
        self.state.asked = Some(Asked { answer, generate: None, tried: Tried::default() });
        self.pass_gate();
    }

    /// Asks the gate what may be done for the question, and does it.
    pub fn pass_gate(&mut self) {
        match self.decide() {
            Decision::AnswerLocally => local::answer(self),
            Decision::AskDownload => self.ask_for_download(),
            Decision::Refuse { code, .. } => self.fail(code, "no model is configured: set `model`"),
            Decision::AskToLeave | Decision::AnswerRemotely | Decision::Challenge => {
                // No server is among the circumstances, so none of these can be decided.
                self.fail(Code::InternalClientError, "the gate chose a server where there is none");
            }
        }
    }

    /// The gate's decision as things stand.
    pub fn decide(&self) -> Decision {
        let local = match (&self.state.engine.model, &self.state.settings.model) {
            (_, None) => Local::Impossible(Code::ConfigInvalid),
            (Model::Loaded { from, .. }, Some(model)) if (&from.0, from.1) == (model, self.state.settings.backend) => {
                Local::Ready
            }
            _ => Local::Download,
        };
        let download = if self.state.settings.consent_granted { Consent::Granted } else { self.state.consent };
        let (leaving, remote) = (Leaving::default(), Remote::None);
        gate::decide(&Circumstances { mode: Mode::Local, local, download, leaving, remote })
    }

    fn ask_for_download(&mut self) {
        let model = self.state.settings.model.clone().unwrap_or_default();
        self.state.phase = Phase::Consent { bytes: model.bytes, name: model.name };
        self.push(Effect::Tell(Told::Consent { granted: None }));
    }

    fn agree(&mut self) {
        if !matches!(self.state.phase, Phase::Consent { .. }) {
            return;
        }
        self.state.consent = Consent::Granted;
        self.push(Effect::Tell(Told::Consent { granted: Some(true) }));
        self.pass_gate();
    }

    fn decline(&mut self) {
        if !matches!(self.state.phase, Phase::Consent { .. }) {
            return;
        }
        self.state.consent = Consent::Declined;
        self.push(Effect::Tell(Told::Consent { granted: Some(false) }));
        self.settle(EntryState::Declined);
    }

    /// Ends whatever goes on, at once: what the engine still says of it finds nothing that waits for it.
    fn stop(&mut self) {
        match self.state.phase {
            Phase::Idle => {}
            Phase::Consent { .. } => {
                self.push(Effect::Tell(Told::Consent { granted: Some(false) }));
                self.settle(EntryState::Declined);
            }
            Phase::Loading { .. } => {
                local::stop_loading(self);
                self.settle(EntryState::Stopped);
            }
            Phase::Thinking | Phase::Answering => {
                local::stop_generating(self);
                self.finish(EntryState::Stopped);
            }
        }
    }

    fn reset(&mut self) {
        match self.state.phase {
            Phase::Idle => {}
            Phase::Consent { .. } => self.push(Effect::Tell(Told::Consent { granted: Some(false) })),
            Phase::Loading { .. } => local::stop_loading(self),
            Phase::Thinking | Phase::Answering => local::stop_generating(self),
        }
        self.state.asked = None;
        self.state.phase = Phase::Idle;
        self.state.entries.clear();
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
        let notice = EntryState::Failed(recover::notice(&failure));
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
        let old = std::mem::replace(&mut self.state.settings, settings);
        let new = &self.state.settings;
        let other_model = old.model != new.model;
        let other_load = other_model || old.backend != new.backend;
        let other_terms = other_model || old.consent_granted != new.consent_granted;
        if other_model {
            // The visitor agreed to another download, or declined one.
            self.state.consent = Consent::Unasked;
        }
        match self.state.phase {
            Phase::Loading { .. } if other_load => local::stop_loading(self),
            Phase::Consent { .. } if other_terms => {}
            // A running answer ends with the model that began it.
            _ => return,
        }
        self.state.phase = Phase::Idle;
        if self.state.asked.is_some() {
            self.pass_gate();
        }
    }

    /// A text that can't be sent now is not lost.
    fn keep_as_draft(&mut self, text: &str) {
        if self.state.draft.trim().is_empty() {
            self.state.draft = text.to_owned();
            self.push(Effect::Draft);
        }
    }

    pub fn add(&mut self, speaker: Speaker, text: String, entry_state: EntryState) -> EntryId {
        let id = EntryId(self.state.number());
        self.state.entries.push(Entry { id, speaker, text, state: entry_state });
        self.push(Effect::Added(id));
        id
    }

    /// Empties an answer's entry: words are awaited (again).
    pub fn await_words(&mut self, answer: EntryId) {
        if let Some(entry) = self.state.entry_mut(answer) {
            entry.text.clear();
            entry.state = EntryState::Streaming;
            self.push(Effect::Changed(answer));
        }
    }

    /// The answer stands as it is, and the site hears of its words.
    pub fn finish(&mut self, entry_state: EntryState) {
        let answer = self.state.asked.as_ref().and_then(|asked| self.state.entry(asked.answer));
        let text = answer.map(|entry| entry.text.clone()).unwrap_or_default();
        self.settle(entry_state);
        if !text.is_empty() {
            self.push(Effect::Tell(Told::Message { speaker: Speaker::Assistant, text }));
        }
    }

    /// Ends the question in flight, if there is one, and returns to rest.
    pub fn settle(&mut self, entry_state: EntryState) {
        self.state.phase = Phase::Idle;
        let Some(asked) = self.state.asked.take() else { return };
        if let Some(entry) = self.state.entry_mut(asked.answer) {
            entry.state = entry_state;
            self.push(Effect::Changed(asked.answer));
        }
    }

    /// The question in flight failed for good: shown and reported, with one reference.
    pub fn fail(&mut self, code: Code, message: impl Into<String>) {
        let failure = Failure::client(code, message, (self.mint)());
        self.settle(EntryState::Failed(recover::notice(&failure)));
        self.push(Effect::Report(failure));
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
            (Phase::Consent { .. }, _) => "consent",
            (Phase::Loading { .. }, _) => "loading",
            (Phase::Thinking, _) => "thinking",
            (Phase::Answering, _) => "answering",
        };
        let news = (word, loaded.is_some());
        if self.state.told == news {
            return;
        }
        let status = Told::Status {
            state: word,
            backend: loaded.map(|(backend, ..)| match backend {
                BackendKind::WebGpu => "webgpu",
                BackendKind::Cpu => "cpu",
            }),
            adapter: loaded.map(|(_, adapter, _)| adapter.clone()),
            model: loaded.map(|(.., name)| name.clone()),
        };
        self.state.told = news;
        self.push(Effect::Tell(status));
    }
}
