//! Seconds that run down.

use super::{
    scene::{assign, use_scene},
    web::{self, Timer},
};
use leptos::prelude::*;

/// Often enough that no second is skipped where timers are late.
const TICK_MS: u32 = 250;

/// Seconds that are left. Ends with its owner.
#[derive(Clone, Copy)]
pub(super) struct Countdown {
    left: RwSignal<u32>,
    timer: StoredValue<Timer, LocalStorage>,
}

impl Countdown {
    pub fn new() -> Self {
        Self { left: RwSignal::new(0), timer: StoredValue::new_local(use_scene().timer()) }
    }

    /// Seconds that are left; tracked.
    pub fn get(self) -> u32 {
        self.left.get()
    }

    /// Begins anew. 0 ends it.
    pub fn start(self, seconds: u32) {
        self.tick(web::now_ms() + f64::from(seconds) * 1_000.0);
    }

    fn tick(self, end: f64) {
        // A millisecond less: whole seconds stay what they are, however they were added up.
        let left = ((end - web::now_ms() - 1.0) / 1_000.0).ceil().max(0.0) as u32;
        assign(self.left, left);
        self.timer.with_value(|timer| match left {
            0 => timer.end(),
            _ => timer.start(TICK_MS, move || self.tick(end)),
        });
    }
}
