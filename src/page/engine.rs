//! The engine as the page knows it: which words it owes, and since when it has said none.
//!
//! A [`Line`] keeps no timer and knows no browser. The engine answers each load and each question with an end of its
//! own, in order, and says `Alive` every second while it works. A `Stop` ends all that came before it, and where
//! nothing is left to end, `Stopped` says so.

use super::silence::{GRACE_MS, LOOK_MS, Wait};
use crate::wire::{FromEngine, ToEngine};
use std::collections::VecDeque;

/// What runs, if anything.
#[derive(Debug, Default)]
pub(super) struct Line(Option<Life>);

/// An engine that was started.
#[derive(Debug)]
struct Life {
    /// It has said a word.
    began: bool,
    /// When it was started, said its last word, or was first owed one.
    since: u64,
    /// What it works on, oldest first.
    jobs: VecDeque<Job>,
    /// When it was told to stop and has not answered.
    stop: Option<u64>,
    /// When the page last looked for its frame.
    looked: u64,
    /// Until when silence is forgiven, because the page slept. Once for each silence.
    grace: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Job {
    /// The answer's name; none for a load.
    id: Option<u32>,
    stopped: bool,
}

impl Line {
    pub fn runs(&self) -> bool {
        self.0.is_some()
    }

    pub fn start(&mut self, now: u64) {
        let jobs = VecDeque::new();
        self.0 = Some(Life { began: false, since: now, jobs, stop: None, looked: now, grace: None });
    }

    pub fn end(&mut self) {
        self.0 = None;
    }

    /// The page told it something.
    pub fn sent(&mut self, message: &ToEngine, now: u64) {
        let Some(life) = &mut self.0 else { return };
        if life.began && life.jobs.is_empty() && life.stop.is_none() {
            // Nothing was owed before.
            (life.since, life.looked, life.grace) = (now, now, None);
        }
        match message {
            ToEngine::Load { .. } => life.jobs.push_back(Job { id: None, stopped: false }),
            ToEngine::Generate { id, .. } => life.jobs.push_back(Job { id: Some(*id), stopped: false }),
            ToEngine::Stop => {
                life.jobs.iter_mut().for_each(|job| job.stopped = true);
                life.stop.get_or_insert(now);
            }
        }
    }

    /// It said something.
    pub fn heard(&mut self, message: &FromEngine, now: u64) {
        let Some(life) = &mut self.0 else { return };
        (life.began, life.since, life.grace) = (true, now, None);
        let head = life.jobs.front().copied();
        let ends = match message {
            FromEngine::Loaded { .. } => head.is_some_and(|job| job.id.is_none()),
            FromEngine::Stopped { load } => *load && head.is_some_and(|job| job.id.is_none()),
            FromEngine::Done { id, .. } => head.is_some_and(|job| job.id == Some(*id)),
            FromEngine::Failed { id, .. } => head.is_some_and(|job| job.id == *id),
            FromEngine::Ready { .. } | FromEngine::Alive | FromEngine::Progress { .. } | FromEngine::Token { .. } => {
                false
            }
        };
        if ends {
            life.jobs.pop_front();
        }
        if ends || matches!(message, FromEngine::Stopped { .. }) {
            life.stop = life.stop.filter(|_| life.jobs.iter().any(|job| job.stopped));
        }
    }

    /// Whether it owes something, so that its frame is looked for.
    pub fn is_watched(&self) -> bool {
        self.0.as_ref().is_some_and(|life| life.wait().is_some())
    }

    /// The page has looked for its frame.
    pub fn looked(&mut self, now: u64) {
        if let Some(life) = &mut self.0 {
            life.looked = now;
        }
    }

    /// When to look again, or to judge.
    pub fn due(&self) -> Option<u64> {
        let life = self.0.as_ref()?;
        let (_, deadline) = life.wait()?;
        Some(deadline.min(life.looked.saturating_add(LOOK_MS)))
    }

    /// The silence that has lasted too long, if one has.
    pub fn silence(&self, now: u64) -> Option<Wait> {
        let (wait, deadline) = self.0.as_ref()?.wait()?;
        (now >= deadline).then_some(wait)
    }

    /// The page slept: a silence that has lasted too long gets a little more, once. False where there is none to
    /// forgive.
    pub fn forgive(&mut self, now: u64) -> bool {
        let silent = self.silence(now).is_some();
        let Some(life) = self.0.as_mut().filter(|life| silent && life.grace.is_none()) else { return false };
        life.grace = Some(now.saturating_add(GRACE_MS));
        true
    }
}

impl Life {
    /// What it owes first, and by when.
    fn wait(&self) -> Option<(Wait, u64)> {
        let by = |wait: Wait, since: u64| (wait, since.saturating_add(wait.bound().ms));
        let word = if !self.began {
            Some(by(Wait::EngineStart, self.since))
        } else {
            let wait = |job: &Job| if job.id.is_none() { Wait::EngineLoads } else { Wait::EngineAnswers };
            self.jobs.front().map(|job| by(wait(job), self.since))
        };
        // One that has not begun has not heard of the Stop either.
        let stop = self.stop.filter(|_| self.began).map(|since| by(Wait::EngineStops, since));
        let (wait, deadline) = match (word, stop) {
            (Some(word), Some(stop)) => {
                if stop.1 < word.1 {
                    stop
                } else {
                    word
                }
            }
            (word, stop) => word.or(stop)?,
        };
        Some((wait, deadline.max(self.grace.unwrap_or_default())))
    }
}
