//! The shape that both families share: a turn is its role and its content between three marks.

use super::{Prompt, jinja::Item, role_name};
use crate::wire::{Message, Role};

/// What stands around a turn: `open role middle content close`.
#[derive(Debug)]
pub struct Marks {
    /// A control token.
    pub open: &'static str,
    /// Control tokens between role and content, if any.
    pub middle: &'static str,
    /// The text after `middle`, before the content.
    pub gap: &'static str,
    /// A control token.
    pub close: &'static str,
}

/// What one template says about its turns, within a family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turns {
    /// Whether whitespace around a content goes.
    trim: bool,
    /// The text after a turn.
    after: String,
    /// The system message of a conversation that has none, as it stands in the template.
    default_system: Option<String>,
}

impl Turns {
    /// Turns with this text after each, contents as they are, and no default system message.
    #[must_use]
    pub fn plain(after: &str) -> Self {
        Self { after: after.to_owned(), ..Self::default() }
    }

    /// Finds the turns in what a template writes. The error says what is not as the family has it.
    pub fn read(items: &[Item], marks: &Marks) -> Result<Self, String> {
        let mut found = Found::default();
        for run in items.split(|item| *item == Item::Break) {
            found.search(run, marks)?;
        }
        if !found.generation {
            return Err("it does not begin the assistant's turn as the family does".into());
        }
        let roles = [Role::System, Role::User, Role::Assistant].map(role_name);
        let complete =
            roles.iter().all(|role| found.roles.iter().any(|known| known.is_none_or(|known| known == *role)));
        let Some((trim, after)) = found.style.filter(|_| complete) else {
            return Err("it does not write every role's turns as the family does".into());
        };
        if found.default_system.as_ref().is_some_and(|(_, default_after)| *default_after != after) {
            return Err("its default system message does not end as other turns do".into());
        }
        Ok(Self { trim, after, default_system: found.default_system.map(|(text, _)| text) })
    }

    /// Writes the turns and begins the assistant's.
    pub fn render(&self, messages: &[Message], marks: &Marks, prompt: &mut Prompt) {
        let default = self.default_system.as_ref().filter(|_| messages.first().is_some_and(|m| m.role != Role::System));
        if let Some(default) = default {
            open(Role::System, marks, prompt);
            prompt.text(default);
            self.close(marks, prompt);
        }
        for message in messages {
            open(message.role, marks, prompt);
            prompt.content(&message.content, self.trim);
            self.close(marks, prompt);
        }
        open(Role::Assistant, marks, prompt);
    }

    /// Ends a turn.
    pub fn close(&self, marks: &Marks, prompt: &mut Prompt) {
        prompt.control(marks.close);
        prompt.text(&self.after);
    }

    /// Whether whitespace around a content goes.
    #[must_use]
    pub fn trims(&self) -> bool {
        self.trim
    }
}

/// Begins a turn.
pub fn open(role: Role, marks: &Marks, prompt: &mut Prompt) {
    prompt.control(marks.open);
    prompt.text(role_name(role));
    if !marks.middle.is_empty() {
        prompt.control(marks.middle);
    }
    prompt.text(marks.gap);
}

/// What has been found so far.
#[derive(Default)]
struct Found {
    /// Roles whose turns were found; none stands for a turn of any role.
    roles: Vec<Option<&'static str>>,
    /// Trim and the text after, the same for all.
    style: Option<(bool, String)>,
    /// The text and what follows its turn.
    default_system: Option<(String, String)>,
    /// Whether the assistant's turn is begun.
    generation: bool,
}

impl Found {
    /// Searches what is written without a decision in between.
    fn search(&mut self, run: &[Item], marks: &Marks) -> Result<(), String> {
        let gap = format!("{}{}", marks.middle, marks.gap);
        for at in 0..run.len() {
            let Some(Item::Text(text)) = run.get(at) else {
                continue;
            };
            match run.get(at + 1..).unwrap_or_default() {
                [Item::Role, Item::Text(between), Item::Content { trim }, Item::Text(end), ..]
                    if text.ends_with(marks.open) && *between == gap =>
                {
                    self.turn(None, *trim, end, marks)?;
                }
                [Item::Content { trim }, Item::Text(end), ..] => {
                    if let Some(role) = opened(text, &gap, marks) {
                        self.turn(Some(role), *trim, end, marks)?;
                    }
                }
                [] => match opened(text, &gap, marks) {
                    Some("assistant") => self.generation = true,
                    _ => self.whole_system_turn(text, &gap, marks)?,
                },
                _ => {
                    if opened(text, &gap, marks).is_some() {
                        return Err("it fills a turn with something unknown".into());
                    }
                }
            }
        }
        Ok(())
    }

    fn turn(&mut self, role: Option<&'static str>, trim: bool, end: &str, marks: &Marks) -> Result<(), String> {
        let after = end.strip_prefix(marks.close).filter(|after| after.trim().is_empty());
        let style = (trim, after.ok_or("a turn does not end as the family's do")?.to_owned());
        if self.style.get_or_insert_with(|| style.clone()) != &style {
            return Err("its turns differ in the whitespace around them".into());
        }
        self.roles.push(role);
        Ok(())
    }

    /// A whole system turn as one literal.
    fn whole_system_turn(&mut self, text: &str, gap: &str, marks: &Marks) -> Result<(), String> {
        let start = format!("{}{}{gap}", marks.open, role_name(Role::System));
        let Some((content, after)) = text.strip_prefix(&start).and_then(|rest| rest.split_once(marks.close)) else {
            return Ok(());
        };
        if content.contains("<|") || !after.trim().is_empty() {
            return Err("its default system message is more than one turn".into());
        }
        let default = (content.to_owned(), after.to_owned());
        if self.default_system.get_or_insert_with(|| default.clone()) != &default {
            return Err("it has two default system messages".into());
        }
        Ok(())
    }
}

/// The role whose turn a text begins with its last words.
fn opened(text: &str, gap: &str, marks: &Marks) -> Option<&'static str> {
    let head = text.strip_suffix(gap)?;
    let begins = |role: &&str| head.strip_suffix(*role).is_some_and(|before| before.ends_with(marks.open));
    [Role::System, Role::User, Role::Assistant].map(role_name).into_iter().find(begins)
}
