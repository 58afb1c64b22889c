//! Buttons.

use super::{
    element::{El, Value, el, icon},
    scene::{Scene, use_scene},
};
use leptos::{ev, prelude::*};

/// A button with a word on it.
#[component]
pub(super) fn TextButton(
    /// What it says.
    #[prop(into)]
    name: Value,
    /// Its class.
    #[prop(default = "button")]
    class: &'static str,
    /// Whether it is not there.
    #[prop(optional)]
    hidden: Value,
    /// Whether it can't be pressed.
    #[prop(optional)]
    disabled: Value,
    /// The number of what it acts upon, if it has one.
    #[prop(optional)]
    of: u32,
    /// What it does, with that number.
    on_press: fn(Scene, u32),
) -> El {
    button(class, of, on_press).text(name).hidden(hidden).disabled(disabled)
}

/// A button with an icon on it, which has a name for visitors who can't see it or wonder what it does.
#[component]
pub(super) fn IconButton(
    /// Its name.
    #[prop(into)]
    name: Value,
    /// The icon's path, one of `icons`.
    path: &'static str,
    /// Its class.
    class: &'static str,
    /// Its name for the site's style sheets.
    #[prop(optional, into)]
    part: Value,
    /// Whether it is not there.
    #[prop(optional)]
    hidden: Value,
    /// Whether it can't be pressed.
    #[prop(optional)]
    disabled: Value,
    /// What it does.
    on_press: fn(Scene, u32),
) -> El {
    button(class, 0, on_press)
        .attr("aria-label", name)
        .attr("title", name)
        .attr("part", part)
        .hidden(hidden)
        .disabled(disabled)
        .child(icon(path))
}

/// A button with nothing on it yet; `of` is the number of what it acts upon.
pub(super) fn button(class: &'static str, of: u32, on_press: fn(Scene, u32)) -> El {
    let scene = use_scene();
    el("button").attr("type", "button").class(class).on(ev::click, move |_| on_press(scene, of))
}
