//! One message.

use super::{Scene, notice::notice, web::Growing};
use crate::{
    chat::{Entry, EntryId, EntryState, Event, Phase, Speaker},
    locale::Text,
};
use leptos::{ev, html, prelude::*};

/// A message on the screen: its text node, and what changes around it.
#[derive(Clone)]
pub(super) struct Bubble {
    pub id: EntryId,
    speaker: Speaker,
    words: Growing,
    /// Whether it has no words yet.
    bare: ArcRwSignal<bool>,
    state: ArcRwSignal<EntryState>,
    offers: ArcRwSignal<bool>,
}

impl Bubble {
    pub fn new(entry: &Entry) -> Self {
        Self {
            id: entry.id,
            speaker: entry.speaker,
            words: Growing::new(&entry.text),
            bare: ArcRwSignal::new(entry.text.is_empty()),
            state: ArcRwSignal::new(entry.state.clone()),
            offers: ArcRwSignal::new(false),
        }
    }

    /// More words: all that happens per token.
    pub fn append(&self, more: &str) {
        self.words.append(more);
        if !more.is_empty() && self.bare.get_untracked() {
            self.bare.set(false);
        }
    }

    /// Anything else: reads the entry anew.
    pub fn read(&self, entry: &Entry) {
        self.words.set(&entry.text);
        self.bare.set(entry.text.is_empty());
        self.state.set(entry.state.clone());
    }

    /// Whether it can be tried again.
    pub fn offer(&self, offers: bool) {
        self.offers.maybe_update(|was| std::mem::replace(was, offers) != offers);
    }

    /// What a screen reader says of it once it is settled.
    pub fn spoken(&self, entry: &Entry, text: &Text) -> Option<String> {
        match &entry.state {
            EntryState::Whole if entry.speaker == Speaker::Assistant => Some(entry.text.clone()),
            EntryState::Declined => Some(text.declined.to_owned()),
            // A failure's own element is an alert.
            EntryState::Whole | EntryState::Streaming | EntryState::Stopped | EntryState::Failed(_) => None,
        }
    }
}

pub(super) fn view(scene: Scene, bubble: Bubble) -> impl IntoView {
    let Bubble { id, speaker, words, bare, state, offers } = bubble;
    let text = scene.text;
    let (name, class) = match speaker {
        Speaker::Visitor => (text.you, "message message--visitor"),
        Speaker::Assistant => (text.assistant, "message message--assistant"),
    };
    let place = NodeRef::<html::Div>::new();
    place.on_load(move |element| words.put_into(&element));

    let (without, growing) = (bare.clone(), state.clone());
    html::div().class(class).attr("part", "message").child((
        html::span().class("unseen").child(name),
        html::div()
            .node_ref(place)
            .class("bubble")
            .class(("bubble--growing", move || growing.with(|state| *state == EntryState::Streaming)))
            .attr("part", "bubble")
            .dir("auto")
            .hidden(move || without.get()),
        move || below(scene, id, &state.get(), bare.get(), offers.clone()),
    ))
}

/// What stands below the words, or in their place.
fn below(scene: Scene, id: EntryId, state: &EntryState, bare: bool, offers: ArcRwSignal<bool>) -> AnyView {
    let text = scene.text;
    let aside = |words: &'static str| html::p().class("aside").child(words);
    match state {
        EntryState::Whole => ().into_any(),
        EntryState::Streaming if bare => thinking(scene).into_any(),
        EntryState::Streaming => ().into_any(),
        EntryState::Stopped => (aside(text.stopped), again(scene, id, text.try_again, offers)).into_any(),
        EntryState::Declined => (aside(text.declined), again(scene, id, text.declined_again, offers)).into_any(),
        EntryState::Failed(failure) => {
            let mark = (!bare).then(|| html::p().class("cut").child(text.cut_off_here));
            (mark, notice(scene, failure, again(scene, id, text.try_again, offers))).into_any()
        }
    }
}

/// Three dots, while the question is being read. What else is waited for has a card of its own.
fn thinking(scene: Scene) -> impl IntoView {
    let phase = scene.phase;
    html::div()
        .class("thinking")
        .aria_hidden("true")
        .hidden(move || phase.with(|phase| *phase != Phase::Thinking))
        .child((html::i(), html::i(), html::i()))
}

/// The button that asks the same question again.
fn again(scene: Scene, id: EntryId, words: &'static str, offers: ArcRwSignal<bool>) -> impl IntoView {
    html::button()
        .r#type("button")
        .class("button")
        .hidden(move || !offers.get())
        .on(ev::click, move |_| scene.happen(Event::TryAgain(id)))
        .child(words)
}
