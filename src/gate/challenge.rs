//! Solving a Turnstile challenge: what to do next, how long to wait, and what the end of it means.
//!
//! A [`Challenge`] knows no browser and keeps no timer. It is told [`Input`]s and when they came, says when it wants to
//! be told of a [`Deadline`](Input::Deadline), and hands out [`Command`]s until it has none. Moments are milliseconds
//! on any clock that only goes forward. `web.rs` does what it commands, in `public/challenge.html`.
//!
//! ```text
//! Idle ─ ask ─▶ Loading ─▶ Rendered ─▶ Executing ◀─▶ Interactive ─▶ Solved ─ handed out ─▶ Idle
//!               10 s       30 s        30 s          120 s          240 s
//! ```
//! From each of them a failure or an abort leads to Idle, and takes the frame with it: the next solve starts afresh.
//!
//! Where each habit of Cloudflare's script is met:
//! - Every callback settles the wait, not only success and error: an interactive timeout and an expiry are never
//!   executed again by the script, `unsupported-callback` comes in place of `error-callback`, and a script that is
//!   blocked, or absent, or that throws, calls nothing at all ([`Callback`]). What never comes has a deadline.
//! - Callbacks come unsolicited, since the script replaces itself every few hours and executes once more what was
//!   executed before; and an error is repeated. Only the epoch of the solve in flight is heard, and only until it ends.
//! - `execute()` is ignored while executing: there is one solve in flight, and who asks meanwhile shares it.
//! - A token lives for 300 s and is good for one use: it is handed out once, and not [`TOKEN_MS`] after it was solved.
//! - `reset()` before a later `execute()`, exceptions, and `window.turnstile`, which is never the same for long, are
//!   `public/challenge.js`'s part.

mod cause;

use crate::error::Code;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How long the frame and Cloudflare's script in it may take to arrive and draw.
pub const LOADING_MS: u64 = 10_000;

/// How long the script may work without a word.
pub const SILENT_MS: u64 = 30_000;

/// How long a visitor may take for what must be clicked.
pub const INTERACTIVE_MS: u64 = 120_000;

/// How long a solve may take, however often the script changes its mind about the visitor.
pub const WHOLE_MS: u64 = LOADING_MS + SILENT_MS + INTERACTIVE_MS + SILENT_MS;

/// How old a token may be when it is handed out: of its 300 s, the rest is for the request that spends it.
pub const TOKEN_MS: u64 = 240_000;

/// By how much a timer may be late on a page that is awake.
pub const LATE_MS: u64 = 2_000;

/// What a solve gets whose deadline passed while the page slept.
pub const GRACE_MS: u64 = 5_000;

/// What a challenge is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Somebody wants a token.
    Ask,
    /// The frame said something about a solve.
    Callback {
        /// The [`Command::Execute`] that it belongs to.
        epoch: u32,
        /// What.
        said: Callback,
    },
    /// The frame can't be made, or is gone.
    Lost(String),
    /// It may be later than [`Challenge::deadline`].
    Deadline,
    /// Nobody wants a token any more.
    Abort,
}

/// What the frame says about a solve: Turnstile's callbacks, and what keeps them from coming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callback {
    /// `render()`, or `reset()`, was called.
    Rendered,
    /// `execute()` is being called.
    Executing,
    /// `before-interactive-callback`: there is something to click.
    Interactive,
    /// `after-interactive-callback`: there no longer is.
    Quiet,
    /// `callback`.
    Solved {
        /// The proof, for the server.
        token: String,
        /// For how long it was under way, in milliseconds: a page may sleep.
        age: u64,
    },
    /// `error-callback`, with Turnstile's code.
    Error(String),
    /// `expired-callback`.
    Expired,
    /// `timeout-callback`: the visitor did not click.
    TimedOut,
    /// `unsupported-callback`.
    Unsupported,
    /// The script was fetched in vain, or is not Turnstile's. In words.
    Absent(String),
    /// `render()`, `reset()` or `execute()` threw.
    Threw {
        /// Turnstile's code, or nothing.
        code: String,
        /// The exception's words.
        words: String,
    },
}

/// What a challenge wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Have the frame solve; make it first if there is none. Everything it says of this carries the epoch.
    Execute {
        /// Different for each solve.
        epoch: u32,
    },
    /// Remove the frame, if there is one.
    Discard,
    /// Tell whoever asked.
    Tell(Outcome),
}

/// What whoever asked hears. The last is [`Solved`](Outcome::Solved) or [`Failed`](Outcome::Failed); after an abort
/// nothing more comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Show the frame: the visitor has to click.
    Interactive,
    /// Hide it again.
    Quiet,
    /// The proof, for one use, soon.
    Solved(String),
    /// There will be none.
    Failed {
        /// `challenge_unavailable`, `challenge_timeout` or `challenge_failed`.
        code: Code,
        /// For the developer: Turnstile's own code, and what to do about it.
        message: String,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Solve {
    #[default]
    Idle,
    /// The frame, or the script in it, is not there yet.
    Loading,
    /// There is a widget, which does nothing yet.
    Rendered,
    /// It works without the visitor.
    Executing,
    /// It waits for a click.
    Interactive,
    /// The token waits to be handed out.
    Solved { token: String },
}

/// One challenge, solved as often as needed, one solve at a time.
#[derive(Clone, Debug, Default)]
pub struct Challenge {
    epoch: u32,
    phase: Solve,
    /// When the phase began; for a token, when it was solved.
    since: u64,
    /// When the solve in flight was asked for.
    asked: u64,
    /// Until when silence is forgiven, because the page slept; once for each silence.
    grace: Option<u64>,
    /// Whoever asked was told to show the frame.
    shown: bool,
    commands: VecDeque<Command>,
}

impl Challenge {
    /// Takes in what happened. [`next`](Self::next) says what follows.
    pub fn tell(&mut self, event: Input, now: u64) {
        match event {
            Input::Abort => {
                let busy = self.phase != Solve::Idle || !self.commands.is_empty();
                self.commands.clear();
                (self.phase, self.shown) = (Solve::Idle, false);
                if busy {
                    self.commands.push_back(Command::Discard);
                }
            }
            Input::Ask if self.phase == Solve::Idle && !self.has_more_to_tell() => {
                self.epoch = self.epoch.wrapping_add(1);
                self.asked = now;
                self.enter(Solve::Loading, now);
                self.commands.push_back(Command::Execute { epoch: self.epoch });
            }
            // Shared, up to its end.
            Input::Ask => {}
            Input::Callback { epoch, said } if epoch == self.epoch && self.waits() => self.hear(said, now),
            Input::Callback { .. } => {}
            Input::Lost(message) if self.waits() => {
                let (code, message) = cause::absent(&message);
                self.fail(code, message);
            }
            Input::Lost(_) => {}
            Input::Deadline if self.deadline().is_some_and(|deadline| now >= deadline) => {
                let (code, message) = match self.phase {
                    Solve::Loading => cause::absent("nothing came within 10 s"),
                    _ => cause::late(self.phase == Solve::Interactive),
                };
                self.fail(code, message);
            }
            Input::Deadline => {}
        }
    }

    /// When to be told of a deadline, while something is awaited.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let patience = match self.phase {
            Solve::Idle | Solve::Solved { .. } => return None,
            Solve::Loading => LOADING_MS,
            Solve::Rendered | Solve::Executing => SILENT_MS,
            Solve::Interactive => INTERACTIVE_MS,
        };
        let deadline = self.since.saturating_add(patience).min(self.asked.saturating_add(WHOLE_MS));
        Some(deadline.max(self.grace.unwrap_or_default()))
    }

    /// The page slept: a deadline that has passed meanwhile is put off a little, once.
    pub fn forgive(&mut self, now: u64) {
        if self.grace.is_none() && self.deadline().is_some_and(|deadline| now >= deadline) {
            self.grace = Some(now.saturating_add(GRACE_MS));
        }
    }

    /// What to do next; to be called until there is nothing. A token leaves here, and only once. What is done may lead
    /// to a new event at once: an abort in between takes back whatever was still to come.
    pub fn next(&mut self, now: u64) -> Option<Command> {
        if let Some(command) = self.commands.pop_front() {
            return Some(command);
        }
        match std::mem::take(&mut self.phase) {
            Solve::Solved { token } if now.saturating_sub(self.since) < TOKEN_MS => {
                Some(Command::Tell(Outcome::Solved(token)))
            }
            Solve::Solved { .. } => {
                let (code, message) = cause::stale();
                Some(Command::Tell(Outcome::Failed { code, message }))
            }
            other => {
                self.phase = other;
                None
            }
        }
    }

    /// Something may still come of the solve in flight.
    fn waits(&self) -> bool {
        !matches!(self.phase, Solve::Idle | Solve::Solved { .. })
    }

    /// The end of a solve is yet to be heard.
    fn has_more_to_tell(&self) -> bool {
        self.commands.iter().any(|command| matches!(command, Command::Tell(_)))
    }

    fn enter(&mut self, phase: Solve, now: u64) {
        (self.phase, self.since, self.grace) = (phase, now, None);
    }

    fn hear(&mut self, said: Callback, now: u64) {
        let (code, message) = match said {
            Callback::Rendered if self.phase == Solve::Loading => return self.enter(Solve::Rendered, now),
            Callback::Executing if matches!(self.phase, Solve::Loading | Solve::Rendered) => {
                return self.enter(Solve::Executing, now);
            }
            // A step that was taken already moves no deadline.
            Callback::Rendered | Callback::Executing => return,
            Callback::Interactive => return self.show(true, now),
            Callback::Quiet => return self.show(false, now),
            Callback::Solved { token, age } => {
                self.show(false, now);
                return self.enter(Solve::Solved { token }, now.saturating_sub(age));
            }
            Callback::Error(code) => cause::error(&code),
            Callback::Threw { code, words } => cause::threw(&code, &words),
            Callback::Absent(words) => cause::absent(&words),
            Callback::Unsupported => cause::error(cause::UNSUPPORTED),
            Callback::Expired | Callback::TimedOut => cause::late(true),
        };
        self.fail(code, message);
    }

    /// The visitor is needed, or no longer.
    fn show(&mut self, shown: bool, now: u64) {
        if shown == self.shown {
            return;
        }
        self.shown = shown;
        self.enter(if shown { Solve::Interactive } else { Solve::Executing }, now);
        self.commands.push_back(Command::Tell(if shown { Outcome::Interactive } else { Outcome::Quiet }));
    }

    /// The frame goes first: whoever hears of the failure may ask again at once.
    fn fail(&mut self, code: Code, message: String) {
        self.commands.push_back(Command::Discard);
        if std::mem::take(&mut self.shown) {
            self.commands.push_back(Command::Tell(Outcome::Quiet));
        }
        self.commands.push_back(Command::Tell(Outcome::Failed { code, message }));
        self.phase = Solve::Idle;
    }
}

#[cfg(test)]
mod tests;
