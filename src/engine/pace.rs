//! Long work in a worker must hear the page: a [`Pace`] yields now and then and carries the wish to stop.

use super::error::EngineError;
use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
    task::{Poll, Waker},
};

/// How long work may run before it lets the event loop turn, in milliseconds.
const SLICE_MS: f64 = 40.0;

/// Shared by the command loop, which [stops](Self::stop) it, and the work, which [breathes](Self::breathe).
#[derive(Clone, Debug, Default)]
pub struct Pace(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    stopped: Cell<bool>,
    /// When the work last let the event loop turn.
    turned: Cell<f64>,
    /// Woken by a stop: who waits for something slower than that.
    waiting: RefCell<Vec<Waker>>,
}

impl Pace {
    /// A pace that nobody has stopped.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to end: at its next breath, or at once where it waits in [`race`](Self::race).
    pub fn stop(&self) {
        self.0.stopped.set(true);
        self.0.waiting.take().into_iter().for_each(Waker::wake);
    }

    /// [`EngineError::Stopped`] when the page asked.
    pub fn check(&self) -> Result<(), EngineError> {
        if self.0.stopped.get() { Err(EngineError::Stopped) } else { Ok(()) }
    }

    /// Whether both are handles of one pace.
    pub(super) fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Lets the event loop turn if the last time is a while ago, then checks.
    pub async fn breathe(&self) -> Result<(), EngineError> {
        if now_ms() - self.0.turned.get() >= SLICE_MS {
            yield_now().await;
            self.0.turned.set(now_ms());
        }
        self.check()
    }

    /// Waits for `work`, or for the page to stop it, whichever comes first.
    pub async fn race<T>(&self, work: impl Future<Output = T>) -> Result<T, EngineError> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Err(stopped) = self.check() {
                return Poll::Ready(Err(stopped));
            }
            if let Poll::Ready(value) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(value));
            }
            let mut waiting = self.0.waiting.borrow_mut();
            if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(target_arch = "wasm32")]
pub(crate) use super::web::now_ms;
#[cfg(target_arch = "wasm32")]
use super::web::yield_now;

/// Milliseconds of a monotonic clock.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn now_ms() -> f64 {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
}

/// Natively nobody shares the thread.
#[cfg(not(target_arch = "wasm32"))]
async fn yield_now() {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[test]
    fn a_stop_ends_a_wait_that_would_never_end() {
        let pace = Pace::new();
        let stopper = pace.clone();
        let mut polls = 0;
        let waited = pollster::block_on(pace.race(async {
            poll_fn(|context| {
                polls += 1;
                // The page speaks while the work waits.
                stopper.stop();
                context.waker().wake_by_ref();
                Poll::<()>::Pending
            })
            .await;
            pending::<()>().await;
        }));
        assert_eq!(waited, Err(EngineError::Stopped));
        assert_eq!(polls, 1);
    }

    #[test]
    fn work_that_nobody_stops_comes_to_its_end() {
        let pace = Pace::new();
        assert_eq!(pollster::block_on(pace.race(async { 7 })), Ok(7));
        assert_eq!(pollster::block_on(pace.breathe()), Ok(()));
    }
}
