//! Starts the engine's worker, behind a frame or directly, and keeps the port to it.

use super::Heard;
use crate::{
    error::Code,
    frame::{HostFrame, field},
    lives::{Lives, drop_later},
    wire::{self, ToEngine},
};
use js_sys::{Array, Uint8Array};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    HtmlIFrameElement, MessageChannel, MessageEvent, MessagePort, Url, Window, Worker, WorkerOptions, WorkerType,
};

/// The page's end of an engine. Dropping it closes the port and removes the frame, or ends the worker, at once.
pub struct EngineHandle {
    base: String,
    lives: Lives,
    hear: Rc<dyn Fn(Heard)>,
    link: RefCell<Option<Link>>,
}

impl std::fmt::Debug for EngineHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineHandle").field("runs", &self.link.borrow().is_some()).finish_non_exhaustive()
    }
}

impl EngineHandle {
    /// `base` is the address of HOST's folder, with a slash at its end. Nothing starts yet.
    pub fn new(base: &str, lives: Lives, hear: impl Fn(Heard) + 'static) -> Self {
        Self { base: base.into(), lives, hear: Rc::new(hear), link: RefCell::default() }
    }

    /// Starts an engine in place of the one before.
    ///
    /// # Errors
    /// When the browser refuses, in words for the developer.
    pub fn start(&self) -> Result<(), String> {
        self.end();
        let link = Link::start(&self.base, &self.lives, self.hear.clone()).map_err(|error| text_of(&error))?;
        *self.link.borrow_mut() = Some(link);
        Ok(())
    }

    /// Tells the engine that runs. What is said before it listens waits in the port.
    pub fn post(&self, message: &ToEngine) {
        if let Some(link) = &*self.link.borrow() {
            // A port takes anything that can be cloned; one whose other end is gone takes it in silence.
            let _taken = link.port.post_message(&Uint8Array::from(wire::encode(message).as_slice()));
        }
    }

    /// Whether the frame of the engine stands where it was put. A worker of the page itself always does.
    pub fn stands(&self) -> bool {
        match &*self.link.borrow() {
            Some(Link { home: Home::Frame { frame }, .. }) => frame.stands(),
            _ => true,
        }
    }

    /// Ends the engine, at once and without a word.
    pub fn end(&self) {
        if let Some(link) = self.link.take() {
            link.close();
            // Later: what calls this may belong to the link.
            drop_later(link);
        }
    }
}

/// Before a worker's last words.
const ENDED: &str = "the engine's worker ended: ";

fn gone(code: Code, message: &str) -> Heard {
    Heard::Gone { code, message: message.into() }
}

type Listener<E> = Closure<dyn FnMut(E)>;

/// A running engine: its port, and whatever keeps it alive.
struct Link {
    port: MessagePort,
    home: Home,
    lives: Lives,
    _on_message: Listener<MessageEvent>,
}

/// Where the worker lives.
enum Home {
    Page { worker: Worker, _on_error: Listener<web_sys::ErrorEvent> },
    Frame { frame: HostFrame },
}

impl Link {
    fn start(base: &str, lives: &Lives, hear: Rc<dyn Fn(Heard)>) -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or("no window")?;
        let channel = MessageChannel::new()?;
        let (port, theirs) = (channel.port1(), channel.port2());
        let listening = hear.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            listening(match data.as_string() {
                Some(text) => {
                    let (code, message) = wire::last_words(&text);
                    Heard::Gone { code, message }
                }
                None => match wire::decode(&Uint8Array::new(&data).to_vec()) {
                    Ok(said) => Heard::Said(said),
                    Err(unreadable) => gone(Code::EngineFailed, &unreadable.to_string()),
                },
            });
        });
        port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        lives.keep(&port);

        let home = if Url::new(base)?.origin() == window.location().origin()? {
            Home::in_page(base, &theirs, lives, hear)?
        } else {
            Home::in_frame(base, &window, theirs, lives, hear)?
        };
        Ok(Self { port, home, lives: lives.clone(), _on_message: on_message })
    }

    /// From here on nothing is heard, and nothing computes.
    fn close(&self) {
        self.port.set_onmessage(None);
        self.port.close();
        self.lives.release(&self.port);
        match &self.home {
            Home::Page { worker, .. } => {
                worker.set_onerror(None);
                worker.terminate();
                self.lives.release(worker);
            }
            Home::Frame { frame } => frame.close(),
        }
    }
}

impl Home {
    fn in_page(base: &str, port: &MessagePort, lives: &Lives, hear: Rc<dyn Fn(Heard)>) -> Result<Self, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name("inferkit");
        let worker = Worker::new_with_options(&[base, "engine-worker.js"].concat(), &options)?;
        lives.keep(&worker);
        let on_error = Closure::<dyn FnMut(web_sys::ErrorEvent)>::new(move |error: web_sys::ErrorEvent| {
            hear(gone(Code::EngineFailed, &[ENDED, &error.message()].concat()));
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.post_message_with_transfer(&JsValue::NULL, &Array::of1(port))?;
        Ok(Self::Page { worker, _on_error: on_error })
    }

    fn in_frame(
        base: &str,
        window: &Window,
        port: MessagePort,
        lives: &Lives,
        hear: Rc<dyn Fn(Heard)>,
    ) -> Result<Self, JsValue> {
        let body = window.document().and_then(|document| document.body()).ok_or("no body")?;
        let dress = |frame: &HtmlIFrameElement| {
            frame.set_title("InferKit engine");
            frame.set_hidden(true);
            frame.set_tab_index(-1);
            frame.set_attribute("aria-hidden", "true")
        };
        let frame = HostFrame::open(&[base, "engine.html"].concat(), &body, port, lives, dress, move |words| {
            hear(gone(Code::EngineFailed, &[ENDED, words].concat()));
        })?;
        Ok(Self::Frame { frame })
    }
}

fn text_of(error: &JsValue) -> String {
    let said = error.as_string().or_else(|| field(error, "message"));
    ["the engine can't be started: ", &said.unwrap_or_default()].concat()
}
