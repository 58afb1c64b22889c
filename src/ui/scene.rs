//! What the components share, as Leptos' context.

use super::{
    Gesture,
    message::Message,
    web::{Field, Scroller, Timer, has_only_touch},
};
use crate::{
    chat::{Event, Phase, Place},
    embed::Look,
    lives::Lives,
    locale::Words,
};
use leptos::prelude::*;
use std::rc::Rc;

/// How long the live region holds what it said: screen readers have taken it by then, and a visitor who reads the page
/// line by line does not find it a second time.
const ANNOUNCED_MS: u32 = 1_500;

/// The panel's state, in signals. None of them changes per token.
#[derive(Clone, Copy)]
pub(super) struct Scene {
    pub words: RwSignal<Words>,
    pub look: RwSignal<Look>,
    pub phase: RwSignal<Phase>,
    /// Where answers are made.
    pub place: RwSignal<Place>,
    /// The log, oldest first.
    pub messages: RwSignal<Vec<Message>>,
    /// Whether a question would be taken now.
    pub accepts: RwSignal<bool>,
    /// Whether anything but white space stands in the composer.
    pub written: RwSignal<bool>,
    /// By how many UTF-16 code units the composer's text is too long.
    pub excess: RwSignal<u32>,
    /// Whether the newest message is out of sight.
    pub behind: RwSignal<bool>,
    /// What a screen reader is to say next: a state in a word, or a whole answer.
    pub announced: RwSignal<String>,
    stage: StoredValue<Rc<Stage>, LocalStorage>,
}

/// What is no signal: the elements that are acted upon, and the page that hears of gestures.
pub(super) struct Stage {
    lives: Lives,
    pub tell: Box<dyn Fn(Gesture)>,
    pub scroller: Scroller,
    pub field: Field,
    /// Ends what was announced.
    pub silence: Timer,
    /// Until a long text is told.
    pub pause: Timer,
}

impl Stage {
    /// Where the focus goes when the visitor may write.
    pub fn rest_focus(&self) {
        match has_only_touch() {
            true => self.scroller.focus(),
            false => self.field.focus(),
        }
    }
}

/// Sets a signal whose observers only care for a change.
pub(super) fn assign<T: PartialEq>(signal: impl Update<Value = T>, value: T) {
    signal.maybe_update(|old| {
        let changed = *old != value;
        *old = value;
        changed
    });
}

impl Scene {
    /// An empty conversation. Belongs to the current owner.
    pub fn new(words: Words, look: Look, place: Place, lives: Lives, tell: impl Fn(Gesture) + 'static) -> Self {
        let behind = RwSignal::new(false);
        Self {
            words: RwSignal::new(words),
            look: RwSignal::new(look),
            phase: RwSignal::new(Phase::Idle),
            place: RwSignal::new(place),
            messages: RwSignal::new(Vec::new()),
            accepts: RwSignal::new(true),
            written: RwSignal::new(false),
            excess: RwSignal::new(0),
            behind,
            announced: RwSignal::new(String::new()),
            stage: StoredValue::new_local(Rc::new(Stage {
                tell: Box::new(tell),
                scroller: Scroller::new(move |away| assign(behind, away)),
                field: Field::default(),
                silence: Timer::new(&lives),
                pause: Timer::new(&lives),
                lives,
            })),
        }
    }

    /// Acts upon what is no signal. Does nothing once the panel has ended: a browser may still tell of an event then.
    pub fn stage<T: Default>(self, act: impl FnOnce(&Stage) -> T) -> T {
        self.stage.try_get_value().map(|stage| act(&stage)).unwrap_or_default()
    }

    /// A timer that nothing outlives: for a component, which stores it.
    pub fn timer(self) -> Timer {
        Timer::new(&self.stage.get_value().lives)
    }

    /// The visitor did something.
    pub fn tell(self, gesture: Gesture) {
        self.stage(|stage| (stage.tell)(gesture));
    }

    /// The visitor did something that concerns the conversation.
    pub fn happen(self, event: Event) {
        self.tell(Gesture::Chat(event));
    }

    /// Has a screen reader say something, once. An empty text silences what was said before.
    pub fn announce(self, text: String) {
        self.stage(|stage| match text.is_empty() {
            true => stage.silence.end(),
            false => stage.silence.start(ANNOUNCED_MS, move || assign(self.announced, String::new())),
        });
        assign(self.announced, text);
    }
}

/// The scene of the panel in which a component stands.
pub(super) fn use_scene() -> Scene {
    match use_context() {
        Some(scene) => scene,
        // `expect_context` says the same with the place and the type, which takes 3 KB of formatting with it.
        None => wasm_bindgen::throw_str("a component stands outside of a panel"),
    }
}
