//! What the visitor sees. Components draw [`State`] and turn gestures into [`Gesture`]s: they decide nothing and fetch
//! nothing.
//!
//! Views are built from elements and text nodes (`element`), never with `view!`: that macro sets nested static markup
//! through `template.innerHTML`, which throws on a page under `require-trusted-types-for 'script'`. Styles come as one
//! constructed sheet ([`CSS`]), for pages that forbid inline styles.
//!
//! A token costs one append to one text node and at most one scroll per frame: a message is mounted once, on its own,
//! and owns its text node (`bubble`), so that nothing compares or redraws the log.

mod bubble;
mod challenge;
mod composer;
mod consent;
mod countdown;
mod css;
mod element;
mod header;
mod icons;
mod leaving;
mod log;
mod notice;
mod panel;
mod progress;
mod waiting;
mod web;
mod words;

use crate::{
    chat::{Effect, Entry, EntryId, Event, Phase, Place, Speaker, State},
    embed::Look,
    locale::{Word, Words},
};
use bubble::Bubble;
use element::{Watched, element};
use leptos::mount::{UnmountHandle, mount_to_renderer};
use std::{cell::RefCell, rc::Rc};
use web::{Composer, Scroller};

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
    include_str!("../../style/notice.css"),
    include_str!("../../style/consent.css"),
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

/// What the components share. None of what is watched changes per token.
#[derive(Clone)]
struct Scene(Rc<Stage>);

struct Stage {
    words: Watched<Words>,
    look: Watched<Look>,
    phase: Watched<Phase>,
    /// Where answers are made.
    place: Watched<Place>,
    /// Whether nothing stands in the log.
    empty: Watched<bool>,
    /// Whether a question would be taken now.
    accepts: Watched<bool>,
    /// Whether anything but white space stands in the composer.
    written: Watched<bool>,
    /// Whether the newest message is out of sight.
    behind: Watched<bool>,
    /// What a screen reader is to say next: a state in a word, or a whole answer.
    said: Watched<String>,
    tell: Box<dyn Fn(Gesture)>,
    scroller: Scroller,
    composer: Composer,
}

impl std::ops::Deref for Scene {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.0
    }
}

impl Scene {
    /// Something that a button of the conversation does.
    fn act<E: Fn() -> Event + 'static>(&self, event: E) -> impl Fn() + use<E> {
        let scene = self.clone();
        move || (scene.tell)(Gesture::Chat(event()))
    }
}

type Mounted = UnmountHandle<web_sys::Element>;

/// A mounted panel.
pub struct Ui {
    scene: Scene,
    /// Where messages go.
    messages: web_sys::HtmlElement,
    /// The loader's panel.
    place: web_sys::HtmlElement,
    /// Where the challenge's frame goes.
    frame: web_sys::HtmlElement,
    /// Each message with its view, oldest first.
    bubbles: RefCell<Vec<(Bubble, Mounted)>>,
    _panel: Mounted,
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ui").finish_non_exhaustive()
    }
}

impl Ui {
    /// Draws an empty conversation into `place`, an element of the widget's shadow root.
    pub fn mount(
        place: &web_sys::HtmlElement,
        words: Words,
        look: Look,
        place_of_answers: Place,
        tell: impl Fn(Gesture) + 'static,
    ) -> Self {
        let behind = Watched::new(false);
        let away = behind.clone();
        let scene = Scene(Rc::new(Stage {
            words: Watched::new(words),
            look: Watched::new(look),
            phase: Watched::new(Phase::Idle),
            place: Watched::new(place_of_answers),
            empty: Watched::new(true),
            accepts: Watched::new(true),
            written: Watched::new(false),
            behind,
            said: Watched::new(String::new()),
            tell: Box::new(tell),
            scroller: Scroller::new(move |is_away| away.set(is_away)),
            composer: Composer::default(),
        }));
        let frame = element("div", "");
        let messages = element("div", "messages");
        let (drawn, log, challenge) = (scene.clone(), messages.clone(), frame.clone());
        shape(place, &scene.look.peek());
        let panel = mount_to_renderer(place, move || panel::panel(&drawn, &log, &challenge));
        Self {
            messages: messages.html().clone(),
            frame: frame.html().clone(),
            scene,
            place: place.clone(),
            bubbles: RefCell::default(),
            _panel: panel,
        }
    }

    /// Where the challenge's frame goes: shown when the visitor must do something there.
    #[must_use]
    pub fn challenge_place(&self) -> web_sys::HtmlElement {
        self.frame.clone()
    }

    /// Draws what an effect changed. Effects that concern somebody else change nothing here.
    pub fn draw(&self, state: &State, effect: &Effect) {
        match effect {
            Effect::Appended(id, more) => {
                if let Some((bubble, _)) = self.bubbles.borrow().iter().rfind(|(bubble, _)| bubble.id == *id) {
                    bubble.append(more);
                }
                return self.scene.scroller.follow();
            }
            Effect::Added(id) => {
                if let Some(entry) = state.entry(*id) {
                    self.add(entry);
                }
            }
            Effect::Changed(id) => self.change(state, *id),
            Effect::Cleared => self.bubbles.borrow_mut().clear(),
            Effect::Phase => self.change_phase(&state.phase),
            Effect::Draft => self.set_draft(&state.draft),
            _ => return,
        }
        self.settle(state);
    }

    /// Puts a text into the composer.
    pub fn set_draft(&self, draft: &str) {
        self.scene.composer.write(draft);
        self.scene.written.set(!draft.trim().is_empty());
    }

    /// The panel was opened: the visitor may write at once.
    pub fn focus(&self) {
        self.scene.composer.focus();
    }

    /// Takes what the site changed of the panel's words and looks.
    pub fn set_look(&self, words: Words, look: Look) {
        self.scene.words.set(words);
        shape(&self.place, &look);
        self.scene.look.set(look);
    }

    fn add(&self, entry: &Entry) {
        let bubble = Bubble::new(entry);
        let (drawn, scene, speaker) = (bubble.clone(), self.scene.clone(), entry.speaker);
        let mounted = mount_to_renderer(&self.messages, move || match speaker {
            Speaker::Visitor => drawn.asked(&scene),
            Speaker::Assistant => drawn.answer(&scene),
        });
        self.bubbles.borrow_mut().push((bubble, mounted));
        if entry.speaker == Speaker::Visitor {
            self.scene.scroller.return_to_end();
        }
    }

    fn change(&self, state: &State, id: EntryId) {
        let mut bubbles = self.bubbles.borrow_mut();
        let Some(index) = bubbles.iter().rposition(|(bubble, _)| bubble.id == id) else { return };
        let Some(entry) = state.entry(id) else {
            return drop(bubbles.remove(index));
        };
        if let Some((bubble, _)) = bubbles.get(index) {
            bubble.read(entry);
            if let Some(spoken) = bubble.spoken(entry, &self.scene.words.peek()) {
                self.scene.said.set(spoken);
            }
        }
    }

    fn change_phase(&self, phase: &Phase) {
        self.scene.phase.set(phase.clone());
        let text = self.scene.words.peek();
        self.scene.said.set(match phase {
            Phase::Thinking => text.say(Word::Thinking).to_owned(),
            Phase::Answering => text.say(Word::Answering).to_owned(),
            Phase::Leaving => text.say(Word::LeaveBody).to_owned(),
            Phase::Verifying { interactive: true } => text.say(Word::VerifyBody).to_owned(),
            Phase::Waiting { seconds } => text.waiting(*seconds),
            Phase::Idle | Phase::Consent { .. } | Phase::Loading { .. } | Phase::Verifying { .. } => return,
        });
    }

    /// What depends on the whole state.
    fn settle(&self, state: &State) {
        self.scene.accepts.set(state.accepts());
        self.scene.place.set(state.place());
        self.scene.empty.set(state.entries.is_empty());
        for (bubble, _) in &*self.bubbles.borrow() {
            bubble.offers.set(state.can_try_again(bubble.id));
        }
        self.scene.scroller.follow();
    }
}

/// The panel is the loader's; its corners are ours to round.
fn shape(place: &web_sys::HtmlElement, look: &Look) {
    let radius = look.theme.radius.map_or_else(String::new, |radius| format!("{radius}px"));
    let _valid = place.style().set_property("--inferkit-radius", &radius);
}
