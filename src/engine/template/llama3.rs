//! Llama 3: `<|start_header_id|>role<|end_header_id|>⏎⏎content<|eot_id|>` for every turn, contents trimmed.
//!
//! The templates of Llama 3.1 and later write a system turn always: two lines with dates stand in it before the
//! system message, if there is one. The day's date is the template's own fallback, not the clock's: it stays the same
//! from one question to the next, and so does what is in the cache.

use super::{
    Prompt,
    jinja::Item,
    turn::{self, Marks, Turns},
};
use crate::wire::{Message, Role};

/// Begins a turn's role.
const START: &str = "<|start_header_id|>";

/// Ends a turn's role.
const MIDDLE: &str = "<|end_header_id|>";

/// Ends a turn.
pub const END: &str = "<|eot_id|>";

const MARKS: Marks = Marks { open: START, middle: MIDDLE, gap: "\n\n", close: END };

/// How the system turn of Llama 3.1 and later begins.
const SYSTEM: &str = "<|start_header_id|>system<|end_header_id|>\n\n";

/// A template of this family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Llama3 {
    turns: Turns,
    /// What stands before the system message in a system turn that is always written.
    preamble: Option<String>,
}

/// Whether a template's text is of this family, if it is of any.
#[must_use]
pub fn is_member(source: &str) -> bool {
    source.contains(START) && source.contains(END)
}

impl Llama3 {
    /// Reads what varies in this family. The error says what is not as the family has it.
    pub fn read(items: &[Item]) -> Result<Self, String> {
        let turns = Turns::read(items, &MARKS)?;
        let always = items.split(|item| *item == Item::Break).any(|run| run == [Item::Text(SYSTEM.into())]);
        let preamble = always.then(|| preamble(items)).transpose()?;
        Ok(Self { turns, preamble })
    }

    /// Writes a conversation, up to where the answer begins.
    pub fn render(&self, messages: &[Message], prompt: &mut Prompt) {
        let Some(preamble) = &self.preamble else {
            return self.turns.render(messages, &MARKS, prompt);
        };
        let (system, rest) = match messages {
            [first, rest @ ..] if first.role == Role::System => (first.content.as_str(), rest),
            all => ("", all),
        };
        turn::open(Role::System, &MARKS, prompt);
        prompt.text(preamble);
        prompt.content(system, self.turns.trims());
        self.turns.close(&MARKS, prompt);
        self.turns.render(rest, &MARKS, prompt);
    }
}

/// The dates before the system message: `literal + date_string + literal`, where the template sets `date_string` to a
/// literal of its own when nobody gives one.
fn preamble(items: &[Item]) -> Result<String, String> {
    let mut runs = items.split(|item| *item == Item::Break);
    let ends_well = |run: &[Item]| matches!(run, [Item::Name(_), Item::Text(end)] if end == END);
    if !runs.clone().any(ends_well) {
        return Err("its system turn does not end as the family's do".into());
    }
    let date = items.windows(2).find_map(|pair| match pair {
        [Item::Set(name), Item::Text(date)] if name == "date_string" => Some(date),
        _ => None,
    });
    let lines = runs.find_map(|run| match run {
        [Item::Text(before), Item::Name(name), Item::Text(after)] if name == "date_string" => Some((before, after)),
        _ => None,
    });
    match (date, lines) {
        (Some(date), Some((before, after))) => Ok(format!("{before}{date}{after}")),
        _ => Err("its system turn begins with something unknown".into()),
    }
}
