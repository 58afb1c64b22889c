//! Elements of the DOM under construction, by the DOM's own names: [`el`], [`El::attr`], [`El::text`], [`El::on`].
//!
//! The bodies of components are written with these and not as markup in `view!`: see [`super`]. An [`El`] is a view of
//! Leptos like any other: it implements [`Render`], and its effects and listeners belong to the current [`Owner`].

use super::{
    message::Message,
    scene::{Face, Scene, use_scene},
};
use crate::{
    chat::EntryId,
    locale::{Word, Words},
};
use leptos::{
    prelude::*,
    tachys::{html::event::EventDescriptor, view::Render},
};
use std::cell::Cell;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, HtmlElement};

const SVG: &str = "http://www.w3.org/2000/svg";

/// An element under construction.
#[derive(Clone)]
pub(super) struct El(HtmlElement);

/// A new element.
pub(super) fn el(tag: &'static str) -> El {
    created(document().create_element(tag))
}

/// An icon: a path on a grid of 24 by 24. It is decoration, so that what it stands in has a name.
pub(super) fn icon(path: &'static str) -> El {
    let svg = |tag| created(document().create_element_ns(Some(SVG), tag));
    svg("svg")
        .attr("viewBox", "0 0 24 24")
        .attr("aria-hidden", "true")
        .attr("class", "icon")
        .child(svg("path").attr("d", path))
}

fn created(element: Result<web_sys::Element, wasm_bindgen::JsValue>) -> El {
    match element {
        Ok(element) => El(element.unchecked_into()),
        // Only a name with forbidden characters is refused, and all names are ours.
        Err(error) => wasm_bindgen::throw_val(error),
    }
}

/// What an attribute or a text says: always the same, or what a function of the face, or of a message, returns. The
/// functions are plain ones, since a closure in a box takes code of its own to make, to call and to drop.
///
/// What is of the face is read again when it has changed, what is of a message when that has, and what has words in it
/// when the words have: a long log costs nothing when a download goes on.
#[derive(Clone, Copy, Default)]
pub(super) enum Value {
    /// No attribute, no text.
    #[default]
    Absent,
    /// Always the same.
    Fixed(&'static str),
    /// One of the interface's words.
    Word(Word),
    /// A text: [`says`].
    Says(fn(&Face) -> Option<String>),
    /// A text about a thing of a number, such as a prompt: [`says_of`].
    SaysOf(u32, fn(&Face, u32) -> Option<String>),
    /// Is there or is not, such as `disabled`: [`is`].
    Is(fn(&Face) -> bool),
    /// A text about a message: [`tells`].
    Tells(EntryId, fn(&Words, &Message) -> Option<String>),
    /// Is there or is not, and depends on a message: [`when`].
    When(EntryId, fn(&Message) -> bool),
    /// The opposite: [`unless`].
    Unless(EntryId, fn(&Message) -> bool),
}

/// Takes a value, now or whenever it has become another.
type Setter = Box<dyn Fn(Option<&str>)>;

/// A text that follows the face.
pub(super) fn says(read: fn(&Face) -> Option<String>) -> Value {
    Value::Says(read)
}

/// The same, about a thing of a number.
pub(super) fn says_of(number: u32, read: fn(&Face, u32) -> Option<String>) -> Value {
    Value::SaysOf(number, read)
}

/// An attribute that is there while something is true of the face.
pub(super) fn is(read: fn(&Face) -> bool) -> Value {
    Value::Is(read)
}

/// A text about a message, in the interface's words. Of one that has gone there is none.
pub(super) fn tells(id: EntryId, read: fn(&Words, &Message) -> Option<String>) -> Value {
    Value::Tells(id, read)
}

/// An attribute that is there while something is true of a message. Of one that has gone nothing is.
pub(super) fn when(id: EntryId, is: fn(&Message) -> bool) -> Value {
    Value::When(id, is)
}

/// The opposite.
pub(super) fn unless(id: EntryId, is: fn(&Message) -> bool) -> Value {
    Value::Unless(id, is)
}

impl From<&'static str> for Value {
    fn from(value: &'static str) -> Self {
        Self::Fixed(value)
    }
}

/// `el("p").text(Word::Stopped)`, `.attr("aria-label", Word::Close)`. A site may change its words, or the language,
/// while the panel stands: whatever says one of them follows.
impl From<Word> for Value {
    fn from(word: Word) -> Self {
        Self::Word(word)
    }
}

/// An element that was made elsewhere.
impl From<HtmlElement> for El {
    fn from(element: HtmlElement) -> Self {
        Self(element)
    }
}

impl Value {
    /// Whether it may become another.
    pub fn follows(self) -> bool {
        !matches!(self, Self::Absent | Self::Fixed(_))
    }

    fn read(self, face: &Face) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Fixed(value) => Some(value.to_owned()),
            Self::Word(word) => Some(face.words.say(word).to_owned()),
            Self::Says(read) => read(face),
            Self::SaysOf(number, read) => read(face, number),
            Self::Is(read) => read(face).then(String::new),
            Self::Tells(id, read) => read(&face.words, face.message(id)?),
            Self::When(id, is) => face.has(id, is).then(String::new),
            Self::Unless(id, is) => (!face.has(id, is)).then(String::new),
        }
    }

    /// Reads it, and has the effect that runs follow what it depends on. Nothing once the panel has ended.
    fn follow(self, scene: Scene) -> Option<Option<String>> {
        match self {
            Self::Word(_) | Self::Tells(..) | Self::When(..) | Self::Unless(..) => scene.glance(|face| {
                if let Self::Word(_) | Self::Tells(..) = self {
                    face.worded.track();
                }
                if let Self::Tells(id, _) | Self::When(id, _) | Self::Unless(id, _) = self
                    && let Some(message) = face.message(id)
                {
                    message.changed.track();
                }
                self.read(face)
            }),
            _ => scene.read(|face| self.read(face)),
        }
    }

    /// Gives `set` the value, now or whenever it has become another: what stays as it is must not be touched, since a
    /// screen reader might say it once more.
    pub fn bind(self, set: Setter) {
        match self {
            Self::Absent => {}
            Self::Fixed(value) => set(Some(value)),
            _ => {
                let (scene, last) = (use_scene(), Cell::new(None));
                effect(Box::new(move || {
                    let Some(value) = self.follow(scene) else { return };
                    let before = last.take();
                    if before.as_ref() != Some(&value) {
                        set(value.as_deref());
                    }
                    last.set(Some(value));
                }));
            }
        }
    }
}

/// Runs soon, and again after every change of the scene that it read, until its owner ends. One effect without a type
/// of its own serves all: `Effect::new` has code for each type of function.
pub(super) fn effect(run: Box<dyn Fn()>) {
    Effect::new(move |_| run());
}

impl El {
    /// Sets `class`.
    pub fn class(self, class: &'static str) -> Self {
        self.0.set_class_name(class);
        self
    }

    /// Sets an attribute. Without a value there is none.
    pub fn attr(self, name: &'static str, value: impl Into<Value>) -> Self {
        self.set_attr(name, value.into());
        self
    }

    fn set_attr(&self, name: &'static str, value: Value) {
        let element = self.0.clone();
        value.bind(Box::new(move |value| set_attribute(&element, name, value)));
    }

    /// Appends a text node.
    pub fn text(self, value: impl Into<Value>) -> Self {
        self.append_text(value.into());
        self
    }

    fn append_text(&self, value: Value) {
        let node = document().create_text_node("");
        self.append(&node);
        value.bind(Box::new(move |value| node.set_data(value.unwrap_or_default())));
    }

    /// Sets a property of its style, through the CSSOM, which every policy of a page allows.
    pub fn style(self, property: &'static str, value: impl Into<Value>) -> Self {
        let element = self.0.clone();
        value.into().bind(Box::new(move |value| {
            // Ignored, as in a style sheet: a value that the browser can't read.
            let _ = element.style().set_property(property, value.unwrap_or_default());
        }));
        self
    }

    /// Appends a view.
    pub fn child(self, child: impl Into<Self>) -> Self {
        self.append(&child.into().0);
        self
    }

    /// Appends a node.
    pub fn append(&self, node: &web_sys::Node) {
        // Only a node that holds this one is refused.
        let _ = self.0.append_child(node);
    }

    /// Listens to an event at this element itself, until the owner ends.
    pub fn on<E>(self, event: E, listener: impl Fn(E::EventType) + 'static) -> Self
    where
        E: EventDescriptor,
        E::EventType: JsCast,
    {
        self.listen(event.name().into_owned(), Box::new(move |event| listener(event.unchecked_into())));
        self
    }

    /// Without a type of its own for each listener: [`Closure::new`] has code for each.
    fn listen(&self, event: String, listener: Box<dyn FnMut(Event)>) {
        let listener = Closure::wrap(listener);
        let function = listener.as_ref().unchecked_ref();
        // Only a listener that is no function is refused.
        let _ = self.0.add_event_listener_with_callback(&event, function);
        StoredValue::new_local(Listener { element: self.0.clone(), event, listener });
    }

    /// The element of the DOM.
    pub fn dom(&self) -> &HtmlElement {
        &self.0
    }
}

/// Sets an attribute, or removes it.
pub(super) fn set_attribute(element: &HtmlElement, name: &str, value: Option<&str>) {
    // Only a name with forbidden characters is refused, and all names are ours.
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// A listener and where it listens. A browser may still tell of an event of an element that has gone (it scrolled, and
/// says so a frame later): a listener whose owner ends is removed.
struct Listener {
    element: HtmlElement,
    event: String,
    listener: Closure<dyn FnMut(Event)>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.listener.as_ref().unchecked_ref();
        let _ = self.element.remove_event_listener_with_callback(&self.event, function);
    }
}

/// A component that was placed by `view!`.
impl From<View<El>> for El {
    fn from(view: View<El>) -> Self {
        view.into_inner()
    }
}

impl Render for El {
    type State = web_sys::Element;

    fn build(self) -> Self::State {
        self.0.into()
    }

    fn rebuild(self, state: &mut Self::State) {
        // Only a parent that may not hold this element refuses it.
        let _ = state.replace_with_with_node_1(&self.0);
        *state = self.0.into();
    }
}
