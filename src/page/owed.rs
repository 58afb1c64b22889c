//! One word that is owed, of a look-up or of the browser: under which name, and since when.

use super::silence::{Bound, GRACE_MS};

/// What is waited for in this way, at most one at a time.
#[derive(Debug)]
pub(super) struct Line {
    /// How long it may be owed.
    ms: u64,
    owed: Option<Owed>,
}

#[derive(Debug)]
struct Owed {
    id: u32,
    since: u64,
    grace: Option<u64>,
}

impl Line {
    pub fn new(bound: Bound) -> Self {
        Self { ms: bound.ms, owed: None }
    }

    /// Something was asked, in place of anything else.
    pub fn begin(&mut self, id: u32, now: u64) {
        self.owed = Some(Owed { id, since: now, grace: None });
    }

    /// It was answered. False where nobody waits for that any more.
    pub fn ended(&mut self, id: u32) -> bool {
        let awaited = self.owed.as_ref().is_some_and(|owed| owed.id == id);
        if awaited {
            self.owed = None;
        }
        awaited
    }

    /// Nothing is waited for any more.
    pub fn end(&mut self) {
        self.owed = None;
    }

    /// When it must have come.
    pub fn due(&self) -> Option<u64> {
        let owed = self.owed.as_ref()?;
        Some(owed.since.saturating_add(self.ms).max(owed.grace.unwrap_or_default()))
    }

    /// The name of one that is late.
    pub fn late(&self, now: u64) -> Option<u32> {
        let due = self.due()?;
        self.owed.as_ref().filter(|_| now >= due).map(|owed| owed.id)
    }

    /// The page slept: a little more, once.
    pub fn forgive(&mut self, now: u64) -> bool {
        let late = self.late(now).is_some();
        match &mut self.owed {
            Some(Owed { grace: grace @ None, .. }) if late => {
                *grace = Some(now.saturating_add(GRACE_MS));
                true
            }
            _ => false,
        }
    }
}
