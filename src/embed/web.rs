//! The loader's side of the widget: where events go, what the page speaks, and randomness.

use super::events;
use crate::{
    chat::Told,
    error::{Failure, Reference},
};
use js_sys::Function;
use std::{cell::RefCell, collections::BTreeSet};
use wasm_bindgen::JsValue;

/// The site, as the loader stands for it.
#[derive(Clone, Debug)]
pub struct Site {
    emit: Function,
}

impl Site {
    /// `emit` takes an event's name and its detail as JSON.
    #[must_use]
    pub fn new(emit: Function) -> Self {
        Self { emit }
    }

    /// Tells an event.
    pub fn tell(&self, told: &Told) {
        self.emit(events::told(told));
    }

    /// Tells a failure.
    pub fn report(&self, failure: &Failure) {
        self.emit(events::failed(failure));
    }

    /// Asks the loader to close the panel.
    pub fn hide(&self) {
        self.emit(("hide", String::from("{}")));
    }

    fn emit(&self, (name, detail): (&str, String)) {
        // The loader catches what the site's listeners throw.
        let _told = self.emit.call2(&JsValue::NULL, &name.into(), &detail.into());
    }
}

thread_local! {
    static WARNED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Writes a warning for the developer to the console, each only once.
pub fn warn(warning: &str) {
    if WARNED.with_borrow_mut(|warned| warned.insert(warning.to_owned())) {
        web_sys::console::warn_1(&["InferKit: ", warning].concat().into());
    }
}

/// The visitor's languages, most wanted first.
#[must_use]
pub fn languages() -> Vec<String> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    window.navigator().languages().iter().filter_map(|tag| tag.as_string()).collect()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = web_sys::window()
        .and_then(|window| window.crypto().ok())
        .is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    debug_assert!(filled, "every browser with WebAssembly has `crypto.getRandomValues`");
    bytes
}

/// A new reference for a failure that no server knows of.
#[must_use]
pub fn reference() -> Reference {
    Reference::client(random())
}

/// A seed for sampling, so that the same question need not get the same answer.
#[must_use]
pub fn random_seed() -> u32 {
    u32::from_le_bytes(random())
}
