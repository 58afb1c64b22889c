//! The loader's side of the widget: where events go, what the page speaks, and randomness.

use super::{
    events::{self, Named, Value},
    joined,
    look::Theme,
    reader::Given,
};
use crate::{
    chat::Told,
    error::{self, Failure},
};
use js_sys::{Array, Function, Object, Reflect};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};

/// The site, as the loader stands for it.
#[derive(Clone, Debug)]
pub struct Site {
    emit: Function,
}

impl Site {
    /// `emit` takes an event's name and its detail.
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

    /// Tells the loader what the server's configuration wants of its part of the widget.
    pub fn wear(&self, theme: &Theme) {
        self.emit(events::theme(theme));
    }

    /// Gives the loader what the next page is to go on with.
    pub fn keep(&self, saved: &str) {
        self.emit(("keep", vec![("saved", Value::Text(saved.to_owned()))]));
    }

    /// Gives the loader the models for which the visitor has agreed to a download, one on each line.
    pub fn keep_agreed(&self, models: &[String]) {
        self.emit(("keep", vec![("agreed", Value::Text(joined(models, "\n")))]));
    }

    /// Asks the loader whether the browser has a model that is ready to answer in this language; it calls `probed`.
    pub fn probe(&self, language: &str) {
        self.emit(("probe", vec![("language", Value::Text(language.to_owned()))]));
    }

    /// Asks the loader to close the panel.
    pub fn hide(&self) {
        self.emit(("hide", Vec::new()));
    }

    fn emit(&self, (name, members): Named) {
        let detail = Object::new();
        for (member, value) in members {
            let value = match value {
                Value::Text(text) => text.into(),
                Value::Number(number) => number.into(),
                Value::Flag(flag) => flag.into(),
                Value::Objects(objects) => {
                    let list = Array::new();
                    for members in objects {
                        let object = Object::new();
                        for (name, text) in members {
                            let _ = Reflect::set(&object, &name.into(), &text.into());
                        }
                        list.push(&object);
                    }
                    list.into()
                }
                Value::Null => JsValue::NULL,
            };
            // An object of our own is not frozen.
            let _ = Reflect::set(&detail, &member.into(), &value);
        }
        // The loader catches what the site's listeners throw.
        let _ = self.emit.call2(&JsValue::NULL, &name.into(), &detail);
    }
}

/// What a site gave, names with values; the members of an object follow it as `model.url`.
#[must_use]
pub fn given(options: &Object) -> Vec<(String, Given)> {
    let mut all = Vec::new();
    add(options, "", &mut all);
    all
}

/// Adds the entries of an object. `within` is empty for the options themselves, and `model.` for the model's members.
fn add(object: &Object, within: &str, all: &mut Vec<(String, Given)>) {
    for entry in Object::entries(object) {
        let entry: Array = entry.unchecked_into();
        let (name, value) = (entry.get(0).as_string().unwrap_or_default(), entry.get(1));
        let is_option = within.is_empty();
        if value.is_null() || value.is_undefined() || is_option && value.is_function() {
            continue;
        }
        let name = [within, &name].concat();
        all.push((name.clone(), read(&value)));
        if is_option && value.is_object() && !Array::is_array(&value) {
            add(value.unchecked_ref(), &[&name, "."].concat(), all);
        }
    }
}

fn read(value: &JsValue) -> Given {
    if let Some(text) = value.as_string() {
        let number = value.unchecked_into_f64();
        return Given::Text(text, (!number.is_nan()).then_some(number));
    }
    if let Some(flag) = value.as_bool() {
        return Given::Flag(flag);
    }
    match value.as_f64() {
        Some(number) => Given::Number(number),
        None if Array::is_array(value) => texts(value.unchecked_ref()).map_or(Given::Other, Given::List),
        None if value.is_object() => Given::Object,
        None => Given::Other,
    }
}

/// An array's texts, if it holds nothing else.
fn texts(array: &Array) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    for item in array.iter() {
        texts.push(item.as_string()?);
    }
    Some(texts)
}

thread_local! {
    static WARNED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Writes a warning for the developer to the console, each only once.
pub fn warn(warning: &str) {
    let first = WARNED.with_borrow_mut(|warned| {
        let first = warned.iter().all(|other| other != warning);
        if first {
            warned.push(warning.to_owned());
        }
        first
    });
    if first {
        web_sys::console::warn_1(&["InferKit: ", warning].concat().into());
    }
}

/// The visitor's languages, most wanted first.
#[must_use]
pub fn languages() -> Vec<String> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    let mut languages = Vec::new();
    for tag in window.navigator().languages() {
        languages.extend(tag.as_string());
    }
    languages
}

/// A seed for sampling, so that the same question need not get the same answer.
#[must_use]
pub fn random_seed() -> u32 {
    u32::from_le_bytes(error::random())
}
