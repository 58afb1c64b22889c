//! What the engine and the remote module owe, and time: the controller's dealings with both, and its one timer.

use super::{
    Page, module,
    ports::{Heard, Ports},
    silence,
};
use crate::{
    chat::Event,
    error::Code,
    knowledge::LookedUp,
    remote::{Ask, Told},
    wire::{FromEngine, ToEngine},
};

/// The engine.
impl<P: Ports> Page<P> {
    pub(super) fn tell_engine(&self, message: &ToEngine) {
        // One whose frame the page has taken away can't be told anything; a new one can.
        if self.engine.borrow().runs() && !self.ports.engine_stands() {
            self.engine_is_gone(Code::EngineFailed, silence::REMOVED.into());
            return;
        }
        if !self.engine.borrow().runs() {
            if matches!(message, ToEngine::Stop) {
                return;
            }
            if let Err(message) = self.ports.start_engine() {
                return self.queue_gone(Code::EngineFailed, message);
            }
            self.engine.borrow_mut().start(self.ports.now());
        }
        self.engine.borrow_mut().sent(message, self.ports.now());
        self.ports.post(message);
    }

    /// Something came from the engine that runs.
    pub fn engine_said(&self, heard: Heard) {
        match heard {
            Heard::Gone { code, message } => self.engine_is_gone(code, message),
            Heard::Said(message) => {
                self.engine.borrow_mut().heard(&message, self.ports.now());
                match message {
                    FromEngine::Alive => self.arm(),
                    message => self.happen(Event::Engine(message)),
                }
            }
        }
    }

    fn engine_is_gone(&self, code: Code, message: String) {
        if self.engine.borrow().runs() {
            self.engine.borrow_mut().end();
            self.ports.end_engine();
            self.queue_gone(code, message);
        }
    }

    fn queue_gone(&self, code: Code, message: String) {
        self.happen(Event::EngineGone { code, message });
    }
}

/// The module that asks servers and the browser's model.
impl<P: Ports> Page<P> {
    pub(super) fn ask(&self, ask: Ask) {
        let next = self.module.borrow_mut().ask(ask, self.ports.now());
        match next {
            module::Next::Pass(ask) => self.ports.ask(&ask),
            module::Next::Import(attempt) => self.ports.import(attempt),
            module::Next::Nothing => {}
        }
    }

    /// An import of the module has ended: it can be asked, or not. `attempt` is what `ports::Modules::import` was
    /// given; an import that was given up says nothing any more.
    pub fn imported(&self, attempt: u32, open: bool) {
        if self.ended.get() {
            return;
        }
        let waiting = self.module.borrow_mut().arrived(attempt, open);
        for ask in waiting {
            if open {
                self.ports.ask(&ask);
            } else {
                self.ask_failed(&ask);
            }
        }
        self.arm();
    }

    /// The module said something.
    pub fn module_said(&self, told: Told) {
        self.happen(match told {
            Told::Server { id, heard } => Event::Server { id, heard },
            Told::Challenge(outcome) => Event::Challenge(outcome),
        });
    }

    fn ask_failed(&self, ask: &Ask) {
        if let Some(told) = module::failed(ask, || self.reference()) {
            self.module_said(told);
        }
    }
}

/// The look-up, and the browser's own model.
impl<P: Ports> Page<P> {
    /// A look-up has ended. One that was given up says nothing any more.
    pub fn looked_up(&self, told: LookedUp) {
        let awaited = self.look_up.borrow_mut().ended(told.id);
        if awaited {
            self.happen(Event::LookedUp { id: told.id, found: told.found });
        }
    }

    /// The browser has said whether it has a model that is ready to answer. Late is never.
    pub fn probed(&self, there: bool) {
        let awaited = self.probe.borrow_mut().ended(0);
        if awaited {
            self.happen(Event::Probed { there });
        }
    }
}

/// The earlier of two moments that may come.
fn earlier(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Time.
impl<P: Ports> Page<P> {
    /// Sets the one timer to whatever comes first.
    pub(super) fn arm(&self) {
        if self.ended.get() {
            return;
        }
        let due = [
            self.engine.borrow().due(),
            self.module.borrow().due(),
            self.look_up.borrow().due(),
            self.probe.borrow().due(),
            self.keeper.borrow().due(),
            self.timers.borrow().due(),
        ];
        let due = due.into_iter().fold(None, earlier);
        let now = self.ports.now();
        if let Some(ms) = self.timers.borrow_mut().arm(due, now) {
            self.ports.wake(Some(ms));
        }
    }

    /// The timer of `ports::Clock::wake` has fired.
    pub fn woke(&self) {
        if self.ended.get() {
            return;
        }
        let now = self.ports.now();
        let late = self.timers.borrow_mut().fired(now);
        if self.keeper.borrow().due().is_some_and(|due| due <= now) {
            self.keep_now();
        }
        while let Some(wait) = self.next_wait(now) {
            self.happen(Event::Waited(wait));
        }
        let stands = !self.engine.borrow().is_watched() || self.ports.engine_stands();
        if !stands {
            self.engine_is_gone(Code::EngineFailed, silence::REMOVED.into());
        }
        self.engine.borrow_mut().looked(now);
        let silent = self.engine.borrow().silence(now).is_some()
            || self.module.borrow().is_late(now)
            || self.look_up.borrow().late(now).is_some()
            || self.probe.borrow().late(now).is_some();
        if silent {
            // What has arrived meanwhile is let in before the silence is judged.
            self.timers.borrow_mut().judge(late);
            self.ports.let_in();
        } else {
            self.arm();
        }
    }

    fn next_wait(&self, now: u64) -> Option<u32> {
        self.timers.borrow_mut().next(now)
    }

    /// Whatever had arrived when `ports::Clock::let_in` was called has been let in.
    pub fn judge(&self) {
        if self.ended.get() {
            return;
        }
        let now = self.ports.now();
        // After a freeze or a sleep the others have had no time either: a short bound, once.
        let slept = self.timers.borrow_mut().judged() > silence::LATE_MS;
        let forgiven = slept
            && (self.engine.borrow_mut().forgive(now)
                | self.module.borrow_mut().forgive(now)
                | self.look_up.borrow_mut().forgive(now)
                | self.probe.borrow_mut().forgive(now));
        if !forgiven {
            let silence = self.engine.borrow().silence(now);
            if let Some(wait) = silence {
                let bound = wait.bound();
                self.engine_is_gone(bound.code, bound.message.into());
            }
            if self.module.borrow().is_late(now) {
                let waiting = self.module.borrow_mut().give_up();
                waiting.iter().for_each(|ask| self.ask_failed(ask));
            }
            let late = self.look_up.borrow().late(now);
            if let Some(id) = late {
                self.ports.end_look_up();
                self.looked_up(LookedUp { id, found: Err(silence::Wait::LookUp.bound().message.into()) });
            }
            let late = self.probe.borrow().late(now);
            if late.is_some() {
                self.probed(false);
            }
        }
        self.arm();
    }
}
