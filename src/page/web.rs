//! The browser's ports, and the widget as the loader holds it.

use super::{
    Page,
    ports::{Builtin, Clock, Engine, Lookup, Modules, Screen, Site},
};
use crate::{
    answer::local::EngineHandle,
    chat::{Effect, Event, State, Told},
    embed::{self, Look, Options, Theme},
    error::{self, Failure},
    knowledge::{KnowledgeHandle, LookUp},
    lives::{Lives, Registry, Timer, drop_later},
    locale::{self, Words},
    remote::{Ask, ModuleHandle},
    ui::{Gesture, Ui},
    wire::ToEngine,
};
use js_sys::Function;
use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::HtmlElement;

/// A browser's page, as one widget uses it.
#[derive(Debug)]
struct Browser {
    page: Weak<Page<Browser>>,
    lives: Lives,
    site: embed::Site,
    ui: Ui,
    engine: EngineHandle,
    module: ModuleHandle,
    knowledge: KnowledgeHandle,
    timer: RefCell<Option<Timer>>,
}

/// Acts on a page that is still there.
fn with(page: &Weak<Page<Browser>>, act: impl FnOnce(&Page<Browser>)) {
    if let Some(page) = page.upgrade() {
        act(&page);
    }
}

impl Clock for Browser {
    fn now(&self) -> u64 {
        web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now()) as u64
    }

    fn date(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    fn wake(&self, ms: Option<u32>) {
        let timer = ms.map(|ms| {
            let page = self.page.clone();
            self.lives.after(ms, move || with(&page, Page::woke))
        });
        drop(self.timer.replace(timer));
    }

    fn let_in(&self) {
        let (page, lives) = (self.page.clone(), self.lives.clone());
        // Two turns: a message may wait behind the timer, and lead to another.
        self.lives.soon(move || lives.soon(move || with(&page, Page::judge)));
    }

    fn random(&self) -> [u8; 16] {
        error::random()
    }
}

impl Engine for Browser {
    fn start_engine(&self) -> Result<(), String> {
        self.engine.start()
    }

    fn post(&self, message: &ToEngine) {
        self.engine.post(message);
    }

    fn engine_stands(&self) -> bool {
        self.engine.stands()
    }

    fn end_engine(&self) {
        self.engine.end();
    }
}

impl Modules for Browser {
    fn import(&self, attempt: u32) {
        let page = self.page.clone();
        self.module.import(attempt > 1, move |open| with(&page, |page| page.imported(attempt, open)));
    }

    fn ask(&self, ask: &Ask) {
        self.module.ask(ask);
    }
}

impl Lookup for Browser {
    fn look_up(&self, question: &LookUp) {
        self.knowledge.look_up(question);
    }

    fn end_look_up(&self) {
        self.knowledge.end();
    }

    fn check(&self, piece: &str, first: bool, last: bool) -> String {
        self.knowledge.check(piece, first, last)
    }
}

impl Builtin for Browser {
    fn probe(&self, language: &str) {
        self.site.probe(language);
    }
}

impl Site for Browser {
    fn tell(&self, told: &Told) {
        self.site.tell(told);
    }

    fn report(&self, failure: &Failure) {
        self.site.report(failure);
    }

    fn wear(&self, theme: &Theme) {
        self.site.wear(theme);
    }

    fn warn(&self, warning: &str) {
        embed::warn(warning);
    }

    fn keep(&self, saved: &str) {
        self.site.keep(saved);
    }

    fn keep_agreed(&self, models: &[String]) {
        self.site.keep_agreed(models);
    }

    fn languages(&self) -> Vec<String> {
        embed::languages()
    }
}

impl Screen for Browser {
    fn draw(&self, state: &State, effect: &Effect) {
        self.ui.draw(state, effect);
    }

    fn set_draft(&self, draft: &str) {
        self.ui.set_draft(draft);
    }

    fn dress(&self, words: Words, look: Look) {
        self.ui.set_look(words, look);
    }
}

/// Draws a widget into `place`, an element in a shadow root. `base` is the address of HOST's folder, `emit` takes an
/// event's name and its detail, `lives` is the registry of the widget's generation; `fetch_remote` imports the
/// module that talks to servers, and `fetch_knowledge` the one that looks questions up.
pub fn mount(
    place: &HtmlElement,
    base: &str,
    options: &js_sys::Object,
    emit: Function,
    lives: Registry,
    fetch_remote: Function,
    fetch_knowledge: Function,
) -> Widget {
    let lives = Lives::from(lives);
    let host = web_sys::Url::new(base).map(|url| url.origin()).unwrap_or_default();
    let mut options = Options::read(embed::given(options), &host);
    let seed = embed::random_seed();
    let page = Rc::new_cyclic(|weak: &Weak<Page<Browser>>| {
        let words = Words::from(locale::negotiate([]));
        let (gestures, engine, module, pages) = (weak.clone(), weak.clone(), weak.clone(), weak.clone());
        let ui =
            Ui::mount(place, words, Look::default(), options.settings.place(false), lives.clone(), move |gesture| {
                with(&gestures, |page| match gesture {
                    Gesture::Chat(event) => page.happen(event),
                    Gesture::Close => page.ports().site.hide(),
                });
            });
        let challenge = ui.challenge_place();
        let browser = Browser {
            page: weak.clone(),
            site: embed::Site::new(emit),
            ui,
            engine: EngineHandle::new(base, lives.clone(), move |heard| {
                with(&engine, |page| page.engine_said(heard));
            }),
            module: ModuleHandle::new(base, challenge, lives.clone(), fetch_remote, move |told| {
                with(&module, |page| page.module_said(told));
            }),
            knowledge: KnowledgeHandle::new(lives.clone(), fetch_knowledge, move |told| {
                with(&pages, |page| page.looked_up(told));
            }),
            lives,
            timer: RefCell::default(),
        };
        Page::new(browser, host, seed, std::mem::take(&mut options.settings))
    });
    page.begin(options);
    Widget { page: RefCell::new(Some(page)) }
}

/// A widget on the page. Every method can be called from within an event that it causes.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Widget {
    page: RefCell<Option<Rc<Page<Browser>>>>,
}

#[wasm_bindgen]
impl Widget {
    /// Takes the options anew, all of them.
    pub fn set_options(&self, options: &js_sys::Object) {
        self.with(|page| page.set_options(Options::read(embed::given(options), page.host())));
    }

    /// Asks a question as if the visitor had.
    pub fn send_message(&self, text: String) {
        self.with(|page| page.happen(Event::Send(text)));
    }

    /// Puts a text into the composer.
    pub fn set_input(&self, text: String) {
        self.with(|page| page.set_input(text));
    }

    /// Ends an answer or a download.
    pub fn stop(&self) {
        self.with(|page| page.happen(Event::Stop));
    }

    /// Begins a new conversation.
    pub fn reset(&self) {
        self.with(|page| page.happen(Event::Reset));
    }

    /// The panel was opened.
    pub fn focus(&self) {
        self.with(|page| page.ports().ui.focus());
    }

    /// The page may be gone after this: what is to be kept is kept now.
    pub fn flush(&self) {
        self.with(Page::flush);
    }

    /// Another tab of the site has stored this.
    pub fn elsewhere(&self, saved: String) {
        self.with(|page| page.elsewhere(saved));
    }

    /// The site's storage has taken what it was given last, or has no room for it.
    pub fn stored(&self, full: bool) {
        self.with(|page| page.stored(full));
    }

    /// The browser has a model that is ready to answer, or has none.
    pub fn probed(&self, there: bool) {
        self.with(|page| page.probed(there));
    }

    /// Ends everything.
    pub fn destroy(&self) {
        let gone = self.page.borrow_mut().take();
        if let Some(page) = gone {
            page.end();
            // Later: whoever calls this may have been called from inside.
            drop_later(page);
        }
    }
}

impl Widget {
    fn with(&self, act: impl FnOnce(&Page<Browser>)) {
        let page = self.page.borrow().clone();
        if let Some(page) = page {
            act(&page);
        }
    }
}
