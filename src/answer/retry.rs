//! What follows a failure: something by itself, or the visitor's button.
//!
//! The catalog's class says what may be tried, [`Tried`] how much of it is left for this question, Retry-After how
//! long to wait. Nothing is tried by itself once words of the answer are on screen.

use crate::error::{ByItself, Offer, Retry};

/// The pause before the first automatic retry; each further one takes twice as long as the one before.
pub const FIRST_PAUSE_MS: u32 = 500;

/// The longest of these pauses.
pub const LONGEST_PAUSE_MS: u32 = 8_000;

/// The longest wait for a server that the visitor is told nothing of.
pub const MOST_SILENT_SECONDS: u64 = 10;

/// The longest wait that is counted down; nobody watches a longer one.
pub const MOST_COUNTDOWN_SECONDS: u64 = 120;

/// The longest wait before a button opens, whatever a server says: a day.
pub const MOST_SECONDS: u64 = 86_400;

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The same request again, with the same key, after a pause.
    Again {
        /// How long.
        ms: u32,
        /// So long that the visitor is shown how it runs down.
        countdown: bool,
    },
    /// Solve a challenge, then the same request again with the session that it gives.
    Challenge,
    /// Open a new session, then the same request again.
    NewSession,
    /// Start the engine anew, then the same question again.
    RestartEngine,
    /// Fetch the model once more, past the browser's cache.
    FetchAgain,
    /// Nothing more by itself: the failure is shown and told.
    Stop {
        /// The visitor's button.
        offer: Offer,
        /// When it can be pressed, if there is one.
        opens: Opens,
    },
}

/// When a button can be pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opens {
    /// At once.
    #[default]
    Now,
    /// In so many seconds, counted down.
    In(u32),
    /// In so many seconds, too many to count down: the visitor is told when.
    At(u64),
}

/// What was tried unasked for one question. Trying again by hand begins with a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    again: u8,
    challenged: bool,
    renewed: bool,
    restarted: bool,
    fetched: bool,
}

impl Tried {
    /// Decides, and counts what it decides.
    ///
    /// `visible`: words of the answer are on screen. `retry_after`: seconds, from
    /// [`retry_after`](super::remote::retry_after). `random`: 32 bits from any source, so that a crowd of visitors does not
    /// come back at once.
    #[must_use]
    pub fn next(&mut self, retry: Retry, visible: bool, retry_after: Option<u64>, random: u32) -> Next {
        if !visible {
            match retry.by_itself {
                ByItself::Again { times } if self.again < times => {
                    let waits = match retry_after {
                        None => Some((pause(self.again, random), false)),
                        Some(seconds) => counted(seconds).map(|short| (short * 1_000, seconds > MOST_SILENT_SECONDS)),
                    };
                    if let Some((ms, countdown)) = waits {
                        self.again += 1;
                        return Next::Again { ms, countdown };
                    }
                }
                ByItself::Challenge if !self.challenged => {
                    self.challenged = true;
                    return Next::Challenge;
                }
                ByItself::NewSession if !self.renewed => {
                    self.renewed = true;
                    return Next::NewSession;
                }
                ByItself::RestartEngine if !self.restarted => {
                    self.restarted = true;
                    return Next::RestartEngine;
                }
                ByItself::FetchAgain if !self.fetched => {
                    self.fetched = true;
                    return Next::FetchAgain;
                }
                _ => {}
            }
        }
        let opens = self.opens(retry, retry_after, random);
        Next::Stop { offer: retry.then, opens }
    }

    /// When the visitor's button can be pressed, where nothing more is tried by itself. Arguments as for
    /// [`next`](Self::next).
    #[must_use]
    pub fn opens(&self, retry: Retry, retry_after: Option<u64>, random: u32) -> Opens {
        match (retry.then, retry_after) {
            (Offer::Nothing, _) | (Offer::Ask, None) => Opens::Now,
            (Offer::Ask | Offer::Wait, Some(seconds)) => {
                counted(seconds).map_or(Opens::At(seconds.min(MOST_SECONDS)), Opens::In)
            }
            // Too many questions, and no word of when: not at once, then.
            (Offer::Wait, None) => Opens::In(pause(self.again, random).div_ceil(1_000)),
        }
    }
}

/// The seconds, if they are few enough to be counted down.
fn counted(seconds: u64) -> Option<u32> {
    u32::try_from(seconds).ok().filter(|_| seconds <= MOST_COUNTDOWN_SECONDS)
}

/// The milliseconds before an automatic retry, when `already` came before it: between half and all of what
/// [`FIRST_PAUSE_MS`] and [`LONGEST_PAUSE_MS`] make of it.
#[must_use]
pub fn pause(already: u8, random: u32) -> u32 {
    let half = (FIRST_PAUSE_MS << already.min(8)).min(LONGEST_PAUSE_MS) / 2;
    let part = (u64::from(half) * u64::from(random)).div_ceil(u64::from(u32::MAX));
    half + u32::try_from(part).unwrap_or(half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use proptest::prelude::*;

    #[test]
    fn pauses_double_to_a_limit_and_are_shortened_by_chance() {
        let check = |already, least, most| {
            assert_eq!((pause(already, 0), pause(already, u32::MAX)), (least, most));
        };
        check(0, 250, 500);
        check(1, 500, 1_000);
        check(2, 1_000, 2_000);
        check(4, 4_000, 8_000);
        check(5, 4_000, 8_000);
        check(255, 4_000, 8_000);
    }

    /// What [`Tried::next`] decides, time after time, when the same failure comes again.
    fn course(code: Code, retry_after: Option<u64>) -> Vec<Next> {
        let mut tried = Tried::default();
        let mut course = Vec::new();
        loop {
            let next = tried.next(code.retry(), false, retry_after, u32::MAX);
            course.push(next);
            if matches!(next, Next::Stop { .. }) {
                return course;
            }
        }
    }

    const fn again(ms: u32) -> Next {
        Next::Again { ms, countdown: false }
    }

    const fn stop(offer: Offer, opens: Opens) -> Next {
        Next::Stop { offer, opens }
    }

    #[test]
    fn each_class_has_its_course() {
        let ask = stop(Offer::Ask, Opens::Now);
        let never = stop(Offer::Nothing, Opens::Now);
        for code in Code::ALL {
            let course = course(code, None);
            let expected = match code {
                Code::RateLimited => vec![again(500), again(1_000), stop(Offer::Wait, Opens::In(2))],
                Code::InternalError => vec![again(500), ask],
                Code::BotChallengeRequired | Code::ChallengeFailed => vec![Next::Challenge, ask],
                Code::InvalidToken => vec![Next::NewSession, ask],
                Code::EngineFailed | Code::GpuLost => vec![Next::RestartEngine, ask],
                Code::ModelIntegrity => vec![Next::FetchAgain, ask],
                Code::ProviderUnavailable
                | Code::NetworkError
                | Code::Timeout
                | Code::StreamInterrupted
                | Code::StreamStalled
                | Code::InvalidResponse
                | Code::ModelDownloadFailed => {
                    vec![again(500), again(1_000), ask]
                }
                _ if code.retry().then == Offer::Nothing => vec![never],
                _ => vec![ask],
            };
            assert_eq!(course, expected, "{code}");
        }
    }

    #[test]
    fn a_servers_wait_is_silent_then_counted_then_told() {
        let check =
            |seconds, expected: &[Next]| assert_eq!(course(Code::RateLimited, Some(seconds)), expected, "{seconds}");
        let counted = |ms| Next::Again { ms, countdown: true };
        check(1, &[again(1_000), again(1_000), stop(Offer::Wait, Opens::In(1))]);
        check(10, &[again(10_000), again(10_000), stop(Offer::Wait, Opens::In(10))]);
        check(11, &[counted(11_000), counted(11_000), stop(Offer::Wait, Opens::In(11))]);
        check(120, &[counted(120_000), counted(120_000), stop(Offer::Wait, Opens::In(120))]);
        check(121, &[stop(Offer::Wait, Opens::At(121))]);
        check(1_000_000_000, &[stop(Offer::Wait, Opens::At(86_400))]);
        check(u64::MAX, &[stop(Offer::Wait, Opens::At(86_400))]);
        // It holds for every class, and opens no button where there is none.
        assert_eq!(course(Code::ProviderUnavailable, Some(300)), [stop(Offer::Ask, Opens::At(300))]);
        assert_eq!(course(Code::BadRequest, Some(30)), [stop(Offer::Ask, Opens::In(30))]);
        assert_eq!(course(Code::KeyRevoked, Some(30)), [stop(Offer::Nothing, Opens::Now)]);
    }

    #[test]
    fn after_a_visible_word_nothing_happens_by_itself() {
        for code in Code::ALL {
            let mut tried = Tried::default();
            assert!(matches!(tried.next(code.retry(), true, None, 0), Next::Stop { .. }), "{code}");
            assert_eq!(tried, Tried::default());
        }
    }

    #[test]
    fn the_attempts_of_a_question_are_counted_together() {
        let mut tried = Tried::default();
        let mut next = |code: Code| tried.next(code.retry(), false, None, u32::MAX);
        assert_eq!(next(Code::NetworkError), again(500));
        assert_eq!(next(Code::BotChallengeRequired), Next::Challenge);
        assert_eq!(next(Code::InvalidToken), Next::NewSession);
        assert_eq!(next(Code::ProviderUnavailable), again(1_000));
        assert_eq!(next(Code::ChallengeFailed), stop(Offer::Ask, Opens::Now));
        assert_eq!(next(Code::Timeout), stop(Offer::Ask, Opens::Now));
        let mut tried = Tried::default();
        let mut next = |code: Code| tried.next(code.retry(), false, None, 0);
        assert_eq!(next(Code::InvalidToken), Next::NewSession);
        assert_eq!(next(Code::ChallengeFailed), Next::Challenge);
        assert_eq!(next(Code::InvalidToken), stop(Offer::Ask, Opens::Now));
        let mut tried = Tried::default();
        assert_eq!(tried.next(Code::Timeout.retry(), false, None, u32::MAX), again(500));
        assert_eq!(tried.next(Code::InternalError.retry(), false, None, 0), stop(Offer::Ask, Opens::Now));
    }

    proptest! {
        #[test]
        fn a_pause_is_between_half_and_all(already: u8, random: u32) {
            let all = (500 << already.min(20)).min(8_000);
            prop_assert!((all / 2..=all).contains(&pause(already, random)));
        }
    }
}
