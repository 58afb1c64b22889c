//! The look-up that is owed: which question it is for, and since when.

use super::silence::{GRACE_MS, Wait};

/// The look-up under way, if there is one.
#[derive(Debug, Default)]
pub(super) struct Line(Option<Owed>);

#[derive(Debug)]
struct Owed {
    id: u32,
    since: u64,
    grace: Option<u64>,
}

impl Line {
    /// A question is being looked up, in place of any other.
    pub fn begin(&mut self, id: u32, now: u64) {
        self.0 = Some(Owed { id, since: now, grace: None });
    }

    /// One has ended. False for one that nobody waits for any more.
    pub fn ended(&mut self, id: u32) -> bool {
        let awaited = self.0.as_ref().is_some_and(|owed| owed.id == id);
        if awaited {
            self.0 = None;
        }
        awaited
    }

    /// None is waited for any more.
    pub fn end(&mut self) {
        self.0 = None;
    }

    /// When it must have ended.
    pub fn due(&self) -> Option<u64> {
        let owed = self.0.as_ref()?;
        Some(owed.since.saturating_add(Wait::LookUp.bound().ms).max(owed.grace.unwrap_or_default()))
    }

    /// The name of one that is late.
    pub fn late(&self, now: u64) -> Option<u32> {
        let due = self.due()?;
        self.0.as_ref().filter(|_| now >= due).map(|owed| owed.id)
    }

    /// The page slept: a little more, once.
    pub fn forgive(&mut self, now: u64) -> bool {
        let late = self.late(now).is_some();
        match &mut self.0 {
            Some(Owed { grace: grace @ None, .. }) if late => {
                *grace = Some(now.saturating_add(GRACE_MS));
                true
            }
            _ => false,
        }
    }
}
