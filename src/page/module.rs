//! The import of the module that asks servers and the browser's model, and what waits for it.

use super::silence::{GRACE_MS, Wait};
use crate::{
    answer::remote::Heard,
    error::{Code, Failure, Reference},
    gate::challenge::Outcome,
    remote::{Ask, Told},
};

/// The module, as one widget uses it.
#[derive(Debug, Default)]
pub(super) struct Line {
    state: State,
    /// Imports that were begun.
    attempts: u32,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Absent,
    Coming {
        since: u64,
        waiting: Vec<Ask>,
        grace: Option<u64>,
    },
    Open,
    Ended,
}

/// What to do for something that is asked.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Ask the module.
    Pass(Ask),
    /// Begin the import of this number.
    Import(u32),
    Nothing,
}

impl Line {
    pub fn ask(&mut self, ask: Ask, now: u64) -> Next {
        match &mut self.state {
            State::Open => Next::Pass(ask),
            State::Coming { waiting, .. } => {
                match &ask {
                    // What is taken back before it was asked need not be asked.
                    Ask::Abort(id) => {
                        waiting.retain(
                            |other| !matches!(other, Ask::Send { id: sent, .. } | Ask::Prompt { id: sent, .. } if sent == id),
                        );
                    }
                    Ask::Cancel => waiting.retain(|other| !matches!(other, Ask::Solve { .. })),
                    _ => waiting.push(ask),
                }
                Next::Nothing
            }
            State::Ended => Next::Nothing,
            // There is nothing to end.
            State::Absent if matches!(ask, Ask::Abort(_) | Ask::Cancel | Ask::End) => Next::Nothing,
            State::Absent => {
                self.attempts += 1;
                self.state = State::Coming { since: now, waiting: vec![ask], grace: None };
                Next::Import(self.attempts)
            }
        }
    }

    /// An import has ended. What waited for it is handed back, unless it was given up before.
    pub fn arrived(&mut self, attempt: u32, open: bool) -> Vec<Ask> {
        if attempt != self.attempts || !matches!(self.state, State::Coming { .. }) {
            return Vec::new();
        }
        let next = if open { State::Open } else { State::Absent };
        match std::mem::replace(&mut self.state, next) {
            State::Coming { waiting, .. } => waiting,
            _ => Vec::new(),
        }
    }

    /// When the import must have ended, while one is under way that somebody waits for.
    pub fn due(&self) -> Option<u64> {
        match &self.state {
            State::Coming { since, grace, .. } => {
                Some(since.saturating_add(Wait::Import.bound().ms).max(grace.unwrap_or_default()))
            }
            _ => None,
        }
    }

    pub fn is_late(&self, now: u64) -> bool {
        self.due().is_some_and(|due| now >= due)
    }

    /// The page slept: a little more, once.
    pub fn forgive(&mut self, now: u64) -> bool {
        let late = self.is_late(now);
        match &mut self.state {
            State::Coming { grace: grace @ None, .. } if late => {
                *grace = Some(now.saturating_add(GRACE_MS));
                true
            }
            _ => false,
        }
    }

    /// The import hangs. The next one is a fresh one.
    pub fn give_up(&mut self) -> Vec<Ask> {
        self.arrived(self.attempts, false)
    }

    /// Whether there is a module to be told of the end.
    pub fn end(&mut self) -> bool {
        matches!(std::mem::replace(&mut self.state, State::Ended), State::Open)
    }
}

/// What something comes to that can't be asked. Nothing is lost but the attempt: the next one imports anew.
pub(super) fn failed(ask: &Ask, mint: impl FnOnce() -> Reference) -> Option<Told> {
    let bound = Wait::Import.bound();
    match ask {
        Ask::Send { id, .. } | Ask::Prompt { id, .. } => {
            let failure = Failure::client(bound.code, bound.message, mint());
            Some(Told::Server { id: *id, heard: Heard::Failed { failure, retry_after: None } })
        }
        Ask::Solve { .. } => {
            let (code, message) = (Code::ChallengeUnavailable, bound.message.into());
            Some(Told::Challenge(Outcome::Failed { code, message }))
        }
        Ask::Abort(_) | Ask::Cancel | Ask::End => None,
    }
}
