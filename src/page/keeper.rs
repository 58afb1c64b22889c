//! When the conversation is stored: soon after it changed, once for all changes of a while, and at once when a message was
//! added or the page may be gone.

/// How long changes are gathered before they are stored.
pub(super) const GATHER_MS: u64 = 300;

/// What is stored, and when next.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    due: Option<u64>,
    /// What lies in the storage, as far as the page knows.
    last: String,
    /// Where it lies may have changed.
    moved: bool,
    full: bool,
}

impl Keeper {
    /// Something happened in the conversation.
    pub fn changed(&mut self, now: u64) {
        self.due.get_or_insert(now.saturating_add(GATHER_MS));
    }

    pub fn due(&self) -> Option<u64> {
        self.due
    }

    /// This lies in the storage already. True where that is news.
    pub fn seen(&mut self, saved: &str) -> bool {
        let news = self.last != saved;
        saved.clone_into(&mut self.last);
        news
    }

    /// The site's options may name another place: it is stored once more, whatever lies where.
    pub fn moved(&mut self) {
        self.moved = true;
    }

    /// What is to be stored now, if that differs from what was.
    pub fn take(&mut self, saved: String) -> Option<String> {
        self.due = None;
        if saved == self.last && !std::mem::take(&mut self.moved) {
            return None;
        }
        self.last.clone_from(&saved);
        Some(saved)
    }

    /// Whether the storage took it. True where that is news.
    pub fn stored(&mut self, full: bool) -> bool {
        std::mem::replace(&mut self.full, full) != full
    }
}
