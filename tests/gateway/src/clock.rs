//! The one clock: tokio's, with the date that it stands for. A test that pauses tokio's clock drives all of this.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Knows the date by how long ago it was started.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    date: Duration,
}

impl Clock {
    /// Reads the machine's date, once.
    #[must_use]
    pub fn start() -> Self {
        Self::at(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    /// Begins at a date, given as the time since the beginning of 1970: for a test that is to go the same way each time.
    #[must_use]
    pub fn at(date: Duration) -> Self {
        Self { started: Instant::now(), date }
    }

    /// Time since the beginning of 1970.
    #[must_use]
    pub fn date(&self) -> Duration {
        self.date + self.started.elapsed()
    }
}
