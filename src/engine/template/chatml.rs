//! ChatML: `<|im_start|>role⏎content<|im_end|>⏎` for every turn (SmolLM2, Qwen2, and many fine-tunes).

use super::{
    Prompt,
    jinja::Item,
    turn::{Marks, Turns},
};
use crate::wire::Message;

/// Begins a turn.
const START: &str = "<|im_start|>";

/// Ends a turn.
pub const END: &str = "<|im_end|>";

const MARKS: Marks = Marks { open: START, middle: "", gap: "\n", close: END };

/// A template of this family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMl {
    turns: Turns,
}

impl Default for ChatMl {
    fn default() -> Self {
        Self { turns: Turns::plain("\n") }
    }
}

/// Whether a template's text is of this family, if it is of any.
#[must_use]
pub fn is_member(source: &str) -> bool {
    source.contains(START) && source.contains(END)
}

impl ChatMl {
    /// Reads what varies in this family. The error says what is not as the family has it.
    pub fn read(items: &[Item]) -> Result<Self, String> {
        Ok(Self { turns: Turns::read(items, &MARKS)? })
    }

    /// Writes a conversation, up to where the answer begins.
    pub fn render(&self, messages: &[Message], prompt: &mut Prompt) {
        self.turns.render(messages, &MARKS, prompt);
    }
}
