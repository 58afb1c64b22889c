//! The operating system's clock.

use futures_channel::oneshot;
use std::{
    sync::{OnceLock, mpsc},
    thread,
    time::{Duration, Instant},
};

/// Milliseconds of a monotonic clock.
#[must_use]
pub fn now_ms() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
}

/// Natively nothing else waits for the thread.
pub async fn turn() {}

/// Lets so many milliseconds pass. A thread sleeps for it, and ends with the wait.
pub async fn after(ms: u32) {
    let (over, wait) = oneshot::channel();
    let (_waits, gone) = mpsc::channel::<()>();
    thread::spawn(move || {
        if gone.recv_timeout(Duration::from_millis(ms.into())) == Err(mpsc::RecvTimeoutError::Timeout) {
            // The wait may have ended just now.
            let _ = over.send(());
        }
    });
    // An error is a thread that ended without a word: the time counts as over.
    let _ = wait.await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use pollster::block_on;

    #[test]
    fn time_passes() {
        let began = now_ms();
        block_on(after(20));
        assert!(now_ms() - began >= 19.0);
        block_on(turn());
    }
}
