//! What the controller needs of its surroundings, in small pieces. `web` has them from a browser, the tests from
//! fakes. What comes back, comes by the methods of [`Page`](super::Page) and never before a port's call has returned.

use crate::{
    chat::{State, Told},
    embed::{Look, Theme},
    error::Failure,
    knowledge::LookUp,
    locale::Words,
    remote::Ask,
    wire::ToEngine,
};

pub use crate::answer::local::Heard;
use crate::chat::Effect;

/// Time and chance.
pub trait Clock {
    /// Milliseconds on a clock that only goes forward.
    fn now(&self) -> u64;
    /// Milliseconds since 1970, by the clock of the day.
    fn date(&self) -> u64;
    /// Calls [`Page::woke`](super::Page::woke) after so many milliseconds, in place of any earlier wish; None: never.
    fn wake(&self, ms: Option<u32>);
    /// Calls [`Page::judge`](super::Page::judge) once everything that has arrived by now was let in.
    fn let_in(&self);
    /// Bytes of the platform's cryptographic source.
    fn random(&self) -> [u8; 16];
}

/// The engine: a worker, behind a frame or not.
pub trait Engine {
    /// Starts one. Before this nothing runs.
    ///
    /// # Errors
    /// When the browser refuses, in words for the developer.
    fn start_engine(&self) -> Result<(), String>;
    /// Tells the one that runs; what it can't take yet waits for it.
    fn post(&self, message: &ToEngine);
    /// Whether what the engine lives in still is where it was put. False for a frame that was removed, or moved and
    /// therefore loaded anew by the browser.
    fn engine_stands(&self) -> bool;
    /// Ends the one that runs, if one does. It says nothing any more.
    fn end_engine(&self);
}

/// The module that talks to servers and to the browser's own model, and solves challenges.
pub trait Modules {
    /// Imports it; the end is told to [`Page::imported`](super::Page::imported). Later attempts are made afresh: a
    /// browser remembers an import that hangs or has failed.
    fn import(&self, attempt: u32);
    /// Asks the imported one.
    fn ask(&self, ask: &Ask);
}

/// The module that looks questions up in the site's pages.
pub trait Lookup {
    /// Looks one up, in place of the one before; imports the module, where it is not there yet. The end is told to
    /// [`Page::looked_up`](super::Page::looked_up).
    fn look_up(&self, question: &LookUp);
    /// Ends the look-up under way, if there is one.
    fn end_look_up(&self);
    /// What may be shown of an answer to the question that was looked up last, once this piece of it has come. `first`:
    /// the answer begins, perhaps anew; `last`: it ends.
    fn check(&self, piece: &str, first: bool, last: bool) -> String;
}

/// The browser's own model.
pub trait Builtin {
    /// Asks whether it is ready to answer in this language; the end is told to [`Page::probed`](super::Page::probed).
    fn probe(&self, language: &str);
}

/// The site, as the loader stands for it.
pub trait Site {
    /// Tells an event.
    fn tell(&self, told: &Told);
    /// Tells a failure.
    fn report(&self, failure: &Failure);
    /// Tells the loader what the server's configuration wants of its part of the widget.
    fn wear(&self, theme: &Theme);
    /// Tells the developer, on the console.
    fn warn(&self, warning: &str);
    /// Stores the conversation for the next page; an empty text where there is nothing to store.
    fn keep(&self, saved: &str);
    /// Stores for which models the visitor has agreed to a download.
    fn keep_agreed(&self, models: &[String]);
    /// The visitor's languages, most wanted first.
    fn languages(&self) -> Vec<String>;
}

/// What the visitor sees.
pub trait Screen {
    /// Draws what an effect changed.
    fn draw(&self, state: &State, effect: &Effect);
    /// Puts a text into the composer.
    fn set_draft(&self, draft: &str);
    /// Takes what changed of the panel's words and looks.
    fn dress(&self, words: Words, look: Look);
}

/// All of them.
pub trait Ports: Clock + Engine + Modules + Lookup + Builtin + Site + Screen {}

impl<P: Clock + Engine + Modules + Lookup + Builtin + Site + Screen> Ports for P {}
