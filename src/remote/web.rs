//! The page's side: fetches the module when it is first asked for something.

use super::{Ask, PROTOCOL, Told};
use crate::{
    answer::remote::Heard,
    error::{Code, Failure, Reference},
    gate::challenge::Outcome,
    wire,
};
use js_sys::{Function, Promise};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlElement;

#[wasm_bindgen]
extern "C" {
    /// `remote.js`, which exports what `bin/remote.rs` does.
    type Module;

    #[wasm_bindgen(method)]
    fn open(this: &Module, protocol: u32, base: &str, place: &HtmlElement, tell: &Function) -> Option<Line>;

    /// One widget's line to the module.
    #[derive(Clone)]
    type Line;

    #[wasm_bindgen(method)]
    fn ask(this: &Line, message: &[u8]);
}

/// The module that talks to servers, as one widget uses it. Dropping it ends all that it was asked for.
pub struct Remote(Rc<Inner>);

struct Inner {
    base: String,
    place: HtmlElement,
    /// Fetches the module; the loader's part.
    load: Function,
    mint: fn() -> Reference,
    hear: Box<dyn Fn(Told)>,
    state: RefCell<State>,
}

enum State {
    Absent,
    /// What waits for the module.
    Coming(Vec<Ask>),
    Open(Line, #[expect(dead_code, reason = "the module calls it for as long as it is here")] Closure<dyn Fn(Vec<u8>)>),
    Ended,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.ask(Ask::End);
        *self.0.state.borrow_mut() = State::Ended;
    }
}

impl Remote {
    /// `base` is the address of HOST's folder, `place` where a challenge is shown, and `load` a function that returns
    /// a promise of the module. `hear` may ask, and drop.
    pub fn new(
        base: &str,
        place: HtmlElement,
        load: Function,
        mint: fn() -> Reference,
        hear: impl Fn(Told) + 'static,
    ) -> Self {
        let (base, hear, state) = (base.into(), Box::new(hear), RefCell::new(State::Absent));
        Self(Rc::new(Inner { base, place, load, mint, hear, state }))
    }

    /// Asks for something. What it comes to is never heard before this has returned.
    pub fn ask(&self, ask: Ask) {
        let line = match &mut *self.0.state.borrow_mut() {
            State::Open(line, _) => Some(line.clone()),
            State::Coming(waiting) => {
                waiting.push(ask);
                return;
            }
            State::Ended => return,
            // There is nothing to end.
            State::Absent if matches!(ask, Ask::Abort(_) | Ask::Cancel | Ask::End) => return,
            State::Absent => None,
        };
        match line {
            Some(line) => line.ask(&wire::encode(&ask)),
            None => self.fetch(ask),
        }
    }

    fn fetch(&self, first: Ask) {
        *self.0.state.borrow_mut() = State::Coming(vec![first]);
        let inner = Rc::downgrade(&self.0);
        let load = self.0.load.clone();
        spawn_local(async move {
            let module = async {
                let promise: Promise = load.call0(&JsValue::NULL)?.dyn_into()?;
                JsFuture::from(promise).await
            };
            let module = module.await;
            if let Some(inner) = inner.upgrade() {
                inner.arrived(module.ok().map(JsCast::unchecked_into));
            }
        });
    }
}

impl Inner {
    fn arrived(self: &Rc<Self>, module: Option<Module>) {
        let line = module.and_then(|module| {
            let weak = Rc::downgrade(self);
            let tell = Closure::<dyn Fn(Vec<u8>)>::new(move |bytes: Vec<u8>| {
                if let (Some(inner), Ok(told)) = (weak.upgrade(), wire::decode(&bytes)) {
                    (inner.hear)(told);
                }
            });
            let line = module.open(PROTOCOL, &self.base, &self.place, tell.as_ref().unchecked_ref())?;
            Some((line, tell))
        });
        let next = line.map_or(State::Absent, |(line, tell)| State::Open(line, tell));
        let State::Coming(waiting) = self.state.replace(next) else { return };
        for ask in waiting {
            // Not borrowed any more when something is told: whoever hears it may ask.
            match self.line() {
                Some(line) => line.ask(&wire::encode(&ask)),
                None => self.failed(ask),
            }
        }
    }

    fn line(&self) -> Option<Line> {
        match &*self.state.borrow() {
            State::Open(line, _) => Some(line.clone()),
            _ => None,
        }
    }

    /// Nothing is lost but the attempt: the next one fetches anew.
    fn failed(&self, ask: Ask) {
        const MESSAGE: &str = "remote.js, which talks to servers, could not be loaded from HOST";
        match ask {
            Ask::Send { id, .. } => {
                let failure = Failure::client(Code::NetworkError, MESSAGE, (self.mint)());
                (self.hear)(Told::Server { id, heard: Heard::Failed { failure, retry_after: None } });
            }
            Ask::Solve { .. } => {
                let (code, message) = (Code::ChallengeUnavailable, MESSAGE.into());
                (self.hear)(Told::Challenge(Outcome::Failed { code, message }));
            }
            Ask::Abort(_) | Ask::Cancel | Ask::End => {}
        }
    }
}
