//! The page's side: fetches the module, opens a line to it, and asks through that.

use super::{Ask, PROTOCOL, Told};
use crate::{
    lives::{Lives, Registry},
    wire,
};
use js_sys::{Function, Promise};
use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlElement;

#[wasm_bindgen]
extern "C" {
    /// `remote.js`, which exports what `bin/remote.rs` does.
    type Module;

    #[wasm_bindgen(method)]
    fn open(
        this: &Module,
        protocol: u32,
        base: &str,
        place: &HtmlElement,
        lives: &Registry,
        tell: &Function,
    ) -> Option<ModuleLine>;

    /// One widget's line to the module.
    #[derive(Clone)]
    type ModuleLine;

    #[wasm_bindgen(method)]
    fn ask(this: &ModuleLine, message: &[u8]);
}

/// The module that asks servers and the browser's model, as one widget uses it.
pub struct ModuleHandle(Rc<Inner>);

struct Inner {
    base: String,
    place: HtmlElement,
    lives: Lives,
    /// Fetches the module; the loader's part. Given `true`, it does so afresh.
    load: Function,
    hear: Box<dyn Fn(Told)>,
    line: RefCell<Option<Open>>,
}

/// A line, and what the module calls at its other end.
type Open = (ModuleLine, Closure<dyn Fn(Vec<u8>)>);

impl std::fmt::Debug for ModuleHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModuleHandle").finish_non_exhaustive()
    }
}

impl ModuleHandle {
    /// `base` is the address of HOST's folder, `place` where a challenge is shown, and `load` a function that returns
    /// a promise of the module.
    pub fn new(base: &str, place: HtmlElement, lives: Lives, load: Function, hear: impl Fn(Told) + 'static) -> Self {
        let (base, hear) = (base.into(), Box::new(hear));
        Self(Rc::new(Inner { base, place, lives, load, hear, line: RefCell::default() }))
    }

    /// Imports the module; `done` hears whether it is there. An import that hangs is heard of never: the caller has a
    /// deadline, and then asks for a `fresh` one.
    pub fn import(&self, fresh: bool, done: impl FnOnce(bool) + 'static) {
        let inner = Rc::downgrade(&self.0);
        let load = self.0.load.clone();
        spawn_local(async move {
            let module = async {
                let promise: Promise = load.call1(&JsValue::NULL, &fresh.into())?.dyn_into()?;
                JsFuture::from(promise).await
            };
            let module = module.await.ok().map(JsCast::unchecked_into::<Module>);
            let Some(inner) = inner.upgrade() else { return };
            done(module.is_some_and(|module| inner.open(&module)));
        });
    }

    /// Asks the module that is there. What it comes to is never heard before this has returned.
    pub fn ask(&self, ask: &Ask) {
        // Not borrowed any more when something is told: whoever hears it may ask.
        let line = self.0.line.borrow().as_ref().map(|(line, _)| line.clone());
        if let Some(line) = line {
            line.ask(&wire::encode(ask));
        }
    }
}

impl Inner {
    fn open(self: &Rc<Self>, module: &Module) -> bool {
        if self.line.borrow().is_some() {
            return true;
        }
        let weak: Weak<Self> = Rc::downgrade(self);
        let tell = Closure::<dyn Fn(Vec<u8>)>::new(move |bytes: Vec<u8>| {
            if let (Some(inner), Ok(told)) = (weak.upgrade(), wire::decode(&bytes)) {
                (inner.hear)(told);
            }
        });
        let lives = self.lives.registry();
        let line = module.open(PROTOCOL, &self.base, &self.place, lives, tell.as_ref().unchecked_ref());
        let open = line.is_some();
        *self.line.borrow_mut() = line.map(|line| (line, tell));
        open
    }
}
