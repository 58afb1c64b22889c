//! Elements of the DOM under construction, by the DOM's own names: [`el`], [`El::attr`], [`El::text`], [`El::on`].
//!
//! The bodies of components are written with these and not as markup in `view!`: see [`super`]. An [`El`] is a view of
//! Leptos like any other: it implements [`Render`], and its effects and listeners belong to the current [`Owner`].

use leptos::{
    prelude::*,
    tachys::{html::event::EventDescriptor, view::Render},
};
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

/// What an attribute or a text says: always the same, or what a function of signals returns.
#[derive(Default)]
pub(super) enum Value {
    /// No attribute, no text.
    #[default]
    Absent,
    /// Always the same.
    Fixed(String),
    /// Follows the signals that the function reads.
    Follows(Box<dyn Fn() -> Option<String>>),
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Fixed(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Fixed(value)
    }
}

impl<F: Fn() -> R + 'static, R: Reading> From<F> for Value {
    fn from(read: F) -> Self {
        Self::Follows(Box::new(move || read().reading()))
    }
}

/// What a function of signals may return for a [`Value`].
pub(super) trait Reading {
    /// The text, if there is one.
    fn reading(self) -> Option<String>;
}

impl Reading for String {
    fn reading(self) -> Option<String> {
        Some(self)
    }
}

impl Reading for Option<String> {
    fn reading(self) -> Option<String> {
        self
    }
}

/// An attribute that is there or is not, such as `disabled`.
impl Reading for bool {
    fn reading(self) -> Option<String> {
        self.then(String::new)
    }
}

impl Value {
    /// Gives `set` the value, now or whenever it changes.
    pub fn bind(self, set: impl Fn(Option<&str>) + 'static) {
        match self {
            Self::Absent => {}
            Self::Fixed(value) => set(Some(&value)),
            Self::Follows(read) => effect(move || set(read().as_deref())),
        }
    }
}

/// Runs soon, and again after every change of a signal that it read, until its owner ends. One effect without a type
/// of its own serves all: `Effect::new` has code for each type of function.
pub(super) fn effect(run: impl Fn() + 'static) {
    let run: Box<dyn Fn()> = Box::new(run);
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
        value.bind(move |value| set_attribute(&element, name, value));
    }

    /// Appends a text node.
    pub fn text(self, value: impl Into<Value>) -> Self {
        self.append_text(value.into());
        self
    }

    fn append_text(&self, value: Value) {
        let node = document().create_text_node("");
        self.append(&node);
        value.bind(move |value| node.set_data(value.unwrap_or_default()));
    }

    /// Sets a property of its style, through the CSSOM, which every policy of a page allows.
    pub fn style(self, property: &'static str, value: impl Into<Value>) -> Self {
        let element = self.0.clone();
        value.into().bind(move |value| {
            // Ignored, as in a style sheet: a value that the browser can't read.
            let _ = element.style().set_property(property, value.unwrap_or_default());
        });
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
