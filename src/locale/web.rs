//! Numbers as the platform writes them in a language, by `Intl`.

use js_sys::{Array, Intl::NumberFormat, Object, Reflect};
use wasm_bindgen::JsValue;

/// A number with as many decimals, in a unit that ECMA-402 sanctions.
pub(super) fn quantity(tag: &str, number: f64, decimals: u8, unit: &str) -> String {
    let options = Object::new();
    let set = |name: &str, value: JsValue| {
        // An object of our own is not frozen.
        let _ = Reflect::set(&options, &name.into(), &value);
    };
    set("style", "unit".into());
    set("unit", unit.into());
    set("minimumFractionDigits", decimals.into());
    set("maximumFractionDigits", decimals.into());
    format(tag, &options, number)
}

/// A whole number.
pub(super) fn whole(tag: &str, number: u32) -> String {
    format(tag, &Object::new(), number.into())
}

fn format(tag: &str, options: &Object, number: f64) -> String {
    let format = NumberFormat::new(&Array::of1(&tag.into()), options).format();
    format.call1(&JsValue::UNDEFINED, &number.into()).ok().and_then(|text| text.as_string()).unwrap_or_default()
}
