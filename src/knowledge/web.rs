//! The page's side: fetches the module with the first question, and asks it.

use super::{LookUp, LookedUp, PROTOCOL};
use crate::{
    lives::{Lives, Registry},
    wire,
};
use js_sys::{Function, Promise};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};

#[wasm_bindgen]
extern "C" {
    /// `knowledge.js`, which exports what `bin/knowledge.rs` does.
    type Module;

    #[wasm_bindgen(method)]
    fn open(this: &Module, protocol: u32, lives: &Registry, tell: &Function) -> Option<ModuleLine>;

    /// One widget's line to the module.
    #[derive(Clone)]
    type ModuleLine;

    #[wasm_bindgen(method)]
    fn look_up(this: &ModuleLine, id: u32, url: &str, question: &str, before: &str);

    #[wasm_bindgen(method)]
    fn end(this: &ModuleLine);

    #[wasm_bindgen(method)]
    fn check(this: &ModuleLine, piece: &str, first: bool, last: bool) -> String;
}

/// The module that looks questions up, as one widget uses it.
pub struct KnowledgeHandle(Rc<Inner>);

struct Inner {
    lives: Lives,
    /// Fetches the module; the loader's part.
    load: Function,
    hear: Box<dyn Fn(LookedUp)>,
    line: RefCell<Option<Open>>,
    /// The number of the question that was asked last: an import that comes late asks no other.
    asked: Cell<u32>,
}

/// A line, and what the module calls at its other end.
type Open = (ModuleLine, Closure<dyn Fn(Vec<u8>)>);

impl std::fmt::Debug for KnowledgeHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnowledgeHandle").finish_non_exhaustive()
    }
}

impl KnowledgeHandle {
    /// `load` returns a promise of the module.
    pub fn new(lives: Lives, load: Function, hear: impl Fn(LookedUp) + 'static) -> Self {
        let hear = Box::new(hear);
        Self(Rc::new(Inner { lives, load, hear, line: RefCell::default(), asked: Cell::default() }))
    }

    /// Looks a question up. What it comes to is never heard before this has returned; of an import that hangs nothing
    /// is: the caller has a deadline.
    pub fn look_up(&self, question: &LookUp) {
        let question = question.clone();
        let id = question.id;
        self.0.asked.set(id);
        if let Some(line) = self.0.line() {
            return ask(&line, &question);
        }
        let (inner, load) = (Rc::downgrade(&self.0), self.0.load.clone());
        spawn_local(async move {
            let module = async {
                let promise: Promise = load.call0(&JsValue::NULL)?.dyn_into()?;
                JsFuture::from(promise).await
            };
            let module = module.await.ok().map(JsCast::unchecked_into::<Module>);
            let Some(inner) = inner.upgrade().filter(|inner| inner.asked.get() == id) else { return };
            match module.and_then(|module| inner.open(&module)) {
                Some(line) => ask(&line, &question),
                None => (inner.hear)(LookedUp { id, found: Err(UNLOADED.into()) }),
            }
        });
    }

    /// Ends the look-up under way; nothing more is told of it.
    pub fn end(&self) {
        self.0.asked.set(0);
        if let Some(line) = self.0.line() {
            line.end();
        }
    }

    /// What may be shown of an answer once this piece of it has come; nothing, where the module is not there.
    pub fn check(&self, piece: &str, first: bool, last: bool) -> String {
        self.0.line().map(|line| line.check(piece, first, last)).unwrap_or_default()
    }
}

fn ask(line: &ModuleLine, LookUp { id, url, question, before }: &LookUp) {
    line.look_up(*id, url, question, before.as_deref().unwrap_or_default());
}

const UNLOADED: &str = "knowledge.js, which looks questions up, could not be loaded from HOST";

impl Inner {
    fn line(&self) -> Option<ModuleLine> {
        self.line.borrow().as_ref().map(|(line, _)| line.clone())
    }

    fn open(self: &Rc<Self>, module: &Module) -> Option<ModuleLine> {
        let weak: Weak<Self> = Rc::downgrade(self);
        let tell = Closure::<dyn Fn(Vec<u8>)>::new(move |bytes: Vec<u8>| {
            if let (Some(inner), Ok(told)) = (weak.upgrade(), wire::decode(&bytes)) {
                (inner.hear)(told);
            }
        });
        let line = module.open(PROTOCOL, self.lives.registry(), tell.as_ref().unchecked_ref())?;
        *self.line.borrow_mut() = Some((line.clone(), tell));
        Some(line)
    }
}
