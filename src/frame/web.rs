//! Makes the frame, and hands it its port.

use crate::lives::Lives;
use js_sys::{Array, Object, Reflect};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlIFrameElement, MessageEvent, MessagePort, Node, Url, Window};

/// A frame with a page of HOST in it. Dropping it removes it.
pub struct HostFrame {
    frame: HtmlIFrameElement,
    window: Window,
    lives: Lives,
    /// How often the browser has loaded the frame's page. Twice: somebody has moved the frame.
    loads: Rc<Cell<u32>>,
    on_message: Closure<dyn FnMut(MessageEvent)>,
    on_load: Closure<dyn FnMut()>,
}

impl std::fmt::Debug for HostFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostFrame").finish_non_exhaustive()
    }
}

impl HostFrame {
    /// Puts the page of an absolute address into a frame in `place` and gives it `port` once it asks. `dress` makes
    /// the frame look and sound as it should, before it is placed; `gone` hears the page's last words, and that the
    /// frame was moved, which ends the page in it.
    ///
    /// # Errors
    /// When the address is none, or the browser refuses.
    pub fn open(
        page: &str,
        place: &Node,
        port: MessagePort,
        lives: &Lives,
        dress: impl FnOnce(&HtmlIFrameElement) -> Result<(), JsValue>,
        gone: impl Fn(&str) + 'static,
    ) -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or("no window")?;
        let document = window.document().ok_or("no document")?;
        let nonce = nonce()?;
        let address = Url::new(page)?;
        let host = address.origin();
        let origin = js_sys::encode_uri_component(&window.location().origin()?);
        address.set_hash(&format!("origin={origin}&nonce={nonce}"));
        let frame: HtmlIFrameElement = document.create_element("iframe")?.unchecked_into();
        dress(&frame)?;
        frame.set_src(&address.href());

        let gone = Rc::new(gone);
        let (theirs, mut port, refused) = (frame.clone(), Some(port), gone.clone());
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let content = theirs.content_window();
            let from_frame = content.is_some() && event.source().as_ref() == content.as_deref().map(AsRef::as_ref);
            let data = event.data();
            if !from_frame || event.origin() != host || field(&data, "nonce").as_deref() != Some(&nonce) {
                return;
            }
            if let Some(words) = field(&data, "gone") {
                return refused(&words);
            }
            if let (Some(content), Some(port)) = (content, port.take()) {
                let words = Object::new();
                let _frozen = Reflect::set(&words, &"nonce".into(), &nonce.as_str().into());
                if content.post_message_with_transfer(&words, &host, &Array::of1(&port)).is_err() {
                    refused("the frame does not take the port");
                }
            }
        });
        let loads = Rc::new(Cell::new(0));
        let counted = loads.clone();
        let on_load = Closure::<dyn FnMut()>::new(move || {
            counted.set(counted.get() + 1);
            if counted.get() == 2 {
                gone("the frame was moved in the page, which loads it anew");
            }
        });
        lives.listen(&window, "message", &on_message);
        lives.listen(&frame, "load", &on_load);
        lives.keep(&frame);
        let this = Self { frame, window, lives: lives.clone(), loads, on_message, on_load };
        place.append_child(&this.frame)?;
        Ok(this)
    }

    /// Whether the frame still stands where it was put, with the page that it was given.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.frame.is_connected() && self.loads.get() < 2
    }

    /// The same as dropping it, where what calls this may belong to it.
    pub fn close(&self) {
        let listener = self.on_message.as_ref().unchecked_ref();
        let _absent = self.window.remove_event_listener_with_callback("message", listener);
        let _absent = self.frame.remove_event_listener_with_callback("load", self.on_load.as_ref().unchecked_ref());
        self.frame.remove();
        self.lives.release(&self.frame);
    }
}

impl Drop for HostFrame {
    fn drop(&mut self) {
        self.close();
    }
}

/// A text field of a message's object.
#[must_use]
pub fn field(data: &JsValue, name: &str) -> Option<String> {
    Reflect::get(data, &name.into()).ok()?.as_string()
}

/// 32 hexadecimal digits that nobody can guess.
///
/// # Errors
/// When the browser has no source of randomness.
pub fn nonce() -> Result<String, JsValue> {
    let mut random = [0; 16];
    web_sys::window().ok_or("no window")?.crypto()?.get_random_values_with_u8_array(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
