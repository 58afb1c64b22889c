//! What the components share, as Leptos' context: what they show, in one signal, and what they act upon.

use super::{
    Gesture,
    countdown::{Countdown, TICK_MS},
    message::Message,
    web::{Field, Scroller, Timer, has_only_touch, now_ms},
};
use crate::{
    chat::{EntryId, Event, Phase, Place},
    embed::Look,
    lives::Lives,
    locale::{Word, Words},
};
use leptos::prelude::*;
use std::rc::Rc;

/// How long the live region holds what it said: screen readers have taken it by then, and a visitor who reads the page
/// line by line does not find it a second time.
const ANNOUNCED_MS: u32 = 1_500;

/// The panel's state. One signal holds it all, since each type of signal has code of its own; none of it changes per
/// token. Whoever shows a part of it follows it all, but for the words and the messages, which have triggers of their
/// own: a log may have hundreds of things to show, and most changes are of none of them.
#[derive(Clone, Copy)]
pub(super) struct Scene(RwSignal<Face, LocalStorage>);

/// What the components show.
pub(super) struct Face {
    pub words: Words,
    pub look: Look,
    pub phase: Phase,
    /// Where answers are made.
    pub place: Place,
    /// The log, oldest first.
    pub messages: Vec<Message>,
    /// Whether a question would be taken now.
    pub accepts: bool,
    /// Whether anything but white space stands in the composer.
    pub written: bool,
    /// By how many UTF-16 code units the composer's text is too long.
    pub excess: u32,
    /// Whether the newest message is out of sight.
    pub behind: bool,
    /// What a screen reader is to say next: a state in a word, or a whole answer.
    pub announced: String,
    /// Until a busy service is asked again.
    pub waiting: Countdown,
    /// The words have changed.
    pub worded: ArcTrigger,
    stage: Rc<Stage>,
}

/// What is acted upon: elements, timers, and the page that hears of gestures.
pub(super) struct Stage {
    pub tell: Box<dyn Fn(Gesture)>,
    pub scroller: Scroller,
    pub field: Field,
    /// Ends what was announced.
    silence: Timer,
    /// Until a long text is told.
    pub pause: Timer,
    /// Until the countdowns go on.
    tick: Timer,
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

/// Puts a value in the place of another. Whether that is a change.
pub(super) fn put<T: PartialEq>(place: &mut T, value: T) -> bool {
    let changed = *place != value;
    *place = value;
    changed
}

impl Face {
    /// What the site says itself, or else one of the words.
    pub fn own_or(&self, own: &Option<String>, word: Word) -> Option<String> {
        Some(own.as_deref().unwrap_or_else(|| self.words.say(word)).to_owned())
    }

    /// The message of a name. Most often the last.
    pub fn message(&self, id: EntryId) -> Option<&Message> {
        self.messages.iter().rfind(|message| message.id == id)
    }

    /// Whether something is true of a message. Of one that has gone nothing is.
    pub fn has(&self, id: EntryId, is: fn(&Message) -> bool) -> bool {
        self.message(id).is_some_and(is)
    }
}

impl Scene {
    /// An empty conversation. Belongs to the current owner.
    pub fn new(words: Words, look: Look, place: Place, lives: &Lives, tell: impl Fn(Gesture) + 'static) -> Self {
        Self(RwSignal::new_local(Face {
            words,
            look,
            phase: Phase::Idle,
            place,
            messages: Vec::new(),
            accepts: true,
            written: false,
            excess: 0,
            behind: false,
            announced: String::new(),
            waiting: Countdown::default(),
            worded: ArcTrigger::new(),
            stage: Rc::new(Stage {
                tell: Box::new(tell),
                scroller: Scroller::new(),
                field: Field::default(),
                silence: Timer::new(lives),
                pause: Timer::new(lives),
                tick: Timer::new(lives),
            }),
        }))
    }

    /// Reads, and has the effect that runs follow the panel. Nothing, once the panel has ended: a browser may still tell
    /// of an event then.
    pub fn read<T>(self, read: impl FnOnce(&Face) -> T) -> Option<T> {
        self.0.track();
        self.glance(read)
    }

    /// Reads, and follows nothing.
    pub fn glance<T>(self, read: impl FnOnce(&Face) -> T) -> Option<T> {
        let mut read = Some(read);
        let mut value = None;
        self.look(&mut |face| value = read.take().map(|read| read(face)));
        value
    }

    // Once for all types.
    fn look(self, read: &mut dyn FnMut(&Face)) {
        self.0.try_with_untracked(read);
    }

    /// Changes messages: `change` sees each, and whoever follows one reads it again if that returns true.
    pub fn change_messages(self, change: &mut dyn FnMut(&mut Message) -> bool) {
        let mut changed = Vec::new();
        self.update(&mut |face| {
            for message in &mut face.messages {
                if change(message) {
                    changed.push(message.changed.clone());
                }
            }
            false
        });
        for changed in changed {
            changed.notify();
        }
    }

    /// Changes what `change` changes, and has whoever follows it read again if that returns true.
    pub fn change(self, change: impl FnOnce(&mut Face) -> bool) {
        let mut change = Some(change);
        self.update(&mut |face| change.take().is_some_and(|change| change(face)));
    }

    fn update(self, change: &mut dyn FnMut(&mut Face) -> bool) {
        self.0.maybe_update(change);
    }

    /// Acts upon what is not shown. Does nothing once the panel has ended.
    pub fn stage<T: Default>(self, act: impl FnOnce(&Stage) -> T) -> T {
        self.the_stage().map(|stage| act(&stage)).unwrap_or_default()
    }

    fn the_stage(self) -> Option<Rc<Stage>> {
        self.glance(|face| face.stage.clone())
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
            false => stage.silence.start(ANNOUNCED_MS, move || self.put_announced(String::new())),
        });
        self.put_announced(text);
    }

    fn put_announced(self, text: String) {
        self.change(|face| put(&mut face.announced, text));
    }

    /// Lets the countdowns go on until the last is over.
    pub fn count(self) {
        let (now, mut runs) = (now_ms(), false);
        self.change(|face| face.waiting.count(now, &mut runs));
        self.change_messages(&mut |message| {
            message.opening.count(now, &mut runs) | message.copied.count(now, &mut runs)
        });
        if runs {
            self.stage(|stage| stage.tick.start(TICK_MS, move || self.count()));
        }
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
