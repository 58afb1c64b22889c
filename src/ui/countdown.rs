//! Seconds that run down.

use super::{
    scene::assign,
    web::{self, Ticker},
};
use leptos::prelude::*;

/// Often enough that no second is skipped where timers are late.
const TICK_MS: u32 = 250;

/// Seconds that are left. Ends with its owner.
#[derive(Clone, Copy)]
pub(super) struct Countdown {
    left: RwSignal<u32>,
    ticker: StoredValue<Ticker, LocalStorage>,
}

impl Countdown {
    pub fn new() -> Self {
        Self { left: RwSignal::new(0), ticker: StoredValue::new_local(Ticker::default()) }
    }

    /// Seconds that are left; tracked.
    pub fn get(self) -> u32 {
        self.left.get()
    }

    /// Begins anew. 0 ends it.
    pub fn start(self, seconds: u32) {
        assign(self.left, seconds);
        let end = web::now_ms() + f64::from(seconds) * 1_000.0;
        self.ticker.with_value(|ticker| match seconds {
            0 => ticker.end(),
            _ => ticker.start(TICK_MS, move || self.tick(end)),
        });
    }

    fn tick(self, end: f64) {
        let left = ((end - web::now_ms()) / 1_000.0).ceil().max(0.0) as u32;
        assign(self.left, left);
        if left == 0 {
            self.ticker.with_value(Ticker::end);
        }
    }
}
