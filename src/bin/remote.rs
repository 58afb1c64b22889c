//! The module that asks servers and the browser's own model, and solves challenges: fetched when a page first needs it.

#[cfg(target_arch = "wasm32")]
mod page {
    use inferkit_widget::{lives::Registry, remote::Line};
    use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

    /// Small, and one thread is all there is.
    #[global_allocator]
    static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

    /// Whom a panic is told to: the loader, which draws the last words.
    #[wasm_bindgen]
    pub fn on_panic(tell: js_sys::Function) {
        std::panic::set_hook(Box::new(move |panic| {
            // Nothing is left to tell it to if the loader throws.
            let _told = tell.call1(&JsValue::NULL, &panic.to_string().into());
        }));
    }

    /// Opens a line for one widget: see [`Line::open`].
    #[wasm_bindgen]
    pub fn open(
        protocol: u32,
        base: &str,
        place: web_sys::HtmlElement,
        lives: Registry,
        tell: js_sys::Function,
    ) -> Option<Line> {
        Line::open(protocol, base, place, lives, tell)
    }
}

fn main() {}
