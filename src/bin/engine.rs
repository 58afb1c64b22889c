//! The engine's module: what `public/engine-worker.js` starts.

#[cfg(target_arch = "wasm32")]
mod entry {
    use wasm_bindgen::prelude::wasm_bindgen;
    use web_sys::MessagePort;

    /// Serves the page at the other end of the port.
    #[wasm_bindgen]
    pub fn serve(port: MessagePort) {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
            inferkit_widget::engine::web::report_panic(&format!("the engine panicked{place}"));
        }));
        inferkit_widget::engine::web::serve(port);
    }
}

fn main() {}
