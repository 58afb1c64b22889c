//! Elements under construction, and values that they watch.
//!
//! `leptos::html` gives each element, attribute and closure a type of its own, and each type its own code: with it this
//! interface compiled to 96 KB, with these few untyped functions to half of that. Ownership, effects and mounting are
//! Leptos's own; an element is a view like any other.

use leptos::{prelude::*, tachys::view::Render};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, HtmlElement, Node};

const SVG: &str = "http://www.w3.org/2000/svg";

/// A value that effects can watch. One trigger without a type serves all types of values.
pub(super) struct Watched<T> {
    value: Rc<RefCell<T>>,
    changed: ArcTrigger,
}

impl<T> Clone for Watched<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), changed: self.changed.clone() }
    }
}

impl<T: Clone + PartialEq> Watched<T> {
    pub fn new(value: T) -> Self {
        Self { value: Rc::new(RefCell::new(value)), changed: ArcTrigger::new() }
    }

    /// The value; an effect that asks runs again when it has changed.
    pub fn get(&self) -> T {
        self.changed.track();
        self.peek()
    }

    /// The value, unwatched.
    pub fn peek(&self) -> T {
        self.value.borrow().clone()
    }

    pub fn set(&self, value: T) {
        if *self.value.borrow() != value {
            self.value.replace(value);
            self.changed.notify();
        }
    }
}

/// Runs now, and again whenever something that it watched has changed, until its owner ends.
fn watch(run: Box<dyn Fn()>) {
    Effect::new(move |_| run());
}

/// An element under construction.
#[derive(Clone)]
pub(super) struct Element(HtmlElement);

/// Somebody who listens. A browser may still tell of an event of an element that has gone (it scrolled, and a frame
/// later says so): whoever goes stops listening.
struct Listener {
    element: HtmlElement,
    event: &'static str,
    act: Closure<dyn FnMut(Event)>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let act = self.act.as_ref().unchecked_ref();
        let _removed = self.element.remove_event_listener_with_callback(self.event, act);
    }
}

/// A new element with a class.
pub(super) fn element(tag: &str, class: &str) -> Element {
    let element: HtmlElement = match leptos::prelude::document().create_element(tag) {
        Ok(element) => element.unchecked_into(),
        // Only a name with forbidden characters is refused.
        Err(error) => wasm_bindgen::throw_val(error),
    };
    if !class.is_empty() {
        element.set_class_name(class);
    }
    Element(element)
}

/// An icon of a path on a grid of 24. It is decoration: whatever it stands in has a name.
pub(super) fn icon(path: &str) -> Element {
    let draw = |tag| match leptos::prelude::document().create_element_ns(Some(SVG), tag) {
        Ok(element) => Element(element.unchecked_into()),
        Err(error) => wasm_bindgen::throw_val(error),
    };
    let line = draw("path").attribute("d", path);
    draw("svg")
        .attribute("viewBox", "0 0 24 24")
        .attribute("aria-hidden", "true")
        .attribute("class", "icon")
        .with(&[line])
}

/// A button, with nothing on it yet.
pub(super) fn button(class: &str, press: impl Fn() + 'static) -> Element {
    element("button", class).attribute("type", "button").on("click", move |_| press())
}

impl Element {
    pub fn attribute(self, name: &str, value: &str) -> Self {
        let _valid_name = self.0.set_attribute(name, value);
        self
    }

    /// Appends text.
    pub fn words(self, words: &str) -> Self {
        self.put(&leptos::prelude::document().create_text_node(words));
        self
    }

    /// Appends elements.
    pub fn with(self, children: &[Self]) -> Self {
        children.iter().for_each(|child| self.put(&child.0));
        self
    }

    /// Appends a node.
    pub fn put(&self, node: &Node) {
        let _no_cycle = self.0.append_child(node);
    }

    /// Listens until its owner ends.
    pub fn on(self, event: &'static str, act: impl FnMut(Event) + 'static) -> Self {
        self.listen(event, Closure::new(act))
    }

    fn listen(self, event: &'static str, act: Closure<dyn FnMut(Event)>) -> Self {
        let _added = self.0.add_event_listener_with_callback(event, act.as_ref().unchecked_ref());
        StoredValue::new_local(Listener { element: self.0.clone(), event, act });
        self
    }

    /// Its text follows what is watched.
    pub fn says(self, words: impl Fn() -> String + 'static) -> Self {
        let element = self.0.clone();
        watch(Box::new(move || element.set_text_content(Some(&words()))));
        self
    }

    /// Something that follows what is watched, for as long as the element is there.
    pub fn watches(self, run: impl Fn() + 'static) -> Self {
        watch(Box::new(run));
        self
    }

    /// Is there only when what is watched says so.
    pub fn shown(self, when: impl Fn() -> bool + 'static) -> Self {
        let element = self.0.clone();
        element.set_hidden(true);
        watch(Box::new(move || element.set_hidden(!when())));
        self
    }

    /// Has an attribute that follows what is watched, or for a while none.
    pub fn follows(self, name: &'static str, value: impl Fn() -> Option<String> + 'static) -> Self {
        let element = self.0.clone();
        watch(Box::new(move || {
            let _valid_name = match value() {
                Some(value) => element.set_attribute(name, &value),
                None => element.remove_attribute(name),
            };
        }));
        self
    }

    /// A property for its style that follows what is watched. Goes through the CSSOM, which every policy allows.
    pub fn styled(self, property: &'static str, value: impl Fn() -> String + 'static) -> Self {
        let element = self.0.clone();
        watch(Box::new(move || {
            let _valid = element.style().set_property(property, &value());
        }));
        self
    }

    pub fn html(&self) -> &HtmlElement {
        &self.0
    }
}

impl Render for Element {
    type State = web_sys::Element;

    fn build(self) -> Self::State {
        self.0.into()
    }

    fn rebuild(self, state: &mut Self::State) {
        let _same_parent = state.replace_with_with_node_1(&self.0);
        *state = self.0.into();
    }
}
