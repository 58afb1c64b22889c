//! The conversation's waits, and the one timer that the controller's deadlines share.

/// The longest timer of a browser, which counts in 31 bits.
const LONGEST_MS: u64 = i32::MAX as u64;

/// All that is waited for by the clock.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// Names of waits, with the moments at which they are over.
    waits: Vec<(u32, u64)>,
    /// When the timer is to fire, while it runs.
    armed: Option<u64>,
    /// By how much the timer was late that led to the judgement under way.
    judging: Option<u64>,
}

impl Timers {
    /// A wait begins.
    pub fn add(&mut self, id: u32, now: u64, ms: u32) {
        self.waits.push((id, now.saturating_add(ms.into())));
    }

    /// How many milliseconds a wait still takes.
    pub fn left(&self, id: u32, now: u64) -> Option<u64> {
        self.waits.iter().find(|(wait, _)| *wait == id).map(|(_, due)| due.saturating_sub(now))
    }

    pub fn due(&self) -> Option<u64> {
        self.waits.iter().map(|(_, due)| *due).min()
    }

    /// The next wait that is over, the oldest first.
    pub fn next(&mut self, now: u64) -> Option<u32> {
        let due = self.due().filter(|due| *due <= now)?;
        let at = self.waits.iter().position(|(_, other)| *other == due)?;
        Some(self.waits.remove(at).0)
    }

    /// What the timer is to be set to, if it must be set anew. A deadline that has moved back is found when the timer
    /// fires; one that has come closer needs another timer.
    pub fn arm(&mut self, due: Option<u64>, now: u64) -> Option<u32> {
        let due = due?;
        if self.judging.is_some() || self.armed.is_some_and(|armed| armed <= due) {
            return None;
        }
        self.armed = Some(due);
        u32::try_from(due.saturating_sub(now).min(LONGEST_MS)).ok()
    }

    /// The timer fired; by how much it was late.
    pub fn fired(&mut self, now: u64) -> u64 {
        self.armed.take().map_or(0, |armed| now.saturating_sub(armed))
    }

    pub fn judge(&mut self, late: u64) {
        self.judging = Some(late);
    }

    pub fn judged(&mut self) -> u64 {
        self.judging.take().unwrap_or_default()
    }
}
