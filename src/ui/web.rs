//! What the components ask of the browser beyond what Leptos gives: text that grows, a log that follows, a composer,
//! the clipboard.

use crate::{
    knowledge::Source,
    lives::{self, Lives},
};
use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlElement, HtmlTextAreaElement, KeyboardEvent, Text, Window};

/// How far from the end of the log, in CSS pixels, still counts as reading its end.
const NEAR: i32 = 48;

fn window() -> Option<Window> {
    web_sys::window()
}

/// The text of a message, to which words are appended: one node, and where it cites sources a link for each citation and
/// a node for what follows.
#[derive(Clone)]
pub(super) struct Growing(Rc<Words>);

struct Words {
    whole: Element,
    /// The node that grows.
    last: RefCell<Text>,
}

impl Growing {
    pub fn new() -> Self {
        let (whole, last) = (made("span", "", ""), leptos::prelude::document().create_text_node(""));
        put_in(&whole, &last);
        Self(Rc::new(Words { whole, last: RefCell::new(last) }))
    }

    /// More words. `[1]` is a link to the first of the sources, if there are any; a number that is none's is left out.
    pub fn append(&self, more: &str, sources: &[Source]) {
        let mut rest = more;
        while let Some((before, after)) = rest.split_once('[').filter(|_| !sources.is_empty()) {
            let cited = after.split_once(']').and_then(|(number, after)| {
                // Digits alone: a number may have a sign.
                let is_ours = number.bytes().all(|byte| byte.is_ascii_digit());
                Some((number.parse::<usize>().ok().filter(|_| is_ours)?, after))
            });
            let Some((number, after)) = cited else {
                self.grow(before);
                self.grow("[");
                rest = after;
                continue;
            };
            self.grow(before);
            if let Some(source) = number.checked_sub(1).and_then(|at| sources.get(at)) {
                put_in(&self.0.whole, &link("cite", source, &["[", &number.to_string(), "]"].concat()));
                let last = leptos::prelude::document().create_text_node("");
                put_in(&self.0.whole, &last);
                self.0.last.replace(last);
            }
            rest = after;
        }
        self.grow(rest);
    }

    fn grow(&self, more: &str) {
        let _never_fails = self.0.last.borrow().append_data(more);
    }

    /// Other words, unless these stand there: a link that has the focus keeps it.
    pub fn set(&self, text: &str, sources: &[Source]) {
        if self.0.whole.text_content().as_deref() != Some(text) {
            let last = leptos::prelude::document().create_text_node("");
            self.0.whole.replace_children_with_node_1(&last);
            self.0.last.replace(last);
            self.append(text, sources);
        }
    }

    pub fn node(&self) -> &web_sys::Node {
        &self.0.whole
    }
}

/// A link to a source. It leaves the frame that the panel may be in.
fn link(class: &str, source: &Source, text: &str) -> Element {
    let [title, .., address] = source.parts();
    let link = made("a", class, text);
    let title = if class == "cite" { title } else { "" };
    for (name, value) in [("href", address), ("target", "_top"), ("title", title)] {
        let _valid_name = link.set_attribute(name, value);
    }
    link
}

fn made(tag: &str, class: &str, text: &str) -> Element {
    let Ok(element) = leptos::prelude::document().create_element(tag) else {
        wasm_bindgen::throw_str("an element was refused")
    };
    element.set_class_name(class);
    element.set_text_content(Some(text));
    element
}

/// The sources of a message, as cards that lead to the site's pages.
#[derive(Clone)]
pub(super) struct Cards(Element);

impl Cards {
    pub fn new(sources: &[Source]) -> Self {
        let cards = Self(made("ol", "sources", ""));
        // Safari takes a list without marks for none.
        let _valid_name = cards.0.set_attribute("role", "list");
        cards.set(sources);
        cards
    }

    /// Other sources.
    pub fn set(&self, sources: &[Source]) {
        self.0.set_text_content(None);
        for source in sources {
            let [title, path, quote, ..] = source.parts();
            let place = if path.is_empty() { title.to_owned() } else { [title, " › ", path].concat() };
            let (item, link) = (made("li", "", ""), link("source", source, ""));
            let _valid_name = item.set_attribute("dir", "auto");
            put_in(&link, &made("span", "source__place", &place));
            put_in(&link, &made("q", "source__quote", quote));
            put_in(&item, &link);
            put_in(&self.0, &item);
        }
    }

    pub fn element(&self) -> HtmlElement {
        self.0.clone().unchecked_into()
    }
}

/// Appends a node to one that does not lie in it.
fn put_in(parent: &web_sys::Node, node: &web_sys::Node) {
    let _never_fails = parent.append_child(node);
}

/// Keeps the end of the log in sight for a reader who is there, and leaves alone one who reads further up.
pub(super) struct Scroller(Rc<Scrolling>);

/// Hears whether the reader is away from the log's end.
type Away = Box<dyn Fn(bool)>;

struct Scrolling {
    /// The log; and what hears when the reader leaves its end, and when they are back.
    log: OnceCell<(HtmlElement, Away)>,
    at_end: Cell<bool>,
    /// How far down the log was when it last told of a scroll.
    top: Cell<i32>,
    /// The frame that was asked for and has not come.
    asked: Cell<Option<i32>>,
    frame: OnceCell<Closure<dyn FnMut()>>,
}

impl Drop for Scrolling {
    fn drop(&mut self) {
        if let (Some(window), Some(asked)) = (window(), self.asked.get()) {
            let _never_fails = window.cancel_animation_frame(asked);
        }
    }
}

impl Scroller {
    pub fn new() -> Self {
        let scrolling = Rc::new(Scrolling {
            log: OnceCell::new(),
            at_end: Cell::new(true),
            top: Cell::new(0),
            asked: Cell::new(None),
            frame: OnceCell::new(),
        });
        let weak = Rc::downgrade(&scrolling);
        let frame = Closure::<dyn FnMut()>::new(move || {
            let Some(scrolling) = weak.upgrade() else { return };
            scrolling.asked.set(None);
            if let (true, Some((log, _))) = (scrolling.at_end.get(), scrolling.log.get()) {
                log.set_scroll_top(log.scroll_height());
            }
        });
        let _first = scrolling.frame.set(frame);
        Self(scrolling)
    }

    /// `away` hears when the reader leaves the end, and when they are back.
    pub fn watch(&self, log: &HtmlElement, away: Away) {
        let _first = self.0.log.set((log.clone(), away));
    }

    pub fn focus(&self) {
        if let Some((log, _)) = self.0.log.get() {
            let _refused = log.focus();
        }
    }

    /// The log was scrolled, by whomever. The browser says so a frame later, when more may stand below: only who goes up
    /// leaves the end.
    pub fn scrolled(&self) {
        let Some((log, away)) = self.0.log.get() else { return };
        let top = log.scroll_top();
        let went_up = top < self.0.top.replace(top);
        let is_near = log.scroll_height() - top - log.client_height() < NEAR;
        let at_end = is_near || self.0.at_end.get() && !went_up;
        if self.0.at_end.replace(at_end) != at_end {
            away(!at_end);
        }
    }

    /// Something grew: at most once per frame, go along.
    pub fn follow(&self) {
        if !self.0.at_end.get() || self.0.asked.get().is_some() {
            return;
        }
        if let (Some(window), Some(frame)) = (window(), self.0.frame.get()) {
            self.0.asked.set(window.request_animation_frame(frame.as_ref().unchecked_ref()).ok());
        }
    }

    /// The reader wants to be at the end.
    pub fn return_to_end(&self) {
        if let (false, Some((_, away))) = (self.0.at_end.replace(true), self.0.log.get()) {
            away(false);
        }
        self.follow();
    }
}

/// How long a text is, in UTF-16 code units, that is surely higher than the field ever is.
const MIRRORED: u32 = 2_000;

/// The text field. Its text is the browser's; `data-text` on its frame repeats it, which lets CSS alone make the field
/// as high as its text.
#[derive(Default)]
pub(super) struct Field(OnceCell<(HtmlTextAreaElement, HtmlElement)>);

impl Field {
    pub fn watch(&self, field: &HtmlElement, frame: &HtmlElement) {
        let _first = self.0.set((field.clone().unchecked_into(), frame.clone()));
    }

    /// The visitor's text.
    pub fn text(&self) -> String {
        self.0.get().map(|(field, _)| field.value()).unwrap_or_default()
    }

    /// Makes room for the text, and returns its length in UTF-16 code units.
    pub fn grow(&self) -> u32 {
        let Some((field, frame)) = self.0.get() else { return 0 };
        let length = field.text_length();
        // A key in a long text must not cost as much as the text is long.
        let mirrored = if length > MIRRORED { "\n".repeat(12) } else { field.value() };
        let _valid_name = frame.set_attribute("data-text", &mirrored);
        length
    }

    /// Replaces the text, and returns its length in UTF-16 code units.
    pub fn write(&self, text: &str) -> u32 {
        if let Some((field, _)) = self.0.get() {
            field.set_value(text);
        }
        self.grow()
    }

    pub fn focus(&self) {
        if let Some((field, _)) = self.0.get() {
            let _refused = field.focus();
        }
    }
}

/// Whether the visitor has nothing but fingers: no mouse, no touch pad, and so most likely no keyboard. A laptop whose
/// screen can be touched is none of these.
pub(super) fn has_only_touch() -> bool {
    match_media("(pointer: coarse)").is_some_and(|query| query.matches())
}

#[wasm_bindgen]
extern "C" {
    type MediaQuery;

    #[wasm_bindgen(js_name = matchMedia)]
    fn match_media(query: &str) -> Option<MediaQuery>;

    #[wasm_bindgen(method, getter)]
    fn matches(this: &MediaQuery) -> bool;
}

/// Something that happens once, later, unless this is ended, started anew or dropped before, or the generation ends.
pub(super) struct Timer {
    lives: Lives,
    running: Cell<Option<lives::Timer>>,
}

impl Timer {
    pub fn new(lives: &Lives) -> Self {
        Self { lives: lives.clone(), running: Cell::default() }
    }

    pub fn start(&self, ms: u32, run: impl FnOnce() + 'static) {
        self.running.set(Some(self.lives.after(ms, run)));
    }

    pub fn end(&self) {
        self.running.take();
    }
}

/// What Safari says of a key that ended the composition of an input method, after `isComposing` has become false.
const COMPOSED: u32 = 229;

/// Whether this is an Enter that means Send: alone, and not the one that ends a composition of an input method.
pub(super) fn sends(key: &KeyboardEvent) -> bool {
    key.key() == "Enter" && !key.shift_key() && !composes(key)
}

/// Whether this is an Escape, and not one that ends a composition of an input method.
pub(super) fn closes(key: &KeyboardEvent) -> bool {
    key.key() == "Escape" && !composes(key)
}

fn composes(key: &KeyboardEvent) -> bool {
    key.is_composing() || key.key_code() == COMPOSED
}

/// The key was for us: neither the browser nor the page does anything else with it.
pub(super) fn consume(key: &KeyboardEvent) {
    key.prevent_default();
    key.stop_propagation();
}

/// Copies a text and says so. Where the page has no clipboard nothing happens: the text can still be selected.
pub(super) fn copy(text: String, copied: Box<dyn FnOnce()>) {
    let Some(window) = window() else { return };
    let clipboard = window.navigator().clipboard();
    if JsValue::from(&clipboard).is_undefined() {
        return;
    }
    spawn_local(async move {
        if JsFuture::from(clipboard.write_text(&text)).await.is_ok() {
            copied();
        }
    });
}

/// Milliseconds on a clock that only goes forward.
pub(super) fn now_ms() -> f64 {
    window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}

/// The date in so many seconds, in milliseconds since 1970.
pub(super) fn date_after(seconds: u64) -> f64 {
    // A date has an end, some 270 000 years from now.
    js_sys::Date::now() + (seconds as f64 * 1_000.0).min(1e15)
}

/// The time of day of a date, as people write it in a language; with the date where that is another day's than today.
pub(super) fn time(date: f64, language: &str) -> String {
    let then = js_sys::Date::new(&date.into());
    let options = js_sys::Object::new();
    let set = |name: &str| {
        let _fresh_object = js_sys::Reflect::set(&options, &name.into(), &"short".into());
    };
    set("timeStyle");
    if then.to_date_string() != js_sys::Date::new_0().to_date_string() {
        set("dateStyle");
    }
    then.to_locale_string(language, &options).into()
}
