//! The widget's module: puts the parts together for `public/loader`, and carries out what the conversation asks
//! for.

#[cfg(target_arch = "wasm32")]
mod page {
    use gloo_timers::callback::Timeout;
    use inferkit_widget::{
        answer::local::{EngineHandle, Heard},
        chat::{self, Effect, Event, Phase, State},
        embed::{self, Look, Options, Site},
        error::{self, Code, Failure},
        locale::{self, Words},
        remote::{Ask, Remote, Told},
        ui::{self, Gesture, Ui},
    };
    use std::{
        cell::{Cell, OnceCell, RefCell},
        collections::VecDeque,
        rc::{Rc, Weak},
    };
    use wasm_bindgen::prelude::*;

    /// Small, and one thread is all there is.
    #[global_allocator]
    static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

    thread_local! {
        static LOADER: OnceCell<Loader> = const { OnceCell::new() };
        /// A server's 402, with the key that it was said to: it holds for as long as the page lives, whatever widgets
        /// come and go.
        static REFUSED: RefCell<Vec<(Option<String>, Code)>> = const { RefCell::new(Vec::new()) };
    }

    /// How much of an answer, in milliseconds, the next page may lack.
    const KEEP_MS: f64 = 300.0;

    /// What the loader does for us.
    struct Loader {
        /// Is told a panic, and draws the last words.
        crash: js_sys::Function,
        /// Fetches the module that talks to servers.
        fetch_remote: js_sys::Function,
    }

    /// Comes before anything else.
    #[wasm_bindgen]
    pub fn start(crash: js_sys::Function, fetch_remote: js_sys::Function) {
        LOADER.with(|loader| loader.set(Loader { crash, fetch_remote }).ok());
        std::panic::set_hook(Box::new(|panic| {
            let crash = LOADER.with(|loader| loader.get().map(|loader| loader.crash.clone()));
            if let Some(crash) = crash {
                let _told = crash.call1(&JsValue::NULL, &panic.to_string().into());
            }
        }));
    }

    /// The styles of everything inside a panel.
    #[wasm_bindgen]
    pub fn css() -> String {
        ui::CSS.into()
    }

    /// Draws a widget into `place`, an element in a shadow root. `base` is the address of HOST's folder, and `emit` takes
    /// an event's name and its detail.
    #[wasm_bindgen]
    pub fn mount(place: web_sys::HtmlElement, base: &str, options: &js_sys::Object, emit: js_sys::Function) -> Widget {
        let host = web_sys::Url::new(base).map(|url| url.origin()).unwrap_or_default();
        let mut options = Options::read(embed::given(options), &host);
        options.settings.sampling.seed = embed::random_seed();
        let seed = options.settings.sampling.seed;
        let words = Words::from(locale::negotiate([]));
        let fetch_remote = LOADER.with(|loader| loader.get().map(|loader| loader.fetch_remote.clone()));
        let fetch_remote = fetch_remote.unwrap_or_default();
        let conversation = Rc::new_cyclic(|weak: &Weak<Conversation>| {
            let (gestures, engine, remote) = (weak.clone(), weak.clone(), weak.clone());
            let state = State::new(options.settings.clone());
            let ui = Ui::mount(&place, words.clone(), Look::default(), state.place(), move |gesture| {
                let Some(conversation) = gestures.upgrade() else { return };
                match gesture {
                    Gesture::Chat(event) => conversation.happen(event),
                    Gesture::Close => conversation.site.hide(),
                }
            });
            Conversation {
                state: RefCell::new(state),
                remote: Remote::new(base, ui.challenge_place(), fetch_remote, error::reference, move |told| {
                    let Some(conversation) = remote.upgrade() else { return };
                    conversation.happen(match told {
                        Told::Server { id, heard } => Event::Server { id, heard },
                        Told::Challenge(outcome) => Event::Challenge(outcome),
                    });
                }),
                dress: RefCell::new(Dress {
                    words,
                    own: Look::default(),
                    languages: Vec::new(),
                    configured: Look::default(),
                }),
                host,
                ui,
                site: Site::new(emit),
                engine: EngineHandle::new(base, move |heard| {
                    let Some(conversation) = engine.upgrade() else { return };
                    conversation.happen(match heard {
                        Heard::Said(message) => Event::Engine(message),
                        Heard::Gone { code, message } => Event::EngineGone { code, message },
                    });
                }),
                waiting: RefCell::default(),
                happens: Cell::new(false),
                me: weak.clone(),
                seed,
                configured: OnceCell::new(),
                kept: Cell::default(),
            }
        });
        let widget = Widget { conversation: RefCell::new(Some(conversation)) };
        if let Some(saved) = options.saved.take() {
            widget.happen(Event::Restored(saved));
        }
        widget.take(options);
        widget.happen(Event::Mounted);
        widget
    }

    /// A widget on the page. Every method can be called from within an event that it causes.
    #[wasm_bindgen]
    pub struct Widget {
        conversation: RefCell<Option<Rc<Conversation>>>,
    }

    #[wasm_bindgen]
    impl Widget {
        /// Takes the options anew, all of them.
        pub fn set_options(&self, options: &js_sys::Object) {
            let Some(conversation) = self.conversation() else { return };
            self.take(Options::read(embed::given(options), &conversation.host));
        }

        /// Asks a question as if the visitor had.
        pub fn send_message(&self, text: String) {
            self.happen(Event::Send(text));
        }

        /// Puts a text into the composer.
        pub fn set_input(&self, text: String) {
            let Some(conversation) = self.conversation() else { return };
            conversation.ui.set_draft(&text);
            conversation.happen(Event::Draft(text));
        }

        /// Ends an answer or a download.
        pub fn stop(&self) {
            self.happen(Event::Stop);
        }

        /// Begins a new conversation.
        pub fn reset(&self) {
            self.happen(Event::Reset);
        }

        /// The panel was opened.
        pub fn focus(&self) {
            if let Some(conversation) = self.conversation() {
                conversation.ui.focus();
            }
        }

        /// Ends everything.
        pub fn destroy(&self) {
            let gone = self.conversation.borrow_mut().take();
            if let Some(conversation) = gone {
                conversation.keep();
                conversation.engine.end();
                conversation.remote.ask(Ask::End);
                // Later: whoever calls this may have been called from inside.
                Timeout::new(0, move || drop(conversation)).forget();
            }
        }
    }

    impl Widget {
        fn conversation(&self) -> Option<Rc<Conversation>> {
            self.conversation.borrow().clone()
        }

        fn happen(&self, event: Event) {
            if let Some(conversation) = self.conversation() {
                conversation.happen(event);
            }
        }

        fn take(&self, mut options: Options) {
            let Some(conversation) = self.conversation() else { return };
            options.warnings.iter().for_each(|warning| embed::warn(warning));
            options.settings.sampling.seed = conversation.seed;
            conversation.dress(|dress| {
                dress.own = std::mem::take(&mut options.look);
                dress.languages = std::mem::take(&mut options.languages);
            });
            if options.refused.is_empty() {
                // The first time, the state was made of them.
                if conversation.configured.set(()).is_err() {
                    conversation.happen(Event::Configured(options.settings));
                }
                return;
            }
            let _later = conversation.configured.set(());
            let message = options.refused.join("; ");
            conversation.happen(Event::Misconfigured(Failure::client(
                Code::ConfigInvalid,
                message,
                error::reference(),
            )));
        }
    }

    /// A conversation, and everybody whom it moves.
    struct Conversation {
        state: RefCell<State>,
        ui: Ui,
        site: Site,
        engine: EngineHandle,
        remote: Remote,
        dress: RefCell<Dress>,
        /// HOST's origin.
        host: String,
        /// Events that came while another was being dealt with.
        waiting: RefCell<VecDeque<Event>>,
        happens: Cell<bool>,
        me: Weak<Self>,
        seed: u32,
        configured: OnceCell<()>,
        /// When it was last kept for the next page, in milliseconds.
        kept: Cell<f64>,
    }

    /// What decides the panel's words and looks.
    struct Dress {
        words: Words,
        /// What the page says.
        own: Look,
        /// Languages that the page wants.
        languages: Vec<String>,
        /// What the server's configuration says, for where the page says nothing.
        configured: Look,
    }

    impl Conversation {
        /// Changes the panel's words and looks.
        fn dress(&self, change: impl FnOnce(&mut Dress)) {
            let mut dress = self.dress.borrow_mut();
            change(&mut dress);
            let look = dress.own.clone().over(&dress.configured);
            let preferred = embed::languages();
            let wanted = dress.languages.iter().chain(&preferred).map(String::as_str);
            let mut warnings = Vec::new();
            dress.words = Words::new(locale::negotiate(wanted), &look.strings, &mut warnings);
            warnings.iter().for_each(|warning| embed::warn(warning));
            self.ui.set_look(dress.words.clone(), look);
        }

        /// Deals with an event and all that follow from it, one after the other: a listener of the site may well ask the
        /// next question from within an event.
        fn happen(&self, event: Event) {
            self.waiting.borrow_mut().push_back(event);
            if self.happens.replace(true) {
                return;
            }
            while let Some(event) = self.next() {
                self.share_refusal();
                let effects = chat::step(&mut self.state.borrow_mut(), event, &mut error::random);
                self.share_refusal();
                for effect in effects {
                    self.ui.draw(&self.state.borrow(), &effect);
                    self.carry_out(effect);
                }
            }
            self.happens.set(false);
            self.keep_up();
        }

        /// Keeps the conversation for the next page; while something streams, only now and then.
        fn keep_up(&self) {
            let streams = matches!(self.state.borrow().phase, Phase::Loading { .. } | Phase::Answering);
            let now = js_sys::Date::now();
            if !streams || (now - self.kept.get()).abs() > KEEP_MS {
                self.kept.set(now);
                self.keep();
            }
        }

        fn keep(&self) {
            self.site.keep(self.state.borrow().saved());
        }

        fn next(&self) -> Option<Event> {
            self.waiting.borrow_mut().pop_front()
        }

        fn carry_out(&self, effect: Effect) {
            match effect {
                Effect::Engine(message) => self.engine.send(&message),
                Effect::DropEngine => self.engine.end(),
                Effect::Send { id, outgoing } => self.remote.ask(Ask::Send { id, outgoing }),
                Effect::Abort(id) => self.remote.ask(Ask::Abort(id)),
                Effect::Challenge { site_key, challenge_url } => {
                    let language = self.dress.borrow().words.tag().into();
                    self.remote.ask(Ask::Solve { site_key, challenge_url, language });
                }
                Effect::EndChallenge => self.remote.ask(Ask::Cancel),
                Effect::Wait { id, ms } => self.wait(id, ms),
                Effect::Report(failure) => self.site.report(&failure),
                Effect::Tell(told) => self.site.tell(&told),
                Effect::Look(said) => {
                    let configured = Options::defaults(said);
                    self.site.wear(&configured.theme);
                    self.dress(|dress| dress.configured = configured);
                }
                Effect::Added(_)
                | Effect::Appended(..)
                | Effect::Changed(_)
                | Effect::Cleared
                | Effect::Phase
                | Effect::Draft => {}
            }
        }

        /// A 402 that any widget of this page was told is told to all.
        fn share_refusal(&self) {
            let mut state = self.state.borrow_mut();
            let Some(key) = state.api_key() else { return };
            REFUSED.with_borrow_mut(|refused| {
                match (refused.iter().find(|(known, _)| *known == key), state.refused()) {
                    (Some((_, code)), None) => state.refuse(*code),
                    (None, Some(code)) => refused.push((key, code)),
                    _ => {}
                }
            });
        }

        fn wait(&self, id: u32, ms: u32) {
            // A browser's timers have 31 bits.
            let ms = ms.min(i32::MAX.unsigned_abs());
            let me = self.me.clone();
            Timeout::new(ms, move || {
                if let Some(me) = me.upgrade() {
                    me.happen(Event::Waited(id));
                }
            })
            .forget();
        }
    }
}

fn main() {}
