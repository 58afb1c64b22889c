//! One message.

use super::{
    Scene,
    element::{Element, Watched, button, element},
    notice::notice,
    web::Growing,
};
use crate::{
    chat::{Entry, EntryId, EntryState, Event, Phase, Speaker},
    locale::{Word, Words},
};

/// A message on the screen: its text node, and what changes around it.
#[derive(Clone)]
pub(super) struct Bubble {
    pub id: EntryId,
    words: Growing,
    /// Whether it has no words yet.
    bare: Watched<bool>,
    pub state: Watched<EntryState>,
    /// Whether it can be tried again.
    pub offers: Watched<bool>,
    /// Whether it was not made on this device.
    online: Watched<bool>,
}

impl Bubble {
    pub fn new(entry: &Entry) -> Self {
        Self {
            id: entry.id,
            words: Growing::new(&entry.text),
            bare: Watched::new(entry.text.is_empty()),
            state: Watched::new(entry.state.clone()),
            offers: Watched::new(false),
            online: Watched::new(entry.online),
        }
    }

    /// More words: all that happens per token.
    pub fn append(&self, more: &str) {
        self.words.append(more);
        if !more.is_empty() {
            self.bare.set(false);
        }
    }

    /// Anything else: reads the entry anew.
    pub fn read(&self, entry: &Entry) {
        self.words.set(&entry.text);
        self.bare.set(entry.text.is_empty());
        self.state.set(entry.state.clone());
        self.online.set(entry.online);
    }

    /// What a screen reader says of it once it is settled.
    pub fn spoken(&self, entry: &Entry, text: &Words) -> Option<String> {
        match &entry.state {
            EntryState::Whole if entry.speaker == Speaker::Assistant => Some(entry.text.clone()),
            EntryState::Stopped => Some(text.say(Word::Stopped).to_owned()),
            EntryState::Declined => Some(text.say(Word::Declined).to_owned()),
            // A failure's own element is an alert.
            EntryState::Whole | EntryState::Streaming | EntryState::Failed(_) => None,
        }
    }

    /// What the visitor asked.
    pub fn asked(&self, scene: &Scene) -> Element {
        message(scene, "message message--visitor", Word::You, self.words())
    }

    /// The answer, or what became of it.
    pub fn answer(&self, scene: &Scene) -> Element {
        let words = &scene.words;
        let id = self.id;
        let again = |word| button("button", scene.act(move || Event::TryAgain(id))).reads(words, word);
        let is = |wanted: EntryState| {
            let state = self.state.clone();
            move || state.get() == wanted
        };
        let (growing, stopped, declined) =
            (is(EntryState::Streaming), is(EntryState::Stopped), is(EntryState::Declined));
        let (waits, phase) = (self.clone(), scene.clone());
        let (cut, again_stopped, again_declined, labelled) = (self.clone(), self.clone(), self.clone(), self.clone());
        message(
            scene,
            "message message--assistant",
            Word::Assistant,
            self.words().follows("data-growing", move || growing().then(String::new)),
        )
        .with(&[
            element("div", "thinking")
                .attribute("aria-hidden", "true")
                .with(&[element("i", ""), element("i", ""), element("i", "")])
                .shown(move || waits.bare.get() && waits.is_streaming() && is_thinking(&phase.phase.get())),
            element("p", "aside")
                .reads(words, Word::AnsweredOnline)
                .shown(move || labelled.online.get() && !labelled.bare.get()),
            element("p", "aside").reads(words, Word::Stopped).shown(stopped),
            again(Word::TryAgain)
                .shown(move || again_stopped.offers.get() && again_stopped.state.get() == EntryState::Stopped),
            element("p", "aside").reads(words, Word::Declined).shown(declined),
            again(Word::DeclinedAgain)
                .shown(move || again_declined.offers.get() && again_declined.state.get() == EntryState::Declined),
            element("p", "cut").reads(words, Word::CutOffHere).shown(move || !cut.bare.get() && cut.failed()),
            notice(scene, &self.state, again(Word::TryAgain), self.offers.clone()),
        ])
    }

    fn is_streaming(&self) -> bool {
        self.state.get() == EntryState::Streaming
    }

    fn failed(&self) -> bool {
        matches!(self.state.get(), EntryState::Failed(_))
    }

    /// The element that holds the words.
    fn words(&self) -> Element {
        let bare = self.bare.clone();
        let element = element("div", "bubble").attribute("part", "bubble").attribute("dir", "auto");
        self.words.put_into(element.html());
        element.shown(move || !bare.get())
    }
}

/// Whether nothing is to be seen yet of what goes on.
fn is_thinking(phase: &Phase) -> bool {
    matches!(phase, Phase::Thinking | Phase::Verifying { interactive: false })
}

fn message(scene: &Scene, class: &str, name: Word, words: Element) -> Element {
    let name = element("span", "unseen").reads(&scene.words, name);
    element("div", class).attribute("part", "message").with(&[name, words])
}
