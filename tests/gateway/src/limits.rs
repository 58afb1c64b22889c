//! How much, and how often.

use crate::failure::Failure;
use inferkit_widget::error::Code;
use parking_lot::Mutex;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);
/// A month of the quota: thirty days from its first token.
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Counts the requests of the last minute.
#[derive(Debug, Default)]
pub struct Rate(Mutex<VecDeque<Instant>>);

impl Rate {
    /// Counts one more.
    ///
    /// # Errors
    /// `rate_limited`, with the time until there is room again. Who is refused is not counted: waiting helps.
    pub fn count(&self, per_minute: Option<u32>) -> Result<(), Failure> {
        let Some(most) = per_minute else { return Ok(()) };
        let now = Instant::now();
        let mut recent = self.0.lock();
        while recent.front().is_some_and(|first| now - *first >= MINUTE) {
            recent.pop_front();
        }
        if recent.len() < most as usize {
            recent.push_back(now);
            return Ok(());
        }
        let wait = recent.front().map_or(MINUTE, |first| MINUTE - (now - *first));
        Err(Failure::new(Code::RateLimited, "Rate limit exceeded.").retry_after(wait))
    }
}

/// Counts the tokens of a month.
#[derive(Debug, Default)]
pub struct Quota(Mutex<Month>);

#[derive(Debug, Default)]
struct Month {
    began: Option<Instant>,
    used: u64,
}

impl Month {
    fn turn(&mut self) {
        if self.began.is_some_and(|began| began.elapsed() >= MONTH) {
            *self = Self::default();
        }
    }
}

impl Quota {
    /// Whether a question may still be asked. Its answer may go over: how long it gets, nobody knows before.
    ///
    /// # Errors
    /// `quota_exceeded`.
    pub fn check(&self, most: Option<u64>) -> Result<(), Failure> {
        let mut month = self.0.lock();
        month.turn();
        if most.is_none_or(|most| month.used < most) {
            return Ok(());
        }
        Err(Failure::new(Code::QuotaExceeded, "This month's tokens are used up."))
    }

    /// Takes what an answer has cost.
    pub fn charge(&self, tokens: u64) {
        let mut month = self.0.lock();
        month.turn();
        month.began.get_or_insert_with(Instant::now);
        month.used += tokens;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn a_minute_is_any_sixty_seconds() {
        let rate = Rate::default();
        assert_eq!(rate.count(Some(2)), Ok(()));
        advance(Duration::from_secs(40)).await;
        assert_eq!(rate.count(Some(2)), Ok(()));
        let refused = Failure::new(Code::RateLimited, "Rate limit exceeded.").retry_after(Duration::from_secs(20));
        assert_eq!(rate.count(Some(2)), Err(refused));
        advance(Duration::from_secs(20)).await;
        assert_eq!(rate.count(Some(2)), Ok(()));
        assert!(rate.count(Some(2)).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_month_begins_with_its_first_token_and_ends() {
        let quota = Quota::default();
        quota.charge(7);
        assert_eq!(quota.check(Some(8)), Ok(()));
        quota.charge(1);
        assert_eq!(quota.check(Some(8)).map_err(|failure| failure.code()), Err(Code::QuotaExceeded));
        assert_eq!(quota.check(None), Ok(()));
        advance(MONTH).await;
        assert_eq!(quota.check(Some(8)), Ok(()));
    }
}
