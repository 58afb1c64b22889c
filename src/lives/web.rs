//! The loader's registry, as the module calls it.

use js_sys::Function;
use std::{any::Any, cell::Cell};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortSignal, AddEventListenerOptions, EventTarget};

#[wasm_bindgen]
extern "C" {
    /// One generation's registry: the loader's `lives`.
    #[derive(Clone, Debug)]
    pub type Registry;

    #[wasm_bindgen(method)]
    fn keep(this: &Registry, thing: &JsValue);

    #[wasm_bindgen(method)]
    fn release(this: &Registry, thing: &JsValue);

    #[wasm_bindgen(method)]
    fn after(this: &Registry, ms: u32, act: &Function) -> u32;

    #[wasm_bindgen(method)]
    fn cancel(this: &Registry, timer: u32);

    #[wasm_bindgen(method, getter)]
    fn signal(this: &Registry) -> AbortSignal;
}

/// Where everything that the module starts is kept.
#[derive(Clone, Debug)]
pub struct Lives(Registry);

impl From<Registry> for Lives {
    fn from(registry: Registry) -> Self {
        Self(registry)
    }
}

impl Lives {
    /// The registry, for another module.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.0
    }

    /// Keeps an element, a worker, a port or a controller for as long as the generation lives.
    pub fn keep(&self, thing: &JsValue) {
        self.0.keep(thing);
    }

    /// The module has ended it itself.
    pub fn release(&self, thing: &JsValue) {
        self.0.release(thing);
    }

    /// Listens for as long as the generation lives. The closure lives for as long as its owner keeps it, and its owner
    /// stops listening before that.
    pub fn listen<T: ?Sized>(&self, target: &EventTarget, event: &str, listener: &Closure<T>) {
        let options = AddEventListenerOptions::new();
        options.set_signal(&self.0.signal());
        let listener: &Function = listener.as_ref().unchecked_ref();
        // Fails only for a target that is none.
        let _added = target.add_event_listener_with_callback_and_add_event_listener_options(event, listener, &options);
    }

    /// Acts after so many milliseconds, unless the timer is dropped before.
    #[must_use]
    pub fn after(&self, ms: u32, act: impl FnOnce() + 'static) -> Timer {
        let act = once(Box::new(act));
        let id = self.0.after(ms, act.as_ref().unchecked_ref());
        Timer { id: Cell::new(Some(id)), lives: self.clone(), _act: act }
    }

    /// Acts in a turn of its own, after what calls this has returned; never, where the generation ends before. What
    /// is not done is let go of with the garbage: nothing that must end may wait for this. See [`drop_later`].
    pub fn soon(&self, act: impl FnOnce() + 'static) {
        let act: JsValue = once(Box::new(act)).into_js_value();
        let _for_good = self.0.after(0, act.unchecked_ref());
    }
}

/// Without a type of its own for each act: `Closure::once` has code for each.
fn once(act: Box<dyn FnOnce()>) -> Closure<dyn FnMut()> {
    Closure::once(act)
}

/// Drops a thing that what calls this may have been called from, once all of that has returned. No generation has to
/// live for it: this is how its last things go.
pub fn drop_later(thing: impl Any) {
    // One task for all types.
    let thing: Box<dyn Any> = Box::new(thing);
    spawn_local(async move { drop(thing) });
}

/// A timer. Dropping it takes it back.
#[derive(Debug)]
pub struct Timer {
    id: Cell<Option<u32>>,
    lives: Lives,
    _act: Closure<dyn FnMut()>,
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.lives.0.cancel(id);
        }
    }
}
