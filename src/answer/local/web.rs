//! Starts the engine's worker, behind a frame or directly, and keeps the port to it.

use super::Heard;
use crate::{
    error::Code,
    frame::{HostFrame, field},
    wire::{self, ToEngine},
};
use gloo_timers::callback::Timeout;
use js_sys::{Array, Uint8Array};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    HtmlIFrameElement, MessageChannel, MessageEvent, MessagePort, Url, Window, Worker, WorkerOptions, WorkerType,
};

/// How long the engine's modules may take to arrive and start. Its size is that of a picture.
const START_MS: u32 = 60_000;

/// The page's end of an engine. Dropping it ends the engine.
pub struct EngineHandle {
    base: String,
    hear: Rc<dyn Fn(Heard)>,
    link: Rc<RefCell<Option<Link>>>,
}

impl std::fmt::Debug for EngineHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineHandle").field("runs", &self.link.borrow().is_some()).finish_non_exhaustive()
    }
}

impl EngineHandle {
    /// `base` is the address of HOST's folder, with a slash at its end. Nothing starts before the first message.
    pub fn new(base: &str, hear: impl Fn(Heard) + 'static) -> Self {
        Self { base: base.into(), hear: Rc::new(hear), link: Rc::default() }
    }

    /// Tells the engine, which is started if none runs. What is said before it listens waits in the port.
    pub fn send(&self, message: &ToEngine) {
        if self.link.borrow().is_none() {
            match Link::start(&self.base, self.listener()) {
                Ok(link) => *self.link.borrow_mut() = Some(link),
                Err(error) => return (self.hear)(gone(Code::EngineFailed, &text_of(&error))),
            }
        }
        if let Some(link) = &*self.link.borrow() {
            let _gone = link.port.post_message(&Uint8Array::from(wire::encode(message).as_slice()));
        }
    }

    /// Ends the engine, at once and without a word. The next message starts a new one.
    pub fn end(&self) {
        self.link.take();
    }

    /// Passes on what an engine says, until that engine is gone.
    fn listener(&self) -> Rc<dyn Fn(Heard)> {
        let (hear, link) = (self.hear.clone(), self.link.clone());
        Rc::new(move |heard| {
            if matches!(heard, Heard::Gone { .. }) {
                // Later: what calls this belongs to the link.
                let dead = link.take();
                Timeout::new(0, move || drop(dead)).forget();
            }
            hear(heard);
        })
    }
}

fn gone(code: Code, message: &str) -> Heard {
    Heard::Gone { code, message: message.into() }
}

type Listener<E> = Closure<dyn FnMut(E)>;

/// A running engine: its port, and whatever keeps it alive.
struct Link {
    port: MessagePort,
    home: Home,
    _on_message: Listener<MessageEvent>,
    _deadline: Rc<Cell<Option<Timeout>>>,
}

/// Where the worker lives.
enum Home {
    Page { worker: Worker, _on_error: Listener<web_sys::ErrorEvent> },
    Frame { _frame: HostFrame },
}

impl Drop for Link {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
        self.port.close();
        if let Home::Page { worker, .. } = &self.home {
            worker.set_onerror(None);
            worker.terminate();
        }
    }
}

impl Link {
    fn start(base: &str, hear: Rc<dyn Fn(Heard)>) -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or("no window")?;
        let channel = MessageChannel::new()?;
        let (port, theirs) = (channel.port1(), channel.port2());

        let late = hear.clone();
        let deadline = Rc::new(Cell::new(Some(Timeout::new(START_MS, move || {
            late(gone(Code::NetworkError, "the engine did not start in time: HOST, or a frame-src policy, blocks it"));
        }))));

        let (listening, met) = (hear.clone(), deadline.clone());
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            let heard = match data.as_string() {
                Some(text) => {
                    let (code, message) = wire::last_words(&text);
                    Heard::Gone { code, message }
                }
                None => match wire::decode(&Uint8Array::new(&data).to_vec()) {
                    Ok(said) => Heard::Said(said),
                    Err(unreadable) => gone(Code::EngineFailed, &unreadable.to_string()),
                },
            };
            if let Some(timeout) = met.take() {
                timeout.cancel();
            }
            listening(heard);
        });
        port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));

        let home = if Url::new(base)?.origin() == window.location().origin()? {
            Home::in_page(base, &theirs, hear)?
        } else {
            Home::in_frame(base, &window, theirs, hear)?
        };
        Ok(Self { port, home, _on_message: on_message, _deadline: deadline })
    }
}

impl Home {
    fn in_page(base: &str, port: &MessagePort, hear: Rc<dyn Fn(Heard)>) -> Result<Self, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name("inferkit");
        let worker = Worker::new_with_options(&format!("{base}engine-worker.js"), &options)?;
        let on_error = Closure::<dyn FnMut(web_sys::ErrorEvent)>::new(move |error: web_sys::ErrorEvent| {
            hear(gone(Code::EngineFailed, &format!("the engine's worker ended: {}", error.message())));
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.post_message_with_transfer(&JsValue::NULL, &Array::of1(port))?;
        Ok(Self::Page { worker, _on_error: on_error })
    }

    fn in_frame(base: &str, window: &Window, port: MessagePort, hear: Rc<dyn Fn(Heard)>) -> Result<Self, JsValue> {
        let body = window.document().and_then(|document| document.body()).ok_or("no body")?;
        let dress = |frame: &HtmlIFrameElement| {
            frame.set_title("InferKit engine");
            frame.set_hidden(true);
            frame.set_tab_index(-1);
            frame.set_attribute("aria-hidden", "true")
        };
        let frame = HostFrame::open(&format!("{base}engine.html"), &body, port, dress, move |words| {
            hear(gone(Code::EngineFailed, &format!("the engine's worker ended: {words}")));
        })?;
        Ok(Self::Frame { _frame: frame })
    }
}

fn text_of(error: &JsValue) -> String {
    let said = error.as_string().or_else(|| field(error, "message"));
    format!("the engine can't be started: {}", said.unwrap_or_default())
}
