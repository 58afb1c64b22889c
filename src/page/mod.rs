//! The controller: carries out what the conversation asks for, and hears the silences.
//!
//! A [`Page`] belongs to one widget. It takes events to [`chat::step`], one after the other, and does what follows
//! through small [`ports`]: a clock, the engine, the module that asks servers and the browser's model, the site, the
//! screen. `web` brings those of a browser; the tests bring fakes and a clock that they drive.
//!
//! What each part sees to:
//! - [`silence`]: the table of every wait, with its bound and with what follows when the bound has passed;
//! - `watch`: what engine and remote module owe, and the one timer; with `engine`, which words the engine owes and since
//!   when, and `module`, the import of the remote module and the requests that wait for it;
//! - `owed`: a look-up that is under way, and the browser's word on a model of its own;
//! - `timers`: the conversation's waits, and when the timer that all of this shares is due;
//! - `keeper`: when the conversation is stored for the next page;
//! - `dress`: words and looks;
//! - `refusals`: a server's 402, shared by the widgets of a page.

mod dress;
mod engine;
mod keeper;
mod module;
mod owed;
pub mod ports;
mod refusals;
pub mod silence;
#[cfg(test)]
mod tests;
mod timers;
mod watch;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(target_arch = "wasm32")]
pub use web::{Widget, mount};

use crate::{
    chat::{self, Effect, Event, Settings, State},
    embed::{self, Options},
    error::{Code, Failure, Reference},
    remote::Ask,
};
use dress::Dress;
use keeper::Keeper;
use ports::Ports;
use silence::Wait;
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};
use timers::Timers;

/// One widget: its conversation, and everything that the conversation moves. Every method can be called from within
/// an event that it causes.
#[derive(Debug)]
pub struct Page<P> {
    ports: P,
    state: RefCell<State>,
    /// Events that came while another was being dealt with.
    queue: RefCell<VecDeque<Event>>,
    busy: Cell<bool>,
    engine: RefCell<engine::Line>,
    module: RefCell<module::Line>,
    look_up: RefCell<owed::Line>,
    probe: RefCell<owed::Line>,
    timers: RefCell<Timers>,
    keeper: RefCell<Keeper>,
    dress: RefCell<Dress>,
    /// HOST's origin.
    host: String,
    seed: u32,
    configured: Cell<bool>,
    ended: Cell<bool>,
}

impl<P: Ports> Page<P> {
    /// A widget that is being put on a page. `host` is HOST's origin, `seed` what sampling begins with.
    pub fn new(ports: P, host: String, seed: u32, mut settings: Settings) -> Self {
        settings.sampling.seed = seed;
        Self {
            state: RefCell::new(State::new(settings)),
            ports,
            queue: RefCell::default(),
            busy: Cell::new(false),
            engine: RefCell::default(),
            module: RefCell::default(),
            look_up: RefCell::new(owed::Line::new(Wait::LookUp.bound())),
            probe: RefCell::new(owed::Line::new(Wait::Probe.bound())),
            timers: RefCell::default(),
            keeper: RefCell::default(),
            dress: RefCell::default(),
            host,
            seed,
            configured: Cell::new(false),
            ended: Cell::new(false),
        }
    }

    /// Everything stands: takes what the page before left, and the options. Their settings [`Self::new`] was given.
    pub fn begin(&self, mut options: Options) {
        self.happen(Event::Agreed(std::mem::take(&mut options.agreed)));
        if let Some(saved) = options.saved.take() {
            let _news = self.keeper.borrow_mut().seen(&saved);
            self.happen(Event::Restored(saved));
        }
        self.set_options(options);
        self.happen(Event::Mounted);
    }

    /// HOST's origin.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The ports.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// The conversation as it stands.
    pub fn state(&self) -> std::cell::Ref<'_, State> {
        self.state.borrow()
    }

    /// Takes the options anew, all of them.
    pub fn set_options(&self, mut options: Options) {
        options.warnings.iter().for_each(|warning| self.ports.warn(warning));
        options.settings.sampling.seed = self.seed;
        self.redress(|dress| {
            dress.own = std::mem::take(&mut options.look);
            dress.languages = std::mem::take(&mut options.languages);
        });
        // The first time, the state was made of them.
        let first = !self.configured.replace(true);
        if !first {
            self.keeper.borrow_mut().moved();
            // A page around our frame has the storage, and tells by these what it learns there.
            if let Some(saved) = options.saved.take() {
                self.elsewhere(saved);
            }
            if let Some(full) = options.storage_full {
                self.stored(full);
            }
        }
        if !options.refused.is_empty() {
            let message = embed::joined(&options.refused, "; ");
            let failure = Failure::client(Code::ConfigInvalid, message, self.reference());
            self.happen(Event::Misconfigured(failure));
        } else if !first {
            self.happen(Event::Configured(options.settings));
        }
    }

    /// Puts a text into the composer.
    pub fn set_input(&self, text: String) {
        self.ports.set_draft(&text);
        self.happen(Event::Draft(text));
    }

    /// Another tab of the site stored this of the same conversation; an empty text where it began a new one.
    pub fn elsewhere(&self, saved: String) {
        let news = self.keeper.borrow_mut().seen(&saved);
        if news {
            self.happen(Event::Elsewhere(saved));
        }
    }

    /// The storage took what it was given last, or had no room for it.
    pub fn stored(&self, full: bool) {
        let news = self.keeper.borrow_mut().stored(full);
        if news {
            self.happen(Event::Storage { full });
        }
    }

    /// The page may be gone after this: what is to be kept is kept now.
    pub fn flush(&self) {
        self.keep_now();
    }

    /// Ends everything. Nothing is told any more.
    pub fn end(&self) {
        if self.ended.get() {
            return;
        }
        self.keep_now();
        self.ended.set(true);
        self.queue.borrow_mut().clear();
        *self.timers.borrow_mut() = Timers::default();
        self.ports.wake(None);
        self.engine.borrow_mut().end();
        self.ports.end_engine();
        self.look_up.borrow_mut().end();
        self.ports.end_look_up();
        self.probe.borrow_mut().end();
        if self.module.borrow_mut().end() {
            self.ports.ask(&Ask::End);
        }
    }

    /// Deals with an event and all that follow from it, one after the other: a listener of the site may well ask the
    /// next question from within an event.
    pub fn happen(&self, event: Event) {
        if self.ended.get() {
            return;
        }
        self.queue.borrow_mut().push_back(event);
        if self.busy.replace(true) {
            return;
        }
        // What another tab has stored is no news of this one.
        let (mut changed, mut added) = (false, false);
        while let Some(event) = self.next() {
            self.share_refusal();
            self.state.borrow_mut().set_date(self.ports.date());
            let own = !matches!(event, Event::Elsewhere(_));
            changed |= own;
            let effects = chat::step(&mut self.state.borrow_mut(), event, &mut || self.ports.random());
            self.share_refusal();
            for effect in effects {
                // A listener of the site may have ended the widget.
                if self.ended.get() {
                    break;
                }
                // Not `==`, which brings the comparison of everything that an effect may hold.
                changed |= matches!(effect, Effect::Keep);
                added |= own && matches!(effect, Effect::Added(_));
                self.ports.draw(&self.state.borrow(), &effect);
                self.carry_out(effect);
            }
        }
        self.busy.set(false);
        if !self.ended.get() {
            if added {
                // A question is the visitor's own work: a frame that is moved or killed in the next moment has kept it.
                self.keep_now();
            } else if changed {
                self.keeper.borrow_mut().changed(self.ports.now());
            }
            self.arm();
        }
    }

    fn next(&self) -> Option<Event> {
        self.queue.borrow_mut().pop_front()
    }

    fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::Engine(message) => self.tell_engine(&message),
            Effect::DropEngine => {
                self.engine.borrow_mut().end();
                self.ports.end_engine();
            }
            Effect::Send { id, outgoing } => self.ask(Ask::Send { id, outgoing }),
            Effect::Abort(id) => self.ask(Ask::Abort(id)),
            Effect::Challenge { site_key, challenge_url } => {
                let language = self.language().into();
                self.ask(Ask::Solve { site_key, challenge_url, language });
            }
            Effect::Probe => {
                self.probe.borrow_mut().begin(0, self.ports.now());
                self.ports.probe(&self.asked_in());
            }
            Effect::Prompt { id, messages } => self.ask(Ask::Prompt { id, messages, language: self.asked_in() }),
            Effect::LookUp(question) => {
                self.look_up.borrow_mut().begin(question.id, self.ports.now());
                self.ports.look_up(&question);
            }
            Effect::EndLookUp => {
                self.look_up.borrow_mut().end();
                self.ports.end_look_up();
            }
            Effect::Check { answer, piece, first, last } => {
                let text = self.ports.check(&piece, first, last);
                // Before whatever else has come: what follows may be the end of this answer.
                self.queue.borrow_mut().push_front(Event::Checked { answer, text, last });
            }
            Effect::EndChallenge => self.ask(Ask::Cancel),
            Effect::Wait { id, ms } => self.timers.borrow_mut().add(id, self.ports.now(), ms),
            Effect::Report(failure) => self.ports.report(&failure),
            Effect::Tell(told) => self.ports.tell(&told),
            Effect::Note(note) => self.ports.warn(&note),
            Effect::Agreed(models) => self.ports.keep_agreed(&models),
            Effect::Look(said) => {
                let configured = Options::defaults(said);
                self.ports.wear(&configured.theme);
                self.redress(|dress| dress.configured = configured);
            }
            Effect::Added(_)
            | Effect::Appended(..)
            | Effect::Changed(_)
            | Effect::Cleared
            | Effect::Phase
            | Effect::Draft
            | Effect::Keep => {}
        }
    }

    /// The panel's.
    fn language(&self) -> &'static str {
        self.dress.borrow().words.tag()
    }

    /// The site's: its visitors ask in it, whatever the panel speaks.
    fn asked_in(&self) -> String {
        let dress = self.dress.borrow();
        dress.languages.first().map_or_else(|| dress.words.tag().to_owned(), Clone::clone)
    }

    /// Changes the panel's words and looks.
    fn redress(&self, change: impl FnOnce(&mut Dress)) {
        let (words, look, warnings) = {
            let mut dress = self.dress.borrow_mut();
            change(&mut dress);
            dress.renew(&self.ports.languages())
        };
        warnings.iter().for_each(|warning| self.ports.warn(warning));
        self.ports.dress(words, look);
    }

    fn keep_now(&self) {
        let now = self.ports.now();
        let saved = {
            let timers = self.timers.borrow();
            self.state.borrow().saved(&|wait| timers.left(wait, now))
        };
        let news = self.keeper.borrow_mut().take(saved);
        if let Some(saved) = news {
            self.ports.keep(&saved);
        }
    }

    fn reference(&self) -> Reference {
        let [a, b, c, d, e, f, g, h, ..] = self.ports.random();
        Reference::client([a, b, c, d, e, f, g, h])
    }

    /// A 402 that any widget of this page was told is told to all.
    fn share_refusal(&self) {
        refusals::share(&mut self.state.borrow_mut());
    }
}
