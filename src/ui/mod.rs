//! What the visitor sees. Components draw [`State`] and turn gestures into [`Gesture`]s: they decide nothing and fetch
//! nothing.
//!
//! Views are written with builders (`leptos::html`, `leptos::svg`), never with `view!`: that macro sets nested static
//! markup through `template.innerHTML`, which throws on a page under `require-trusted-types-for 'script'`. Styles come
//! as one constructed sheet ([`CSS`]), and `style:` properties go through the CSSOM, for pages that forbid inline
//! styles.
//!
//! A token costs one append to one text node and at most one scroll per frame: a message is mounted once, on its own,
//! and owns its text node (`bubble`), so that nothing compares or redraws the log.

mod bubble;
mod composer;
mod consent;
mod header;
mod icons;
mod log;
mod notice;
mod panel;
mod progress;
mod web;

use crate::{
    chat::{Effect, Entry, EntryId, Event, Phase, Speaker, State},
    embed::Look,
    locale::Text,
};
use bubble::Bubble;
use leptos::{mount::UnmountHandle, prelude::*};
use std::{cell::RefCell, rc::Rc};
use web::{Composer, Scroller};

/// The styles of everything inside the panel, for one sheet that all widgets of a page share.
pub const CSS: &str = concat!(
    include_str!("../../style/tokens.css"),
    include_str!("../../style/panel.css"),
    include_str!("../../style/header.css"),
    include_str!("../../style/log.css"),
    include_str!("../../style/bubble.css"),
    include_str!("../../style/notice.css"),
    include_str!("../../style/consent.css"),
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

/// What the components share. Signals hold what is drawn; none of them changes per token.
#[derive(Clone, Copy)]
struct Scene {
    text: &'static Text,
    look: RwSignal<Look>,
    phase: RwSignal<Phase>,
    /// Whether anything stands in the log.
    empty: RwSignal<bool>,
    /// Whether a question would be taken now.
    accepts: RwSignal<bool>,
    /// Whether anything but white space stands in the composer.
    written: RwSignal<bool>,
    /// Whether the newest message is out of sight.
    behind: RwSignal<bool>,
    /// What a screen reader is to say next.
    said: RwSignal<&'static str>,
    /// The whole answer, for screen readers.
    spoken: RwSignal<String>,
    gesture: StoredValue<Rc<dyn Fn(Gesture)>, LocalStorage>,
    scroller: StoredValue<Scroller, LocalStorage>,
    composer: StoredValue<Composer, LocalStorage>,
}

impl Scene {
    fn happen(self, event: Event) {
        self.gesture(Gesture::Chat(event));
    }

    fn gesture(self, gesture: Gesture) {
        // Taken out first: what follows may come back here.
        if let Some(tell) = self.gesture.try_get_value() {
            tell(gesture);
        }
    }

    /// The words of a phase that has a card or an indicator of its own, which stays while numbers in it change.
    fn waiting(self) -> Memo<Waiting> {
        let phase = self.phase;
        Memo::new(move |_| match phase.get() {
            Phase::Consent { .. } => Waiting::Consent,
            Phase::Loading { .. } => Waiting::Loading,
            Phase::Idle | Phase::Thinking | Phase::Answering => Waiting::No,
        })
    }
}

/// Which card stands at the end of the log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    No,
    Consent,
    Loading,
}

type Mounted = UnmountHandle<<AnyView as Render>::State>;

/// A mounted panel.
pub struct Ui {
    scene: Scene,
    /// Where messages go.
    log: web_sys::HtmlElement,
    /// Each message with its view, oldest first.
    bubbles: RefCell<Vec<(Bubble, Mounted)>>,
    _panel: Mounted,
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ui").field("bubbles", &self.bubbles.borrow().len()).finish_non_exhaustive()
    }
}

impl Ui {
    /// Draws an empty conversation into `place`, an element of the widget's shadow root.
    pub fn mount(
        place: web_sys::HtmlElement,
        text: &'static Text,
        look: Look,
        tell: impl Fn(Gesture) + 'static,
    ) -> Self {
        let log = web::element("div");
        let shown = Rc::new(RefCell::new(None));
        let (keep, messages) = (shown.clone(), log.clone());
        let panel = leptos::mount::mount_to(place, move || {
            let behind = RwSignal::new(false);
            let scene = Scene {
                text,
                look: RwSignal::new(look),
                phase: RwSignal::default(),
                empty: RwSignal::new(true),
                accepts: RwSignal::new(true),
                written: RwSignal::new(false),
                behind,
                said: RwSignal::new(""),
                spoken: RwSignal::default(),
                gesture: StoredValue::new_local(Rc::new(tell)),
                scroller: StoredValue::new_local(Scroller::new(move |away| behind.set(away))),
                composer: StoredValue::new_local(Composer::default()),
            };
            *keep.borrow_mut() = Some(scene);
            panel::panel(scene, messages).into_any()
        });
        let Some(scene) = shown.take() else { unreachable!("`mount_to` runs its closure before it returns") };
        Self { scene, log, bubbles: RefCell::default(), _panel: panel }
    }

    /// Draws what an effect changed. Effects that concern somebody else change nothing here.
    pub fn draw(&self, state: &State, effect: &Effect) {
        match effect {
            Effect::Appended(id, more) => {
                if let Some((bubble, _)) = self.bubbles.borrow().iter().rfind(|(bubble, _)| bubble.id == *id) {
                    bubble.append(more);
                }
                self.scene.scroller.with_value(Scroller::follow);
                return;
            }
            Effect::Added(id) => {
                if let Some(entry) = state.entry(*id) {
                    self.add(entry);
                }
            }
            Effect::Changed(id) => self.change(state, *id),
            Effect::Cleared => self.bubbles.borrow_mut().clear(),
            Effect::Phase => self.scene.phase.set(state.phase.clone()),
            Effect::Draft => self.set_draft(&state.draft),
            _ => return,
        }
        self.settle(state);
    }

    /// Puts a text into the composer.
    pub fn set_draft(&self, draft: &str) {
        self.scene.composer.with_value(|composer| composer.write(draft));
        self.scene.written.set(!draft.trim().is_empty());
    }

    /// The panel was opened: the visitor may write at once.
    pub fn focus(&self) {
        self.scene.composer.with_value(Composer::focus);
    }

    /// Takes what the site changed of the panel's words.
    pub fn set_look(&self, look: Look) {
        self.scene.look.set(look);
    }

    fn add(&self, entry: &Entry) {
        let bubble = Bubble::new(entry);
        let (scene, view) = (self.scene, bubble.clone());
        let mounted = leptos::mount::mount_to(self.log.clone(), move || bubble::view(scene, view).into_any());
        self.bubbles.borrow_mut().push((bubble, mounted));
        if entry.speaker == Speaker::Visitor {
            self.scene.scroller.with_value(Scroller::return_to_end);
        }
    }

    fn change(&self, state: &State, id: EntryId) {
        let Some(entry) = state.entry(id) else {
            // Taken out first: ending a view runs code of others.
            let gone = {
                let mut bubbles = self.bubbles.borrow_mut();
                bubbles.iter().position(|(bubble, _)| bubble.id == id).map(|index| bubbles.remove(index))
            };
            return drop(gone);
        };
        let spoken = self.bubbles.borrow().iter().rfind(|(bubble, _)| bubble.id == id).and_then(|(bubble, _)| {
            bubble.read(entry);
            bubble.spoken(entry, self.scene.text)
        });
        if let Some(spoken) = spoken {
            self.scene.spoken.set(spoken);
        }
    }

    /// What depends on the whole state.
    fn settle(&self, state: &State) {
        let scene = self.scene;
        let accepts = state.accepts();
        scene.accepts.maybe_update(|was| std::mem::replace(was, accepts) != accepts);
        let empty = state.entries.is_empty();
        scene.empty.maybe_update(|was| std::mem::replace(was, empty) != empty);
        scene.said.set(match state.phase {
            Phase::Thinking => scene.text.thinking,
            Phase::Answering => scene.text.answering,
            Phase::Idle | Phase::Consent { .. } | Phase::Loading { .. } => "",
        });
        for (bubble, _) in &*self.bubbles.borrow() {
            bubble.offer(state.can_try_again(bubble.id));
        }
        scene.scroller.with_value(Scroller::follow);
    }
}
