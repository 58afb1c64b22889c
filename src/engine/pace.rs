//! Long work in a worker must hear the page: a [`Pace`] yields now and then and carries the wish to stop.

use super::error::EngineError;
use std::rc::Rc;
use std::cell::Cell;

/// How long work may run before it lets the event loop turn, in milliseconds.
const SLICE_MS: f64 = 40.0;

/// Shared by the command loop, which sets [`stop`](Self::stop), and the work, which asks.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    stop: Rc<Cell<bool>>,
    last: Rc<Cell<f64>>,
}

impl Pace {
    /// A pace that nobody has stopped.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to end at its next breath.
    pub fn stop(&self) {
        self.stop.set(true);
    }

    /// [`EngineError::Stopped`] when the page asked.
    pub fn check(&self) -> Result<(), EngineError> {
        if self.stop.get() { Err(EngineError::Stopped) } else { Ok(()) }
    }

    /// Lets the event loop turn if the last time is a while ago, then checks.
    pub async fn breathe(&self) -> Result<(), EngineError> {
        let now = now_ms();
        if now - self.last.get() >= SLICE_MS {
            yield_now().await;
            self.last.set(now_ms());
        }
        self.check()
    }
}

#[cfg(target_arch = "wasm32")]
use super::web::{now_ms, yield_now};

/// Milliseconds of a monotonic clock.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn now_ms() -> f64 {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
}

#[cfg(not(target_arch = "wasm32"))]
async fn yield_now() {}
