//! One widget's line: its requests under way, and its challenge.

use crate::{
    answer::{
        builtin,
        exchange::Exchange,
        remote::{self, Heard},
    },
    error,
    gate::ChallengeFrame,
    lives::{Lives, Registry, drop_later},
    remote::{Ask, PROTOCOL, Told},
    wire,
};
use js_sys::{Function, Uint8Array};
use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// One widget's line to this module.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Line(RefCell<Option<Rc<Inner>>>);

#[derive(Debug)]
struct Inner {
    challenge: ChallengeFrame,
    tell: Function,
    lives: Lives,
    /// Requests, and answers of the browser's model, under way, by their names.
    exchanges: RefCell<Vec<(u32, Exchange)>>,
    me: Weak<Self>,
}

impl Line {
    /// Opens a line for one widget: `base` is the address of HOST's folder, `place` where a challenge is shown, `lives`
    /// the registry of the widget's generation, and `tell` hears a [`Told`] as bytes. None for a page's module of
    /// another `protocol`.
    pub fn open(
        protocol: u32,
        base: &str,
        place: web_sys::HtmlElement,
        lives: Registry,
        tell: Function,
    ) -> Option<Self> {
        if protocol != PROTOCOL {
            return None;
        }
        let lives = Lives::from(lives);
        let inner = Rc::new_cyclic(|weak: &Weak<Inner>| {
            let outcomes = weak.clone();
            let challenge = ChallengeFrame::new(base, place, lives.clone(), move |outcome| {
                if let Some(inner) = outcomes.upgrade() {
                    inner.tell(&Told::Challenge(outcome));
                }
            });
            Inner { challenge, tell, lives, exchanges: RefCell::default(), me: weak.clone() }
        });
        Some(Self(RefCell::new(Some(inner))))
    }
}

#[wasm_bindgen]
impl Line {
    /// Takes an [`Ask`] as bytes. It may come from within what it tells.
    pub fn ask(&self, message: &[u8]) {
        // Both modules compile the same messages, and `open` has compared their protocols.
        let Ok(ask) = wire::decode(message) else { return };
        let Some(inner) = self.0.borrow().clone() else { return };
        match ask {
            Ask::Send { id, outgoing } => {
                let (lives, hear) = (inner.lives.clone(), inner.hearing(id));
                inner.keep(id, remote::send(outgoing, lives, error::reference, hear));
            }
            Ask::Prompt { id, messages, language } => {
                let (lives, hear) = (inner.lives.clone(), inner.hearing(id));
                inner.keep(id, builtin::prompt(messages, language, lives, error::reference, hear));
            }
            Ask::Abort(id) => inner.exchanges.borrow_mut().retain(|(other, _)| *other != id),
            Ask::Solve { site_key, challenge_url, language } => {
                inner.challenge.solve(&site_key, challenge_url.as_deref(), &language);
            }
            Ask::Cancel => inner.challenge.cancel(),
            Ask::End => {
                inner.exchanges.borrow_mut().clear();
                inner.challenge.cancel();
                self.0.take();
                // Later: what calls this may have been called from inside.
                drop_later(inner);
            }
        }
    }
}

impl Inner {
    /// What hears of an exchange.
    fn hearing(&self, id: u32) -> impl Fn(Heard) + use<> {
        let me = self.me.clone();
        move |heard| {
            let Some(me) = me.upgrade() else { return };
            if heard.is_last() {
                me.forget(id);
            }
            me.tell(&Told::Server { id, heard });
        }
    }

    fn keep(&self, id: u32, exchange: Exchange) {
        self.exchanges.borrow_mut().push((id, exchange));
    }

    /// Later: what calls this may belong to the exchange.
    fn forget(&self, id: u32) {
        let me = self.me.clone();
        self.lives.soon(move || {
            if let Some(me) = me.upgrade() {
                me.exchanges.borrow_mut().retain(|(other, _)| *other != id);
            }
        });
    }

    fn tell(&self, told: &Told) {
        let bytes = Uint8Array::from(wire::encode(told).as_slice());
        // The page's function throws for a module that has crashed, and then nobody listens any more.
        let _told = self.tell.call1(&JsValue::NULL, &bytes);
    }
}
