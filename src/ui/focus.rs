//! A control that can't have the focus any longer hands it on: a visitor at the keyboard, or with a screen reader, is
//! never left at the top of the page.
//!
//! It goes to the composer, where the visitor may go on; on a device that has only a touch screen, where the composer
//! would bring up a keyboard that covers half of what there is to read, to the log.

use super::{
    element::{El, Value, set_attribute},
    scene::{Scene, use_scene},
};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, ShadowRoot};

impl El {
    /// Is not there while the value is.
    pub fn hidden(self, value: impl Into<Value>) -> Self {
        self.barred("hidden", value.into())
    }

    /// Can't be pressed while the value is there.
    pub fn disabled(self, value: impl Into<Value>) -> Self {
        self.barred("disabled", value.into())
    }

    /// Can be neither seen nor reached while the value is there, and still has its size.
    pub fn inert(self, value: impl Into<Value>) -> Self {
        self.barred("inert", value.into())
    }

    fn barred(self, name: &'static str, value: Value) -> Self {
        let (scene, element) = (use_scene(), self.dom().clone());
        if value.follows() {
            // Until the first reading.
            set_attribute(&element, name, Some(""));
        }
        value.bind(Box::new(move |value| {
            if value.is_some() {
                leave(scene, &element);
            }
            set_attribute(&element, name, value);
        }));
        self
    }
}

/// `element` is about to go. If it has the focus, that goes elsewhere first: once it is lost, the browser says nothing
/// of where it was.
pub(super) fn leave(scene: Scene, element: &HtmlElement) {
    let root: Result<ShadowRoot, _> = element.get_root_node().dyn_into();
    let focused = root.ok().and_then(|root| root.active_element());
    if element.contains(focused.as_deref()) && focused.is_some() {
        scene.stage(|stage| stage.rest_focus());
    }
}
