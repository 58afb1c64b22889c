//! What must hold of each step: the right code, the right words, the right number of attempts, not before their time,
//! and under the right key.

use super::{
    answers::Begun,
    contract::Then,
    network::Exchange,
    oracle::{self, Config, Course, Expected},
    page::Page,
    words,
};
use crate::support::KEY;
use inferkit_widget::{
    answer::{
        remote::{Heard, Outgoing, Request},
        retry::Opens,
    },
    chat::{Effect, Entry, EntryId, EntryState, Event, Notice, Phase, State, Told},
    error::{Failure, Offer},
    gate::challenge::Outcome,
};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// The failure that an event tells of, and what must follow. None where the gate decides.
pub type Foreseen = Option<(Expected, Then)>;

/// By which an answer was asked for, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    pub all: Vec<String>,
    /// What was sent under the last.
    body: Option<String>,
    /// A word of an answer to the last was seen.
    pub seen: bool,
    /// The visitor pressed Try again, however often.
    pub again: bool,
}

impl Page {
    /// Takes an event into the oracle's books, before the widget hears of it.
    pub fn foresee(&mut self, event: &Event, ended: Option<&Exchange>) -> Foreseen {
        let in_flight = streaming(&self.state).is_some();
        match event {
            Event::Server { heard: Heard::Failed { failure, retry_after }, id } => {
                let exchange = ended.expect("a failure is the last word");
                let expected = self.expected(*id, exchange);
                self.compare(failure, &expected);
                assert_eq!(*retry_after, expected.wait, "Retry-After is read as it is meant");
                if exchange.request == Request::Config {
                    // Nobody waits for it while the device is tried.
                    let awaited = in_flight && self.state.phase == Phase::Thinking;
                    let then = if awaited { self.oracle.config_failed(&expected) } else { None };
                    return then.map(|then| (expected, then));
                }
                let visible = streaming(&self.state).is_some_and(|entry| !entry.text.trim().is_empty());
                let then = self.oracle.failed(&expected, visible);
                return Some((expected, then));
            }
            Event::Server { heard: Heard::Config(config), .. } => {
                let (paid, enabled, guarded) = (config.paid, config.remote_enabled, config.turnstile.is_some());
                self.oracle.config = Some(Config { paid, enabled, guarded });
            }
            Event::Server { heard: Heard::Session { .. }, .. } => self.oracle.session = true,
            Event::Challenge(Outcome::Failed { code, .. }) => {
                let expected = Expected::client(self.challenge.solve.code().expect("this solve fails"));
                assert_eq!(code.as_str(), expected.cause.code, "{:?}", self.challenge.solve);
                let then = self.oracle.failed(&expected, false);
                return Some((expected, then));
            }
            Event::Challenge(Outcome::Solved(_)) => assert_eq!(self.challenge.solve.code(), None),
            Event::Waited(id) if self.expiry == Some(*id) => self.oracle.session = false,
            Event::Agree | Event::Decline if self.state.phase == Phase::Leaving => {
                self.oracle.stays = *event == Event::Decline;
            }
            Event::Decline if matches!(self.state.phase, Phase::Consent { .. }) => {
                if let Some(course) = &mut self.oracle.course {
                    course.declined = true;
                }
            }
            Event::Send(text) if self.state.accepts() && !text.trim().is_empty() => {
                self.oracle.course = Some(Course::default());
            }
            Event::TryAgain(id) if self.state.can_try_again(*id) => {
                let opens = self.opens.remove(id);
                assert!(opens.is_none_or(|opens| opens <= Instant::now()), "a button opens when the server has said");
                self.oracle.course = Some(Course::default());
                self.oracle.broken = false;
                self.keys.entry(*id).or_default().again = true;
            }
            Event::Reset => (self.oracle.broken, self.oracle.stays) = (false, false),
            Event::EngineGone { .. } if in_flight && matches!(self.state.phase, Phase::Loading { .. }) => {
                self.oracle.broken = true;
                if let Some(course) = &mut self.oracle.course {
                    course.tried = Default::default();
                }
            }
            _ => {}
        }
        None
    }

    fn expected(&self, id: u32, exchange: &Exchange) -> Expected {
        let key = self.server.gateway.keys.get(KEY).expect("the key of the tests");
        let books = key.ledger.to_json();
        let mut rows = books["requests"].as_array().into_iter().flatten();
        let id = id.to_string();
        let row = rows.find(|row| row["embed_origin"].as_str() == Some(&*id));
        let body = exchange.outgoing.body.as_deref().and_then(|body| serde_json::from_str::<Value>(body).ok());
        let asked = body.and_then(|body| Some(body["messages"].as_array()?.last()?["content"].as_str()?.to_owned()));
        let runs = asked.map(|asked| self.runs_of(&asked)).unwrap_or_default();
        oracle::failure(exchange, row, &runs)
    }

    /// What was last made for the question above an answer.
    pub fn last_run_of(&self, answer: EntryId) -> Option<Begun> {
        let at = self.state.entries.iter().position(|entry| entry.id == answer)?;
        self.runs_of(&self.state.entries[at - 1].text).pop()
    }

    fn runs_of(&self, question: &str) -> Vec<Begun> {
        self.runs.lock().iter().filter(|run| run.question == question).cloned().collect()
    }

    fn compare(&mut self, failure: &Failure, expected: &Expected) {
        assert_eq!(failure.code, expected.cause.code, "the right code: {failure:?} {expected:?}");
        assert_eq!(failure.request_id, expected.request_id, "the server's id: {failure:?}");
        self.heard.push(failure.code.clone());
        match &failure.request_id {
            Some(id) => assert_eq!(failure.reference.as_str(), id),
            None => {
                let reference = failure.reference.as_str();
                assert!(reference.starts_with("c-") && reference.len() == 12, "a reference of ours: {reference}");
            }
        }
    }

    /// Looks at what came of an event.
    pub fn watch(&mut self, before: &State, foreseen: Foreseen, effects: &[Effect]) {
        let reports: Vec<&Failure> =
            effects.iter().filter_map(|effect| if let Effect::Report(it) = effect { Some(it) } else { None }).collect();
        let failed = newly_failed(before, &self.state);
        assert_eq!(reports.len(), failed.len(), "what is shown is reported, and what is reported is shown");
        let report = reports.first().copied().zip(failed.into_iter().next());
        let by_gate = foreseen.is_none();
        match (foreseen, report) {
            (Some((expected, Then::Report)), Some((failure, (id, notice)))) => {
                self.is_as(failure, id, &notice, &expected);
            }
            (None, Some((failure, (id, notice)))) => {
                let expected = self.oracle.refusal().expect("a failure has a cause");
                self.is_as(failure, id, &notice, &expected);
                self.oracle.broken = false;
            }
            (Some((_, Then::Again { least, most, countdown })), None) => {
                let waits =
                    effects.iter().filter_map(|it| if let Effect::Wait { ms, .. } = it { Some(*ms) } else { None });
                let [ms] = waits.collect::<Vec<_>>()[..] else { panic!("one wait") };
                assert!((least..=most).contains(&ms.into()), "a wait of {ms} ms, not {least} to {most}");
                let phase = if countdown { Phase::Waiting { seconds: ms / 1_000 } } else { Phase::Thinking };
                assert_eq!(self.state.phase, phase, "a longer wait is counted down");
            }
            (Some((_, Then::Renew)), None) => {
                // Or the device, which the visitor did not want at first, is all that is left.
                let goes_on = |it: &Effect| {
                    let asks = matches!(it, Effect::Tell(Told::Consent { kind: "download", granted: None }));
                    asks || matches!(it, Effect::Challenge { .. } | Effect::Send { .. })
                };
                assert!(effects.iter().any(goes_on), "it goes on at once");
            }
            (None, None) => {}
            (foreseen, report) => panic!("expected {foreseen:?}, and came {report:?}"),
        }
        if report_came(effects) {
            self.by_gate = by_gate;
        }
        for effect in effects {
            match effect {
                Effect::Send { outgoing, .. } => self.may_send(outgoing),
                Effect::Challenge { .. } => {
                    assert!(self.oracle.refusal().is_none(), "a challenge for a question that the gate refuses");
                    let course = self.oracle.course.as_mut().expect("a challenge is for a question");
                    course.solves += 1;
                    assert!(course.solves <= 2, "at most two challenges");
                }
                Effect::Appended(id, text) if !text.trim().is_empty() => {
                    self.keys.entry(*id).or_default().seen = true;
                }
                // The only wait that begins while a session is there and no pause or button is meant.
                Effect::Wait { id, .. } if self.oracle.session && self.expiry.is_none() => self.expiry = Some(*id),
                _ => {}
            }
        }
        if !self.oracle.session {
            self.expiry = None;
        }
        match streaming(&self.state) {
            Some(answer) => {
                let at = self.state.entries.iter().position(|entry| entry.id == answer.id).unwrap_or_default();
                let question = &self.state.entries[at - 1];
                words::is_of_one_run(question, answer, &self.runs_of(&question.text));
            }
            None => self.oracle.course = None,
        }
    }

    /// A failure is told as it should be, to the visitor and to the site.
    fn is_as(&mut self, failure: &Failure, id: EntryId, notice: &Notice, expected: &Expected) {
        self.compare(failure, expected);
        assert_eq!(notice.reference, failure.reference, "one reference for both");
        let shown =
            self.state.entries.iter().filter(
                |entry| matches!(&entry.state, EntryState::Failed(other) if other.reference == failure.reference),
            );
        assert_eq!(shown.count(), 1, "one failure, one reference");
        assert_eq!(notice.retry.then, expected.cause.offer(), "{failure:?}");
        // Whatever the server says, no button waits for longer than a day.
        let wait = expected.wait.map(|seconds| seconds.min(86_400));
        let opens = match (expected.cause.offer(), wait) {
            (Offer::Nothing, _) | (Offer::Ask, None) => notice.opens == Opens::Now,
            (_, Some(seconds)) if seconds <= 120 => notice.opens == Opens::In(seconds as u32),
            (_, Some(seconds)) => notice.opens == Opens::At(seconds),
            (Offer::Wait, None) => matches!(notice.opens, Opens::In(1..=8)),
        };
        assert!(opens, "a button opens when the server has said: {:?} {expected:?}", notice.opens);
        if let Some(seconds) = wait {
            self.opens.insert(id, Instant::now() + Duration::from_secs(seconds));
        }
        self.told.extend(failure.request_id.clone());
    }

    /// A request is allowed, in time, and under the right key.
    fn may_send(&mut self, outgoing: &Outgoing) {
        if let Some(course) = &self.oracle.course
            && let Some(moment) = course.not_before
        {
            assert!(Instant::now() >= moment, "the server wants to be left alone for longer");
        }
        if outgoing.request != Request::Completion {
            return;
        }
        assert!(self.oracle.refusal().is_none(), "a request for a question that the gate refuses");
        let header = |wanted: &str| outgoing.headers.iter().find(|(name, _)| *name == wanted).map(|(_, it)| it.clone());
        assert_eq!(header("X-InferKit-Session").is_some(), self.oracle.session, "a session is sent while it lasts");
        let key = header("Idempotency-Key").expect("a question has a key");
        let answer = streaming(&self.state).expect("a request is for a question").id;
        let mine = self.keys.entry(answer).or_default();
        if let Some(last) = mine.all.last() {
            // When an earlier question has been answered meanwhile, this one is another.
            let same = !mine.seen && mine.body == outgoing.body;
            assert_eq!(*last == key, same, "a key stays until a word was seen, and no longer");
        }
        if mine.all.last() != Some(&key) {
            mine.all.push(key);
            (mine.seen, mine.body) = (false, outgoing.body.clone());
        }
    }
}

fn report_came(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Report(_)))
}

/// The answer in flight.
pub fn streaming(state: &State) -> Option<&Entry> {
    state.entries.iter().find(|entry| entry.state == EntryState::Streaming)
}

fn newly_failed(before: &State, after: &State) -> Vec<(EntryId, Notice)> {
    let new = |entry: &&Entry| match (&entry.state, before.entry(entry.id).map(|old| &old.state)) {
        (EntryState::Failed(notice), Some(EntryState::Failed(old))) => notice.reference != old.reference,
        (EntryState::Failed(_), _) => true,
        _ => false,
    };
    let failed = after.entries.iter().filter(new);
    failed
        .filter_map(|it| if let EntryState::Failed(notice) = &it.state { Some((it.id, notice.clone())) } else { None })
        .collect()
}
