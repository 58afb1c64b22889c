//! Makes the frame, and hands it its port.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlIFrameElement, MessageEvent, MessagePort, Node, Url, Window};

/// A frame with a page of HOST in it. Dropping it removes it.
pub struct HostFrame {
    frame: HtmlIFrameElement,
    window: Window,
    on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl std::fmt::Debug for HostFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostFrame").finish_non_exhaustive()
    }
}

impl HostFrame {
    /// Puts the page of an absolute address into a frame in `place` and gives it `port` once it asks. `dress` makes
    /// the frame look and sound as it should, before it is placed; `gone` hears the page's last words.
    ///
    /// # Errors
    /// When the address is none, or the browser refuses.
    pub fn open(
        page: &str,
        place: &Node,
        port: MessagePort,
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

        let (theirs, mut port) = (frame.clone(), Some(port));
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let content = theirs.content_window();
            let from_frame = content.is_some() && event.source().as_ref() == content.as_deref().map(AsRef::as_ref);
            let data = event.data();
            if !from_frame || event.origin() != host || field(&data, "nonce").as_deref() != Some(&nonce) {
                return;
            }
            if let Some(words) = field(&data, "gone") {
                return gone(&words);
            }
            if let (Some(content), Some(port)) = (content, port.take()) {
                let words = Object::new();
                let _frozen = Reflect::set(&words, &"nonce".into(), &nonce.as_str().into());
                if content.post_message_with_transfer(&words, &host, &Array::of1(&port)).is_err() {
                    gone("the frame does not take the port");
                }
            }
        });
        window.add_event_listener_with_callback("message", on_message.as_ref().unchecked_ref())?;
        let this = Self { frame, window, on_message };
        place.append_child(&this.frame)?;
        Ok(this)
    }

    /// The same as dropping it, where what calls this may belong to it.
    pub fn close(&self) {
        let listener = self.on_message.as_ref().unchecked_ref();
        let _absent = self.window.remove_event_listener_with_callback("message", listener);
        self.frame.remove();
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
