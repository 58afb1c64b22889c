//! What the visitor sees. Components draw [`State`] and turn gestures into [`Gesture`]s: they decide nothing and fetch
//! nothing.
//!
//! # Leptos, as it is used here
//!
//! - A component is a `#[component]` function with typed props, and is placed by `view! { <IconButton … /> }`. It
//!   returns an `El`, which is a view (`Render`); `impl IntoView` would also ask for what only a server needs.
//! - State is a `Face`, in one of Leptos' own `Copy` signals, the `Scene`, which is the panel's context: `use_scene()`.
//! - The body of a component is written with `element`, under the DOM's own names: `el("p").text(Word::Stopped)`. An
//!   attribute or a text is a fixed value, a [`Word`], or a function of the face, `is(|face| face.messages.is_empty())`,
//!   or of a message. It is read again when the face, or that message, has changed, and touches the DOM only where it has
//!   become another.
//! - Lists are keyed: `El::each` draws one child for each key, as `<For>` does.
//! - Effects and listeners belong to the owner of their component, timers to the scene. [`Ui`] owns both.
//! - A control that vanishes hands the focus on: `El::hidden`, `El::disabled` and `El::inert` in `focus`.
//!
//! Markup inside `view!` is not used: each of its types has code of its own, and where it is static the macro sets it
//! through `template.innerHTML`, which throws on a page under `require-trusted-types-for 'script'`. Nor are `<Show>`,
//! `Signal` and `Callback`: 5 to 6 KB each before compression. Styles are one constructed sheet ([`CSS`]), for pages that
//! forbid inline styles.
//!
//! What it costs, in KB of brotli: `widget_bg.wasm` as `cargo xtask build --release` leaves it, each on the tree of its
//! day.
//!
//! | way | KB |
//! |---|---|
//! | components, typed props, context, Leptos' own signals, bodies over `element`, as first written | 90.4 |
//! | the same with one list and one listener for all types, and without `expect_context` | 83.7 |
//! | the same with one signal for all state, not nine types of them, plain functions for closures, and less prose | 76.4 |
//! | the same with less of the library in `page`, `chat` and `embed`, and two passes of wasm-opt left out | 74.0 |
//! | the same with what looks questions up: sources, citations, the ground in `chat` and its line in `page` | 80.1 |
//! | the same with thumbs, a way to a person, and the browser's own model (now) | 83.0 |
//!
//! Before all of these, an untyped builder with a hand-written cell in the place of signals took 13.5 KB less than the
//! first row, by another build. A type of signal has code of its own to make, read, write, notify and drop it, and so
//! has a closure in a box.
//!
//! A token costs one append to one text node and at most one scroll per frame: a message owns its text node, and no
//! signal changes with a token.

mod bubble;
mod button;
mod challenge;
mod composer;
mod countdown;
mod css;
mod element;
mod focus;
mod header;
mod icons;
mod list;
mod log;
mod message;
mod notice;
mod panel;
mod permission;
mod progress;
mod scene;
mod sources;
mod waiting;
mod web;

use crate::{
    chat::{Effect, Entry, EntryId, EntryState, Event, Phase, Place, Speaker, State},
    embed::Look,
    lives::Lives,
    locale::{Word, Words},
};
use countdown::Countdown;
use element::el;
use leptos::{
    mount::{UnmountHandle, mount_to_renderer},
    prelude::*,
};
use message::{Message, spoken};
use panel::Panel;
use scene::{Scene, Stage, put};

/// The styles of everything inside the panel, for one sheet that all widgets of a page share.
pub const CSS: &str = css::text(&SHEETS);

/// Those, without the comments.
const SHEETS: [u8; css::length(WRITTEN)] = css::shorten(WRITTEN);

const WRITTEN: &str = concat!(
    include_str!("../../style/tokens.css"),
    include_str!("../../style/panel.css"),
    include_str!("../../style/header.css"),
    include_str!("../../style/log.css"),
    include_str!("../../style/bubble.css"),
    include_str!("../../style/sources.css"),
    include_str!("../../style/notice.css"),
    include_str!("../../style/card.css"),
    include_str!("../../style/challenge.css"),
    include_str!("../../style/waiting.css"),
    include_str!("../../style/progress.css"),
    include_str!("../../style/composer.css"),
);

/// What the visitor did.
#[derive(Clone, Debug, PartialEq)]
pub enum Gesture {
    /// Something that concerns the conversation.
    Chat(Event),
    /// Pressed the button that closes the panel.
    Close,
}

type Mounted = UnmountHandle<web_sys::Element>;

/// A mounted panel.
pub struct Ui {
    scene: Scene,
    /// The loader's panel.
    place: web_sys::HtmlElement,
    /// Where the challenge's frame goes.
    challenge: web_sys::HtmlElement,
    _panel: Mounted,
    /// Of the scene. Ends after the panel.
    _owner: Owner,
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ui").finish_non_exhaustive()
    }
}

impl Ui {
    /// Draws an empty conversation into `place`, an element of the widget's shadow root. Timers are kept in `lives`.
    pub fn mount(
        place: &web_sys::HtmlElement,
        words: Words,
        look: Look,
        place_of_answers: Place,
        lives: Lives,
        tell: impl Fn(Gesture) + 'static,
    ) -> Self {
        shape(place, &look);
        let owner = Owner::new();
        let (scene, panel, challenge) = owner.with(|| {
            let scene = Scene::new(words, look, place_of_answers, &lives, tell);
            provide_context(scene);
            let challenge = el("div");
            let holds = challenge.clone();
            (scene, mount_to_renderer(place, move || view! { <Panel challenge=holds /> }), challenge)
        });
        Self { scene, place: place.clone(), challenge: challenge.dom().clone(), _panel: panel, _owner: owner }
    }

    /// Where the challenge's frame goes: shown when the visitor must do something there.
    #[must_use]
    pub fn challenge_place(&self) -> web_sys::HtmlElement {
        self.challenge.clone()
    }

    /// Draws what an effect changed. Effects that concern somebody else change nothing here.
    pub fn draw(&self, state: &State, effect: &Effect) {
        match effect {
            Effect::Appended(id, more) => {
                self.scene.change_messages(&mut |message| message.id == *id && message.append(more));
                return self.follow();
            }
            Effect::Added(id) => {
                if let Some(entry) = state.entry(*id) {
                    self.add(entry);
                }
            }
            Effect::Changed(id) => self.change(state, *id),
            Effect::Cleared => self.scene.change(|face| {
                face.messages.clear();
                true
            }),
            Effect::Phase => self.change_phase(&state.phase),
            Effect::Draft => self.set_draft(&state.draft),
            _ => return,
        }
        self.settle(state);
    }

    /// Puts a text into the composer.
    pub fn set_draft(&self, draft: &str) {
        composer::measure(self.scene, self.scene.stage(|stage| stage.field.write(draft)));
        composer::note(self.scene, draft);
    }

    /// The panel was opened: the visitor may write at once.
    pub fn focus(&self) {
        self.scene.stage(Stage::rest_focus);
    }

    /// Takes what the site changed of the panel's words and looks.
    pub fn set_look(&self, words: Words, look: Look) {
        shape(&self.place, &look);
        self.scene.change(|face| {
            face.words = words;
            face.look = look;
            true
        });
        let worded = self.scene.glance(|face| face.worded.clone());
        if let Some(worded) = worded {
            worded.notify();
        }
    }

    fn add(&self, entry: &Entry) {
        self.scene.change(|face| {
            face.messages.push(Message::new(entry));
            true
        });
        self.scene.count();
        if entry.speaker == Speaker::Visitor {
            self.scene.stage(|stage| stage.scroller.return_to_end());
        }
    }

    fn change(&self, state: &State, id: EntryId) {
        let Some(entry) = state.entry(id) else {
            return self.scene.change(|face| {
                face.messages.retain(|message| message.id != id);
                true
            });
        };
        let mut stands_anew = false;
        self.scene.change_messages(&mut |message| {
            message.id == id && {
                stands_anew = message.state != entry.state;
                message.read(entry)
            }
        });
        self.scene.count();
        if stands_anew {
            self.announce(self.scene.glance(|face| spoken(entry, &face.words)).flatten());
        }
    }

    fn announce(&self, said: Option<String>) {
        if let Some(said) = said {
            self.scene.announce(said);
        }
    }

    fn change_phase(&self, phase: &Phase) {
        let mut said = None;
        self.scene.change(|face| {
            let words = &face.words;
            said = match *phase {
                Phase::Thinking => Some(words.say(Word::Thinking).to_owned()),
                Phase::Answering => Some(words.say(Word::Answering).to_owned()),
                Phase::Consent { bytes, stays, .. } => Some(words.consent(bytes, stays)),
                Phase::Leaving => Some(words.say(Word::LeaveBody).to_owned()),
                Phase::Verifying { interactive: true } => Some(words.say(Word::VerifyBody).to_owned()),
                Phase::Waiting { seconds } => Some(words.waiting(seconds)),
                Phase::Idle | Phase::Loading { .. } | Phase::Verifying { .. } => None,
            };
            let changed = put(&mut face.phase, *phase);
            if let (true, Phase::Waiting { seconds }) = (changed, phase) {
                face.waiting = Countdown::of(*seconds);
            }
            changed
        });
        self.scene.count();
        self.announce(said);
    }

    /// What depends on the whole state.
    fn settle(&self, state: &State) {
        self.scene.change(|face| put(&mut face.accepts, state.accepts()) | put(&mut face.place, state.place()));
        let thinks = matches!(state.phase, Phase::Thinking | Phase::Verifying { interactive: false });
        self.scene.change_messages(&mut |message| {
            put(&mut message.offers, state.can_try_again(message.id))
                | put(&mut message.thinks, thinks && message.state == EntryState::Streaming)
        });
        self.follow();
    }

    fn follow(&self) {
        self.scene.stage(|stage| stage.scroller.follow());
    }
}

/// The panel is the loader's; its corners are ours to round.
fn shape(place: &web_sys::HtmlElement, look: &Look) {
    let radius = look.theme.radius.map_or_else(String::new, |radius| format!("{radius}px"));
    let _valid = place.style().set_property("--inferkit-radius", &radius);
}
