//! Long work in a worker must hear the page, and long waits must end: a [`Pace`] yields now and then, carries the wish
//! to stop, and races every wait for something outside the engine with that wish and with a deadline.
//!
//! [`Pace::within`] is the only place where a future that is not the engine's own is awaited (`tests/tidy.rs` holds the
//! rest of the engine to that): a network, a driver or a browser may fall silent, and none of them may take the visitor
//! with it.

use super::{
    clock::{after, now_ms, turn},
    error::EngineError,
};
use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
    task::{Poll, Waker},
};

/// How long work may run before it lets the event loop turn, in milliseconds.
const SLICE_MS: f64 = 40.0;

/// A timer that is later than this has slept with the machine, or behind work that held the event loop: what it waited
/// for had no chance either.
const OVERSLEPT_MS: f64 = 1_000.0;

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

    /// Asks the work to end: at its next breath, or at once where it waits in [`within`](Self::within).
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
            turn().await;
            self.0.turned.set(now_ms());
        }
        self.check()
    }

    /// Waits for something outside the engine: until it comes, until the page stops the wait, or until `ms`
    /// milliseconds have passed in vain, when `late` says what that means.
    ///
    /// What has come counts, however late it is noticed.
    pub async fn within<T>(
        &self,
        ms: u32,
        work: impl Future<Output = T>,
        late: impl FnOnce() -> EngineError,
    ) -> Result<T, EngineError> {
        let (mut work, mut deadline) = (pin!(work), pin!(deadline(ms)));
        let came = poll_fn(|context| {
            if let Err(stopped) = self.check() {
                return Poll::Ready(Err(stopped));
            }
            if let Poll::Ready(value) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(Some(value)));
            }
            if deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(None));
            }
            self.wake_by_stop(context.waker());
            Poll::Pending
        });
        came.await?.ok_or_else(late)
    }

    fn wake_by_stop(&self, waker: &Waker) {
        let mut waiting = self.0.waiting.borrow_mut();
        if !waiting.iter().any(|known| known.will_wake(waker)) {
            waiting.push(waker.clone());
        }
    }
}

/// Over after so many milliseconds; once more after a timer that overslept.
async fn deadline(ms: u32) {
    let began = now_ms();
    after(ms).await;
    if now_ms() - began > f64::from(ms) + OVERSLEPT_MS {
        after(ms).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pollster::block_on;
    use std::{
        future::pending,
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering},
        },
        task::{Context, Wake},
    };

    fn late() -> EngineError {
        EngineError::GpuLost("late".into())
    }

    #[test]
    fn a_stop_ends_a_wait_that_would_never_end() {
        let pace = Pace::new();
        let stopper = pace.clone();
        let mut polls = 0;
        let work = async {
            poll_fn(|context| {
                polls += 1;
                // The page speaks while the work waits.
                stopper.stop();
                context.waker().wake_by_ref();
                Poll::<()>::Pending
            })
            .await;
            pending::<()>().await;
        };
        assert_eq!(block_on(pace.within(60_000, work, late)), Err(EngineError::Stopped));
        assert_eq!(polls, 1);
        // Nor does one begin after it, whatever has come.
        assert_eq!(block_on(pace.within(60_000, async { 7 }, late)), Err(EngineError::Stopped));
    }

    #[test]
    fn a_deadline_ends_a_wait_that_would_never_end() {
        let pace = Pace::new();
        assert_eq!(block_on(pace.within(20, pending::<()>(), late)), Err(late()));
        assert_eq!(block_on(pace.within(0, async { 7 }, late)), Ok(7), "what has come counts");
    }

    #[test]
    fn a_stop_from_elsewhere_wakes_the_wait() {
        let pace = Pace::new();
        let mut wait = Box::pin(pace.within(60_000, pending::<()>(), late));
        let woken = Arc::new(Count::default());
        let waker = Waker::from(woken.clone());
        let mut context = Context::from_waker(&waker);
        assert!(wait.as_mut().poll(&mut context).is_pending());
        pace.stop();
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert_eq!(wait.as_mut().poll(&mut context), Poll::Ready(Err(EngineError::Stopped)));
    }

    #[test]
    fn work_that_nobody_stops_comes_to_its_end() {
        let pace = Pace::new();
        assert_eq!(block_on(pace.within(1_000, async { 7 }, late)), Ok(7));
        assert_eq!(block_on(pace.breathe()), Ok(()));
    }

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Count(AtomicU32);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
