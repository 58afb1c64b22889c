//! The widget's module: what the loader mounts.

#[cfg(target_arch = "wasm32")]
mod page {
    use inferkit_widget::{lives::Registry, page, ui};
    use js_sys::Function;
    use std::cell::OnceCell;
    use wasm_bindgen::prelude::*;

    /// Small, and one thread is all there is.
    #[global_allocator]
    static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

    thread_local! {
        /// Import the module that asks servers and the browser's model, and the one that looks questions up; the
        /// loader's part.
        static FETCH: OnceCell<(Function, Function)> = const { OnceCell::new() };
    }

    /// Comes before anything else. `crash` is told a panic, and draws the last words.
    #[wasm_bindgen]
    pub fn start(crash: Function, fetch_remote: Function, fetch_knowledge: Function) {
        FETCH.with(|slot| slot.set((fetch_remote, fetch_knowledge)).ok());
        std::panic::set_hook(Box::new(move |panic| {
            // Nothing is left to tell it to if the loader throws.
            let _told = crash.call1(&JsValue::NULL, &panic.to_string().into());
        }));
    }

    /// The styles of everything inside a panel.
    #[wasm_bindgen]
    pub fn css() -> String {
        ui::CSS.into()
    }

    /// Draws a widget: see [`page::mount`].
    #[wasm_bindgen]
    pub fn mount(
        place: &web_sys::HtmlElement,
        base: &str,
        options: &js_sys::Object,
        emit: Function,
        lives: Registry,
    ) -> page::Widget {
        let (fetch_remote, fetch_knowledge) = FETCH.with(|slot| slot.get().cloned().unwrap_or_default());
        page::mount(place, base, options, emit, lives, fetch_remote, fetch_knowledge)
    }
}

fn main() {}
