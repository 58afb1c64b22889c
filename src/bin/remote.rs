//! The module that talks to servers and solves challenges: what `remote::Remote` fetches when a page first needs it.

#[cfg(target_arch = "wasm32")]
mod page {
    use gloo_timers::callback::Timeout;
    use inferkit_widget::{
        answer::remote::{Exchange, Outgoing},
        error,
        gate::ChallengeFrame,
        remote::{Ask, PROTOCOL, Told},
        wire,
    };
    use js_sys::{Function, Uint8Array};
    use std::{
        cell::RefCell,
        rc::{Rc, Weak},
    };
    use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

    /// Small, and one thread is all there is.
    #[global_allocator]
    static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

    /// Whom a panic is told to: the loader, which draws the last words.
    #[wasm_bindgen]
    pub fn on_panic(tell: Function) {
        std::panic::set_hook(Box::new(move |panic| {
            let _told = tell.call1(&JsValue::NULL, &panic.to_string().into());
        }));
    }

    /// Opens a line for one widget: `base` is the address of HOST's folder, `place` where a challenge is shown, and
    /// `tell` hears a [`Told`] as bytes. None for a page's module of another `protocol`.
    #[wasm_bindgen]
    pub fn open(protocol: u32, base: &str, place: web_sys::HtmlElement, tell: Function) -> Option<Line> {
        if protocol != PROTOCOL {
            return None;
        }
        let inner = Rc::new_cyclic(|weak: &Weak<Inner>| {
            let outcomes = weak.clone();
            let challenge = ChallengeFrame::new(base, place, move |outcome| {
                if let Some(inner) = outcomes.upgrade() {
                    inner.tell(&Told::Challenge(outcome));
                }
            });
            Inner { challenge, tell, exchanges: RefCell::default(), me: weak.clone() }
        });
        Some(Line(RefCell::new(Some(inner))))
    }

    /// One widget's line.
    #[wasm_bindgen]
    pub struct Line(RefCell<Option<Rc<Inner>>>);

    struct Inner {
        challenge: ChallengeFrame,
        tell: Function,
        /// Requests under way, by their names.
        exchanges: RefCell<Vec<(u32, Exchange)>>,
        me: Weak<Self>,
    }

    #[wasm_bindgen]
    impl Line {
        /// Takes an [`Ask`] as bytes. It may come from within what it tells.
        pub fn ask(&self, message: &[u8]) {
            // Both modules compile the same messages, and `open` has compared their protocols.
            let Ok(ask) = wire::decode(message) else { return };
            let Some(inner) = self.0.borrow().clone() else { return };
            match ask {
                Ask::Send { id, outgoing } => inner.send(id, outgoing),
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
                    Timeout::new(0, move || drop(inner)).forget();
                }
            }
        }
    }

    impl Inner {
        fn send(&self, id: u32, outgoing: Outgoing) {
            let me = self.me.clone();
            let exchange = Exchange::start(outgoing, error::reference, move |heard| {
                let Some(me) = me.upgrade() else { return };
                if heard.is_last() {
                    me.forget(id);
                }
                me.tell(&Told::Server { id, heard });
            });
            self.exchanges.borrow_mut().push((id, exchange));
        }

        /// Later: what calls this may belong to the exchange.
        fn forget(&self, id: u32) {
            let me = self.me.clone();
            Timeout::new(0, move || {
                if let Some(me) = me.upgrade() {
                    me.exchanges.borrow_mut().retain(|(other, _)| *other != id);
                }
            })
            .forget();
        }

        fn tell(&self, told: &Told) {
            let bytes = Uint8Array::from(wire::encode(told).as_slice());
            let _told = self.tell.call1(&JsValue::NULL, &bytes);
        }
    }
}

fn main() {}
