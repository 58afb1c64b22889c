//! The browser's own model: Chrome's Prompt API, the global `LanguageModel`.
//!
//! Each question gets a session of its own, made of the conversation before it, and destroyed at its end. A [`Prompt`]
//! is one question from there to its end, without a browser; `web` brings that. A session is made only of a model that
//! says `available`: to make one of a model that is not there is what begins its download.

#[cfg(all(feature = "remote", target_arch = "wasm32"))]
mod web;

#[cfg(all(feature = "remote", target_arch = "wasm32"))]
pub use web::prompt;

use super::{
    exchange::Course,
    remote::{Awaited, Heard, StreamItem, Watch},
};
use crate::{
    error::{Code, Failure, Reference},
    wire::{Message, Role},
};

/// Told to the developer of a model that says nothing any more.
pub const SILENT: &str = "the browser's model fell silent";

/// The most characters of the browser's own words that are told.
const MOST_WHY: usize = 200;

/// One question under way.
#[derive(Debug)]
pub struct Prompt {
    watch: Watch,
    over: bool,
}

impl Prompt {
    /// A session is asked for now.
    #[must_use]
    pub fn new(now: u64) -> Self {
        Self { watch: Watch::new(Awaited::CompletionHeaders, now), over: false }
    }

    /// The session stands, and was asked.
    pub fn asked(&mut self, now: u64) {
        self.watch.headers(Awaited::Stream, now);
    }

    /// The next piece of the answer.
    pub fn said(&mut self, text: String, now: u64) -> Vec<Heard> {
        if self.over || text.is_empty() {
            return Vec::new();
        }
        self.watch.said(&StreamItem::Text(String::new()), now);
        vec![Heard::Text(text)]
    }

    /// The browser threw something of this name, and said why.
    pub fn refused(&mut self, name: &str, why: &str, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        let code = if is_too_long(name) { Code::QuestionTooLong } else { Code::EngineFailed };
        let why: String = why.chars().take(MOST_WHY).collect();
        self.fail(code, &["the browser's model: ", name, ": ", &why].concat(), mint)
    }

    fn fail(&mut self, code: Code, message: &str, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        if std::mem::replace(&mut self.over, true) {
            return Vec::new();
        }
        vec![Heard::Failed { failure: Failure::client(code, message, mint()), retry_after: None }]
    }
}

impl Course for Prompt {
    fn is_over(&self) -> bool {
        self.over
    }

    fn deadline(&self) -> u64 {
        self.watch.deadline()
    }

    fn forgive(&mut self, now: u64) {
        self.watch.forgive(now);
    }

    fn closed(&mut self, _mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        if std::mem::replace(&mut self.over, true) { Vec::new() } else { vec![Heard::Done] }
    }

    fn check(&mut self, now: u64, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        match self.watch.check(now) {
            Some(_) => self.fail(Code::EngineFailed, SILENT, mint),
            None => Vec::new(),
        }
    }
}

/// Whether what the browser threw says that the conversation is longer than the model takes.
#[must_use]
pub fn is_too_long(name: &str) -> bool {
    name == "QuotaExceededError"
}

/// Leaves all earlier turns out of a conversation that is too long: instructions and question stay. False where there
/// are none.
pub fn forget(messages: &mut Vec<Message>) -> bool {
    let first = usize::from(messages.first().is_some_and(|message| message.role == Role::System));
    let last = messages.len().saturating_sub(1);
    if last <= first {
        return false;
    }
    messages.drain(first..last);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::remote::{COMPLETION_HEADERS_MS, CONTENT_MS, IDLE_MS};

    fn mint() -> Reference {
        Reference::client([7; 8])
    }

    fn code(heard: &[Heard]) -> Option<Code> {
        match heard {
            [Heard::Failed { failure, .. }] => Some(failure.row()),
            _ => None,
        }
    }

    #[test]
    fn an_answer_has_an_end_and_nothing_after_it() {
        let mut prompt = Prompt::new(0);
        prompt.asked(5);
        assert_eq!(prompt.said("Be".into(), 6), [Heard::Text("Be".into())]);
        assert_eq!(prompt.said(String::new(), 7), []);
        assert_eq!(prompt.closed(&mut mint), [Heard::Done]);
        assert!(prompt.is_over());
        assert_eq!(prompt.said("late".into(), 8), []);
        assert_eq!(prompt.closed(&mut mint), []);
        assert_eq!(prompt.refused("AbortError", "", &mut mint), []);
        assert_eq!(prompt.check(u64::MAX, &mut mint), []);
    }

    #[test]
    fn each_silence_has_its_bound() {
        let mut prompt = Prompt::new(0);
        assert_eq!(prompt.deadline(), COMPLETION_HEADERS_MS);
        prompt.asked(1_000);
        assert_eq!(prompt.deadline(), 1_000 + CONTENT_MS);
        assert_eq!(prompt.said("a".into(), 2_000).len(), 1);
        assert_eq!(prompt.deadline(), 2_000 + IDLE_MS);
        // An empty piece is no word.
        assert_eq!(prompt.said(String::new(), 20_000).len(), 0);
        assert_eq!(prompt.check(2_000 + IDLE_MS - 1, &mut mint), []);
        assert_eq!(code(&prompt.check(2_000 + IDLE_MS, &mut mint)), Some(Code::EngineFailed));
    }

    #[test]
    fn only_a_conversation_that_is_too_long_is_the_questions_fault() {
        for (name, expected) in [
            ("QuotaExceededError", Code::QuestionTooLong),
            ("NotSupportedError", Code::EngineFailed),
            ("InvalidStateError", Code::EngineFailed),
            ("", Code::EngineFailed),
        ] {
            let heard = Prompt::new(0).refused(name, &"é".repeat(10_000), &mut mint);
            assert_eq!(code(&heard), Some(expected), "{name}");
            let [Heard::Failed { failure, .. }] = heard.as_slice() else { panic!("{heard:?}") };
            assert!(failure.message.contains(name) && failure.message.len() < 1_000, "{}", failure.message);
        }
    }

    #[test]
    fn what_is_too_long_loses_its_earlier_turns_and_no_more() {
        let say = |role, content: &str| Message { role, content: content.into() };
        let (system, user, assistant) = (Role::System, Role::User, Role::Assistant);
        let mut long = vec![say(system, "s"), say(user, "1"), say(assistant, "one"), say(user, "2")];
        assert!(forget(&mut long));
        assert_eq!(long, [say(system, "s"), say(user, "2")]);
        assert!(!forget(&mut long));
        let mut long = vec![say(user, "1"), say(assistant, "one"), say(user, "2")];
        assert!(forget(&mut long));
        assert_eq!(long, [say(user, "2")]);
        assert!(!forget(&mut long) && !forget(&mut Vec::new()));
    }
}
