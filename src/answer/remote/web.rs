//! The network under an [`Attempt`]: `fetch`, its body, and the attempt's deadline.

use super::{Attempt, Heard, LATE_MS, Outgoing};
use crate::{
    error::Reference,
    lives::{Lives, Timer},
};
use futures_channel::oneshot;
use js_sys::{Object, Reflect, Uint8Array};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, RequestCache, RequestCredentials, RequestInit, Response,
    Window,
};

/// How many bytes of a body are decoded at once: some words of an answer, each of which the page draws.
const SLICE: u32 = 1024;

/// For how long bodies are decoded without a pause, in milliseconds; drawing what they say comes on top.
const HELD_MS: u64 = 12;

/// How long a request that broke is not told of, in milliseconds: a browser that goes to another page may break its
/// requests before the page hears that it ends, and what was kept then would say that the answer failed.
const LEAVING_MS: u32 = 300;

/// A request under way. Dropping it ends it, and nothing more is heard.
pub struct Exchange(Rc<Line>);

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Exchange").field(&self.0.attempt).finish()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.end();
    }
}

struct Line {
    attempt: RefCell<Attempt>,
    controller: Option<AbortController>,
    hear: Box<dyn Fn(Heard)>,
    mint: fn() -> Reference,
    /// With the moment at which it fires.
    timer: Cell<Option<(u64, Timer)>>,
    lives: Lives,
    ended: Cell<bool>,
}

impl Exchange {
    /// Sends a request; `hear` hears what comes of it, never before this has returned.
    pub fn start(outgoing: Outgoing, lives: Lives, mint: fn() -> Reference, hear: impl Fn(Heard) + 'static) -> Self {
        let line = Rc::new(Line {
            attempt: RefCell::new(Attempt::new(outgoing.request, now())),
            controller: AbortController::new().ok().inspect(|controller| lives.keep(controller)),
            hear: Box::new(hear),
            mint,
            timer: Cell::default(),
            lives,
            ended: Cell::new(false),
        });
        line.wait_for_deadline();
        let weak = Rc::downgrade(&line);
        let signal = line.controller.clone();
        spawn_local(async move {
            let run = async {
                let response = send(&outgoing, signal.as_ref()).await?;
                let headers = response.headers();
                let header = |name: &str| headers.get(name).ok().flatten();
                let line = weak.upgrade().ok_or(JsValue::NULL)?;
                if Reflect::get(&response, &"type".into())? == "opaqueredirect" {
                    line.feed(|attempt, mint| attempt.redirected(mint));
                    return Ok(());
                }
                line.attempt.borrow_mut().headers(response.status(), header, now(), date());
                line.wait_for_deadline();
                drop(line);
                read(&response, &weak).await
            };
            let ended: Result<(), JsValue> = run.await;
            // However it ended: the attempt knows how far it had come.
            let Some(line) = weak.upgrade() else { return };
            match ended {
                Ok(()) => line.feed(|attempt, mint| attempt.closed(mint)),
                Err(_) => line.break_off(),
            }
        });
        Self(line)
    }
}

impl Line {
    fn feed(self: &Rc<Self>, feed: impl FnOnce(&mut Attempt, &mut dyn FnMut() -> Reference) -> Vec<Heard>) {
        if self.ended.get() {
            return;
        }
        let heard = feed(&mut self.attempt.borrow_mut(), &mut self.mint.clone());
        if self.attempt.borrow().is_over() {
            self.end_network();
        } else {
            self.wait_for_deadline();
        }
        for heard in heard {
            // Whoever hears a piece may end all that would follow.
            if !self.ended.get() {
                (self.hear)(heard);
            }
        }
    }

    /// One timer at a time. A deadline that has moved back is found when the timer fires; one that has come closer, as
    /// when a stream first shows life, needs another timer.
    fn wait_for_deadline(self: &Rc<Self>) {
        let deadline = self.attempt.borrow().deadline();
        if let Some((due, timer)) = self.timer.take() {
            if due <= deadline {
                return self.timer.set(Some((due, timer)));
            }
            drop(timer);
        }
        let left = u32::try_from(deadline.saturating_sub(now())).unwrap_or(i32::MAX as u32);
        let weak = Rc::downgrade(self);
        let timer = self.lives.after(left, move || {
            if let Some(line) = weak.upgrade() {
                line.judge(now().saturating_sub(deadline));
            }
        });
        self.timer.set(Some((deadline, timer)));
    }

    /// The timer has fired, so many milliseconds late. What has arrived meanwhile is let in first; and where the page
    /// slept, whatever was on its way has slept with it.
    fn judge(self: &Rc<Self>, late: u64) {
        let weak = Rc::downgrade(self);
        let judged = self.lives.after(0, move || {
            let Some(line) = weak.upgrade() else { return };
            line.timer.take();
            if late > LATE_MS {
                line.attempt.borrow_mut().forgive(now());
            }
            line.feed(|attempt, mint| attempt.check(now(), mint));
        });
        // Until then no other timer need run.
        self.timer.set(Some((0, judged)));
    }

    /// The network is gone, or the page is about to go.
    fn break_off(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let told = self.lives.after(LEAVING_MS, move || {
            let Some(line) = weak.upgrade() else { return };
            line.timer.take();
            line.feed(|attempt, mint| attempt.closed(mint));
        });
        // No deadline is left to be kept.
        self.timer.set(Some((0, told)));
    }

    fn end(&self) {
        self.ended.set(true);
        self.end_network();
    }

    fn end_network(&self) {
        drop(self.timer.take());
        if let Some(controller) = &self.controller {
            controller.abort();
            self.lives.release(controller);
        }
    }
}

async fn send(outgoing: &Outgoing, controller: Option<&AbortController>) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &outgoing.headers {
        headers.append(name, value)?;
    }
    let init = RequestInit::new();
    init.set_method(if outgoing.body.is_some() { "POST" } else { "GET" });
    init.set_headers(&headers);
    init.set_credentials(RequestCredentials::Omit);
    match &outgoing.body {
        Some(body) => init.set_body(&body.as_str().into()),
        // A plan that was upgraded counts at once. With a POST, which no cache keeps, this would only add headers.
        None => init.set_cache(RequestCache::NoStore),
    }
    // A redirect would take the conversation, and the session with it, to wherever it leads. Set by name, for the type
    // of its value is one more feature of web-sys.
    Reflect::set(&init, &"redirect".into(), &"manual".into())?;
    init.set_signal(controller.map(AbortController::signal).as_ref());
    JsFuture::from(window()?.fetch_with_str_and_init(&outgoing.url, &init)).await?.dyn_into()
}

async fn read(response: &Response, line: &Weak<Line>) -> Result<(), JsValue> {
    let Some(body) = response.body() else { return Ok(()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut began = now();
    loop {
        let asked = now();
        let chunk: Object = JsFuture::from(reader.read()).await?.unchecked_into();
        if now().saturating_sub(asked) > 1 {
            // The network was waited for, and the page has had its turns.
            began = now();
        }
        let bytes = Reflect::get(&chunk, &"value".into())?;
        if bytes.is_undefined() {
            return Ok(());
        }
        let bytes = Uint8Array::new(&bytes);
        let mut from = 0;
        // A reader that has much never lets anything else in by itself: it is read in slices, and the page gets its
        // turns.
        while from < bytes.length() {
            let to = bytes.length().min(from + SLICE);
            let Some(line) = line.upgrade() else { return Ok(()) };
            line.feed(|attempt, mint| attempt.bytes(&bytes.subarray(from, to).to_vec(), now(), mint));
            from = to;
            if now().saturating_sub(began) >= HELD_MS {
                let (turned, turn) = oneshot::channel();
                line.lives.soon(move || {
                    // The exchange may be gone.
                    let _gone = turned.send(());
                });
                drop(line);
                if turn.await.is_err() {
                    return Ok(());
                }
                began = now();
            }
        }
    }
}

fn window() -> Result<Window, JsValue> {
    web_sys::window().ok_or(JsValue::NULL)
}

/// Milliseconds on a clock that only goes forward.
fn now() -> u64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now()) as u64
}

/// Seconds since 1970.
fn date() -> u64 {
    (js_sys::Date::now() / 1_000.0) as u64
}
