//! The browser's clock and its event loop.

use futures_channel::oneshot;
use gloo_timers::future::TimeoutFuture;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessagePort};

/// Milliseconds of the worker's monotonic clock.
#[must_use]
pub fn now_ms() -> f64 {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    scope.performance().map_or(0.0, |clock| clock.now())
}

/// Lets messages in. A timer would do too, but browsers hold nested ones back by 4 ms.
pub async fn turn() {
    let (turned, turn) = oneshot::channel();
    LOOP.with(|own| own.ask(turned));
    // An error is a sender that was dropped, for want of a channel: there is nothing to wait for then.
    let _ = turn.await;
}

/// Lets so many milliseconds pass.
pub async fn after(ms: u32) {
    TimeoutFuture::new(ms).await;
}

thread_local! {
    static LOOP: OwnChannel = OwnChannel::new();
}

/// A message channel to ourselves: what it brings comes after what already waits.
struct OwnChannel {
    near: Option<MessagePort>,
    waiting: Rc<RefCell<Vec<oneshot::Sender<()>>>>,
}

impl OwnChannel {
    fn new() -> Self {
        let waiting = Rc::new(RefCell::new(Vec::<oneshot::Sender<()>>::new()));
        let Ok(channel) = MessageChannel::new() else {
            return Self { near: None, waiting };
        };
        let wake = waiting.clone();
        let on_message = Closure::<dyn FnMut()>::new(move || {
            for turned in wake.take() {
                // The work may have been dropped meanwhile.
                let _ = turned.send(());
            }
        });
        channel.port2().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
        Self { near: Some(channel.port1()), waiting }
    }

    fn ask(&self, turned: oneshot::Sender<()>) {
        if let Some(near) = &self.near {
            self.waiting.borrow_mut().push(turned);
            // A port of our own takes every message.
            let _ = near.post_message(&JsValue::NULL);
        }
    }
}
