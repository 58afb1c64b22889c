//! The challenge without its frame: the widget's own machine, and a script that says what fate has in store.

use super::{fate::Fate, page::Signal};
use crate::support::{self, Server};
use inferkit_widget::gate::challenge::{Callback, Challenge, Command, Input, Outcome};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc::UnboundedSender,
    task::JoinHandle,
    time::{Instant, sleep, sleep_until},
};

/// How one solve goes.
#[derive(Clone, Debug)]
pub enum Solve {
    /// Solved after so many milliseconds, with a token that is good or has this wrong with it.
    Token(u64, Flaw),
    /// The visitor has to click, and does so after as long.
    Click(u64),
    /// There is something to click, and nobody does.
    NoClick,
    /// No frame, or nothing in it, ever.
    NoFrame,
    /// The script begins and never says more.
    Silent,
    Says(u64, Callback),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    /// It came so late that it is not used.
    Late,
    /// Solved longer ago than the server takes it.
    Stale,
    OtherHostname,
    OtherAction,
    /// The one before it, once more.
    Spent,
}

impl Solve {
    pub fn draw(fate: &mut Fate, bad: u64) -> Self {
        let ms = fate.span(8_000);
        if !fate.percent(bad) {
            return if fate.percent(80) { Self::Token(ms, Flaw::None) } else { Self::Click(fate.span(100_000)) };
        }
        let flaws = [Flaw::Late, Flaw::Stale, Flaw::OtherHostname, Flaw::OtherAction, Flaw::Spent];
        match fate.below(10) {
            0..4 => Self::Token(ms, fate.pick(&flaws)),
            4 => Self::NoClick,
            5 => Self::NoFrame,
            6 => Self::Silent,
            7 => Self::Says(ms, Callback::Error(fate.pick(&["300030", "600010", "110200", "110600", "999999"]).into())),
            8 => Self::Says(ms, fate.pick(&[Callback::Expired, Callback::TimedOut, Callback::Unsupported])),
            _ => {
                let threw = Callback::Threw { code: "3588".into(), words: "invalid site key".into() };
                Self::Says(ms, fate.pick(&[Callback::Absent("blocked".into()), threw]))
            }
        }
    }

    /// The code of its failure, as the contract and Turnstile's documentation have it; None for a proof.
    pub fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Token(_, Flaw::Late) | Self::NoClick | Self::Silent => "challenge_timeout",
            Self::Token(..) | Self::Click(_) => return None,
            Self::Says(_, Callback::Error(code)) if code.starts_with("300") || code.starts_with("600") => {
                "challenge_failed"
            }
            Self::Says(_, Callback::Error(code)) if code.starts_with("1106") => "challenge_timeout",
            Self::Says(_, Callback::Expired | Callback::TimedOut) => "challenge_timeout",
            Self::NoFrame | Self::Says(..) => "challenge_unavailable",
        })
    }
}

/// How old the page is when it is first looked at, in milliseconds: a token may be older than that.
const EARLIER: u64 = 1_000_000;

pub struct Double {
    machine: Challenge,
    server: Arc<Server>,
    signals: UnboundedSender<Signal>,
    pub solves: std::vec::IntoIter<Solve>,
    /// The one under way, or the last.
    pub solve: Solve,
    tokens: u32,
    script: Option<JoinHandle<()>>,
    timer: Option<JoinHandle<()>>,
    began: Instant,
}

impl Double {
    pub fn new(solves: Vec<Solve>, server: Arc<Server>, signals: UnboundedSender<Signal>) -> Self {
        Self {
            machine: Challenge::default(),
            server,
            signals,
            solves: solves.into_iter(),
            solve: Solve::NoFrame,
            tokens: 0,
            script: None,
            timer: None,
            began: Instant::now(),
        }
    }

    /// Takes in what happened, and says what comes of it.
    pub fn tell(&mut self, event: Input) -> Vec<Outcome> {
        let now = EARLIER + self.began.elapsed().as_millis() as u64;
        self.machine.tell(event, now);
        let mut outcomes = Vec::new();
        while let Some(command) = self.machine.next(now) {
            match command {
                Command::Execute { epoch } => self.execute(epoch),
                Command::Discard => end(&mut self.script),
                Command::Tell(outcome) => outcomes.push(outcome),
            }
        }
        end(&mut self.timer);
        if let Some(deadline) = self.machine.deadline() {
            let (signals, at) = (self.signals.clone(), self.began + Duration::from_millis(deadline - EARLIER));
            self.timer = Some(tokio::spawn(async move {
                sleep_until(at).await;
                let _gone = signals.send(Signal::Frame(Input::Deadline));
            }));
        }
        outcomes
    }

    /// Whether it waits for nothing.
    pub fn is_idle(&self) -> bool {
        self.machine.deadline().is_none()
    }

    fn execute(&mut self, epoch: u32) {
        end(&mut self.script);
        self.solve = self.solves.next().unwrap_or(Solve::Token(300, Flaw::None));
        let said = match self.solve.clone() {
            Solve::Token(ms, flaw) => {
                vec![(100, Callback::Rendered), (0, Callback::Executing), (ms, self.solved(flaw))]
            }
            Solve::Click(ms) => vec![
                (100, Callback::Rendered),
                (0, Callback::Executing),
                (500, Callback::Interactive),
                (ms, Callback::Quiet),
                (10, self.solved(Flaw::None)),
            ],
            Solve::NoClick => vec![(100, Callback::Rendered), (0, Callback::Executing), (500, Callback::Interactive)],
            Solve::NoFrame => Vec::new(),
            Solve::Silent => vec![(100, Callback::Rendered), (0, Callback::Executing)],
            Solve::Says(ms, said) => vec![(100, Callback::Rendered), (ms, said)],
        };
        let signals = self.signals.clone();
        self.script = Some(tokio::spawn(async move {
            for (ms, said) in said {
                sleep(Duration::from_millis(ms)).await;
                let _gone = signals.send(Signal::Frame(Input::Callback { epoch, said }));
            }
        }));
    }

    fn solved(&mut self, flaw: Flaw) -> Callback {
        if flaw != Flaw::Spent || self.tokens == 0 {
            self.tokens += 1;
        }
        let now = self.server.gateway.clock.date().as_millis() as u64;
        let change = match flaw {
            Flaw::None | Flaw::Late | Flaw::Spent => json!({}),
            Flaw::Stale => json!({ "at": now - 301_000 }),
            Flaw::OtherHostname => json!({ "hostname": "elsewhere.example" }),
            Flaw::OtherAction => json!({ "action": "login" }),
        };
        let age = if flaw == Flaw::Late { 250_000 } else { 0 };
        Callback::Solved { token: support::token(&self.tokens.to_string(), change, &self.server), age }
    }
}

fn end(task: &mut Option<JoinHandle<()>>) {
    if let Some(task) = task.take() {
        task.abort();
    }
}
