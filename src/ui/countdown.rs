//! Seconds that run down.

use super::{element::Watched, web};
use gloo_timers::callback::Interval;
use std::{
    cell::Cell,
    rc::{Rc, Weak},
};

/// Often enough that no second is skipped where timers are late.
const TICK_MS: u32 = 250;

/// Seconds that are left, for whoever watches. Ends with its last holder.
#[derive(Clone)]
pub(super) struct Countdown(Rc<Running>);

struct Running {
    left: Watched<u32>,
    timer: Cell<Option<Interval>>,
}

impl Countdown {
    pub fn new() -> Self {
        Self(Rc::new(Running { left: Watched::new(0), timer: Cell::default() }))
    }

    /// Seconds that are left; an effect that asks runs again with every one.
    pub fn get(&self) -> u32 {
        self.0.left.get()
    }

    /// Begins anew. 0 ends it.
    pub fn start(&self, seconds: u32) {
        self.0.left.set(seconds);
        let end = web::now_ms() + f64::from(seconds) * 1_000.0;
        let weak = Rc::downgrade(&self.0);
        self.0.timer.set((seconds > 0).then(|| Interval::new(TICK_MS, move || tick(&weak, end))));
    }
}

fn tick(running: &Weak<Running>, end: f64) {
    let Some(running) = running.upgrade() else { return };
    let left = ((end - web::now_ms()) / 1_000.0).ceil().max(0.0) as u32;
    running.left.set(left);
    if left == 0 {
        running.timer.take();
    }
}
