//! `JSON.parse`, and a step at a time through what it returns.

use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// Reads a text that is one JSON value. None when it is anything else: a parser's words never reach a message.
#[must_use]
pub fn parse(text: &[u8]) -> Option<Value> {
    JSON::parse(str::from_utf8(text).ok()?).ok().map(Value)
}

/// A value of JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Value(JsValue);

impl Value {
    /// The member of this name, if this is an object that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Self> {
        let name = JsValue::from(name);
        // What every object inherits is no member.
        let own = self.is_object() && Object::has_own(self.0.unchecked_ref::<Object>(), &name);
        Reflect::get(&self.0, &name).ok().filter(|_| own).map(Self)
    }

    /// The members' names and values, if this is an object.
    #[must_use]
    pub fn members(&self) -> Option<Vec<(String, Self)>> {
        let entries = self.is_object().then(|| Object::entries(self.0.unchecked_ref()))?;
        let entries = entries.iter().map(JsCast::unchecked_into::<Array>);
        Some(entries.map(|entry| (entry.get(0).as_string().unwrap_or_default(), Self(entry.get(1)))).collect())
    }

    /// The elements in order, if this is an array.
    #[must_use]
    pub fn elements(&self) -> Option<Vec<Self>> {
        Some(self.0.dyn_ref::<Array>()?.iter().map(Self).collect())
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn string(&self) -> Option<String> {
        self.0.as_string()
    }

    /// The number, if this is one that counts something.
    #[must_use]
    pub fn integer(&self) -> Option<u64> {
        self.0.as_f64().and_then(super::count)
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0.is_null()
    }

    /// Whether this is `true` or `false`, if it is either.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        self.0.as_bool()
    }

    /// Whether this is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.0.is_object() && !Array::is_array(&self.0)
    }
}
