//! The widget without a browser: carries out what the conversation asks for, as `src/bin/widget.rs` does on a page, and
//! has every step watched.

use super::{
    answers::Begun,
    challenge::Double,
    fate::Fate,
    network::{BASE, Exchange, Network},
    oracle::Oracle,
    plan::Schedule,
    watch::{Foreseen, Keys},
    words,
};
use crate::support::{KEY, Server};
use inferkit_widget::{
    answer::remote::{Heard, Server as Address},
    chat::{self, Effect, EntryId, EntryState, Event, Phase, Settings, State},
    error::Code,
    gate::challenge::{self, Outcome},
    wire::{ModelSource, ToEngine},
};
use parking_lot::Mutex;
use std::{cell::RefCell, collections::HashMap, fmt::Write, rc::Rc, sync::Arc, time::Duration};
use tokio::{
    select,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep, sleep_until},
};

/// Longer than anything may go on by itself after the visitor's last word.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What comes to the page from outside.
#[derive(Debug)]
pub enum Signal {
    Server(u32, Heard),
    Waited(u32),
    Frame(challenge::Input),
    /// The worker that was started as the how-manieth.
    EngineDies(u32),
}

pub struct Page {
    pub state: State,
    pub oracle: Oracle,
    pub network: Network,
    pub challenge: Double,
    pub server: Arc<Server>,
    pub runs: Arc<Mutex<Vec<Begun>>>,
    pub keys: HashMap<EntryId, Keys>,
    /// When a button may be pressed, because the server has said so.
    pub opens: HashMap<EntryId, Instant>,
    /// The wait after which the session is over.
    pub expiry: Option<u32>,
    /// Server's ids that were told to the site.
    pub told: Vec<String>,
    /// Codes of failures, whatever followed.
    pub heard: Vec<String>,
    /// The last report was of the gate's making.
    pub by_gate: bool,
    exchanges: Vec<(u32, Exchange)>,
    device_ms: u64,
    workers: u32,
    works: bool,
    fate: Fate,
    signals: UnboundedReceiver<Signal>,
    sender: UnboundedSender<Signal>,
    began: Instant,
    trail: Rc<RefCell<String>>,
}

impl Page {
    pub fn new(
        seed: u64,
        schedule: &Schedule,
        server: Arc<Server>,
        runs: Arc<Mutex<Vec<Begun>>>,
        trail: Rc<RefCell<String>>,
    ) -> Self {
        let (sender, signals) = unbounded_channel();
        let model = schedule.device.map(|_| ModelSource {
            url: "https://host.example/m.gguf".into(),
            bytes: Some(100),
            ..ModelSource::default()
        });
        let address = Address { base: BASE.into(), api_key: Some(KEY.into()), ..Address::default() };
        let settings = Settings {
            mode: schedule.mode,
            model,
            server: Some(address),
            remote_consent_granted: schedule.may_leave,
            max_tokens: 64,
            ..Settings::default()
        };
        Self {
            state: State::new(settings),
            oracle: Oracle {
                mode: schedule.mode,
                has_model: schedule.device.is_some(),
                may_leave: schedule.may_leave,
                broken: false,
                stays: false,
                config: None,
                refused: None,
                session: false,
                demanded: false,
                course: None,
            },
            network: Network::new(server.clone(), schedule.offline.clone(), sender.clone()),
            challenge: Double::new(schedule.solves.clone(), server.clone(), sender.clone()),
            server,
            runs,
            keys: HashMap::new(),
            opens: HashMap::new(),
            expiry: None,
            told: Vec::new(),
            heard: Vec::new(),
            by_gate: false,
            exchanges: Vec::new(),
            device_ms: schedule.device.unwrap_or_default(),
            workers: 0,
            works: false,
            fate: Fate::new(!seed),
            signals,
            sender,
            began: Instant::now(),
            trail,
        }
    }

    /// Lets everything happen up to a moment.
    pub async fn until(&mut self, moment: Instant) {
        loop {
            select! {
                biased;
                Some(signal) = self.signals.recv() => self.hear(signal),
                () = sleep_until(moment) => return,
            }
        }
    }

    /// Lets everything happen until nothing more does without the visitor.
    pub async fn rest(&mut self) {
        let limit = Instant::now() + LONGEST;
        while !self.rests() {
            select! {
                biased;
                Some(signal) = self.signals.recv() => self.hear(signal),
                () = sleep_until(limit) => panic!("no rest: {:?} {:?}", self.state.phase, self.exchanges.len()),
            }
        }
    }

    /// Whether only the visitor can move it on: no request, no challenge and no worker is under way.
    fn rests(&self) -> bool {
        let waits = matches!(self.state.phase, Phase::Idle | Phase::Consent { .. } | Phase::Leaving);
        let in_flight = self.state.entries.iter().any(|entry| entry.state == EntryState::Streaming);
        assert_eq!(in_flight && waits, waits && self.state.phase != Phase::Idle, "a question waits for something");
        waits && self.exchanges.is_empty() && self.challenge.is_idle()
    }

    fn hear(&mut self, signal: Signal) {
        match signal {
            Signal::Server(id, heard) => {
                let Some(at) = self.exchanges.iter().position(|(other, _)| *other == id) else { return };
                let ended = heard.is_last().then(|| self.exchanges.remove(at).1);
                self.step_after(Event::Server { id, heard }, ended);
            }
            Signal::Waited(id) => self.step(Event::Waited(id)),
            Signal::Frame(event) => {
                for outcome in self.challenge.tell(event) {
                    self.step(Event::Challenge(outcome));
                }
            }
            Signal::EngineDies(worker) if self.works && worker == self.workers => {
                self.works = false;
                let message = "no adapter".into();
                self.step(Event::EngineGone { code: Code::WebgpuUnavailable, message });
            }
            Signal::EngineDies(_) => {}
        }
    }

    pub fn step(&mut self, event: Event) {
        self.step_after(event, None);
    }

    /// A step. `ended`: the request whose last word the event is.
    fn step_after(&mut self, event: Event, ended: Option<Exchange>) {
        let before = self.state.clone();
        self.write(format_args!("{event:?}"));
        let foreseen: Foreseen = self.foresee(&event, ended.as_ref());
        let effects = chat::step(&mut self.state, event.clone(), &mut || self.fate.bytes());
        for effect in &effects {
            self.write(format_args!("    {effect:?}"));
        }
        words::watch(&before, &event, &effects, &self.state);
        self.watch(&before, foreseen, &effects);
        for effect in effects {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send { id, outgoing } => {
                let mint = Fate::new(self.fate.number());
                self.exchanges.push((id, self.network.send(id, outgoing, mint)));
            }
            Effect::Abort(id) => self.exchanges.retain(|(other, _)| *other != id),
            Effect::Challenge { .. } => {
                let said: Vec<Outcome> = self.challenge.tell(challenge::Input::Ask);
                assert!(said.is_empty(), "a challenge that was just asked for has said {said:?}");
            }
            Effect::EndChallenge => drop(self.challenge.tell(challenge::Input::Abort)),
            // A browser's timers have 31 bits.
            Effect::Wait { id, ms } => self.later(ms.min(i32::MAX.unsigned_abs()).into(), Signal::Waited(id)),
            Effect::Engine(ToEngine::Load { .. }) if !self.works => {
                self.workers += 1;
                self.works = true;
                self.later(self.device_ms, Signal::EngineDies(self.workers));
            }
            // It dies in any case, and nobody waits for it any more, or somebody again.
            Effect::Engine(ToEngine::Load { .. } | ToEngine::Stop) => {}
            Effect::Engine(message) => panic!("nothing is loaded, and is told {message:?}"),
            Effect::DropEngine => self.works = false,
            _ => {}
        }
    }

    fn later(&self, ms: u64, signal: Signal) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(ms)).await;
            let _gone = sender.send(signal);
        });
    }

    /// No more faults of the network's or the challenge's.
    pub fn weather_clears(&mut self) {
        self.network.offline.clear();
        self.challenge.solves.by_ref().for_each(drop);
    }

    pub fn write(&self, line: std::fmt::Arguments<'_>) {
        let ms = self.began.elapsed().as_millis();
        // Writing to a string can't fail.
        let _ = writeln!(self.trail.borrow_mut(), "{:>9}.{:03} {line}", ms / 1_000, ms % 1_000);
    }
}
