//! Seconds that run down. The scene lets them: [`Scene::count`](super::scene::Scene::count).

use super::web;

/// Often enough that no second is skipped where timers are late.
pub(super) const TICK_MS: u32 = 250;

/// Seconds that are left.
#[derive(Clone, Copy, Default)]
pub(super) struct Countdown {
    end: f64,
    left: u32,
}

impl Countdown {
    /// One that begins now. 0 is over at once.
    pub fn of(seconds: u32) -> Self {
        Self { end: web::now_ms() + f64::from(seconds) * 1_000.0, left: seconds }
    }

    /// Seconds that are left.
    pub fn left(self) -> u32 {
        self.left
    }

    /// It is now so late. Whether another second has passed; and where it is not over yet, `runs` becomes true.
    pub fn count(&mut self, now: f64, runs: &mut bool) -> bool {
        // A millisecond less: whole seconds stay what they are, however they were added up.
        let left = ((self.end - now - 1.0) / 1_000.0).ceil().max(0.0) as u32;
        *runs |= left > 0;
        std::mem::replace(&mut self.left, left) != left
    }
}
