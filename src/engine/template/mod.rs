//! A conversation becomes a prompt: the file's chat template, recognised by its shape.
//!
//! Chat templates are Jinja programs. Rather than an interpreter (180 KB), `jinja` reads what a template writes,
//! and the families here (`chatml`, `llama3`) recognise the pattern of a turn in it; what varies within a family
//! (a default system message, trimmed content) is taken from the template's own text. A template that does anything
//! else with a message is refused, for a prompt that is a little wrong makes answers that are a little wrong, and
//! nobody could tell why.
//!
//! A rendered conversation keeps control tokens and text apart as [`Piece`]s. Nothing that a visitor or a site writes
//! becomes a control token.

mod chatml;
mod jinja;
mod llama3;
mod turn;

use super::{
    error::EngineError,
    tokenizer::{Encoding, Tokenizer},
};
use crate::wire::{Message, Role};
use chatml::ChatMl;
use jinja::Item;
use llama3::Llama3;

/// A part of a rendered conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The name of a control token.
    Control(String),
    /// The control token that the file gives as `tokenizer.ggml.bos_token_id`.
    Begin,
    /// Plain text, whatever it says.
    Text(String),
}

/// How a model wants its conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    family: Family,
    /// Whether the template writes `bos_token` first.
    begin: bool,
    /// Whether the file has no template and the family is a guess that the vocabulary must confirm.
    assumed: bool,
}

/// The families, each in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Family {
    ChatMl(ChatMl),
    Llama3(Llama3),
}

impl Template {
    /// Recognises the text of `tokenizer.chat_template`.
    ///
    /// A file without one is taken for ChatML, which [`check`](Self::check) refuses unless the vocabulary has ChatML's
    /// control tokens.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unsupported`] says what in the template is not of a known family.
    pub fn detect(source: Option<&str>) -> Result<Self, EngineError> {
        let Some(source) = source else {
            return Ok(Self { family: Family::ChatMl(ChatMl::default()), begin: false, assumed: true });
        };
        let refuse = |reason: String| EngineError::Unsupported(format!("the chat template is not supported: {reason}"));
        if source.contains("think>") {
            return Err(refuse("it is of a reasoning model and rewrites earlier answers".into()));
        }
        let items = jinja::read(source).map_err(refuse)?;
        let family = match (chatml::is_member(source), llama3::is_member(source)) {
            (true, false) => Family::ChatMl(ChatMl::read(&items).map_err(refuse)?),
            (false, true) => Family::Llama3(Llama3::read(&items).map_err(refuse)?),
            _ => return Err(refuse("it is of neither the ChatML nor the Llama 3 family".into())),
        };
        Ok(Self { family, begin: items.contains(&Item::Begin), assumed: false })
    }

    /// Makes sure that the vocabulary has every control token that the template writes.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unsupported`] names the one that is missing.
    pub fn check(&self, tokenizer: &Tokenizer) -> Result<(), EngineError> {
        let probe = [Role::System, Role::User, Role::Assistant].map(|role| Message { role, content: String::new() });
        self.tokens(tokenizer, &probe).map(|_| ())
    }

    /// The conversation as the model reads it, up to where its answer begins.
    ///
    /// No two neighbours are texts and no text is empty.
    #[must_use]
    pub fn render(&self, messages: &[Message]) -> Vec<Piece> {
        let mut prompt = Prompt::default();
        if self.begin {
            prompt.pieces.push(Piece::Begin);
        }
        match &self.family {
            Family::ChatMl(family) => family.render(messages, &mut prompt),
            Family::Llama3(family) => family.render(messages, &mut prompt),
        }
        prompt.pieces
    }

    /// The conversation's tokens, up to where the answer begins. They start with the beginning-of-sequence token once
    /// if the template or the file asks for it.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unsupported`] names a control token that the vocabulary lacks.
    pub fn tokens(&self, tokenizer: &Tokenizer, messages: &[Message]) -> Result<Vec<u32>, EngineError> {
        let mut tokens: Vec<u32> = tokenizer.bos().into_iter().collect();
        for (at, piece) in self.render(messages).iter().enumerate() {
            if let Some(mut text) = self.append(tokenizer, piece, at == 0, &mut tokens)? {
                while !text.step(&mut tokens) {}
            }
        }
        Ok(tokens)
    }

    /// Appends a piece's control token to a prompt that begins with the tokenizer's beginning-of-sequence token, if it
    /// wants one; a text is given back, to be appended in steps. `first` is the conversation's first piece.
    ///
    /// # Errors
    ///
    /// As [`tokens`](Self::tokens).
    pub fn append<'a>(
        &self,
        tokenizer: &'a Tokenizer,
        piece: &'a Piece,
        first: bool,
        tokens: &mut Vec<u32>,
    ) -> Result<Option<Encoding<'a>>, EngineError> {
        let token = match piece {
            Piece::Text(text) => return Ok(Some(tokenizer.encoding(text))),
            Piece::Control(name) => tokenizer.control(name).ok_or_else(|| self.lacks(name))?,
            Piece::Begin => tokenizer.bos_token().ok_or_else(|| self.lacks("bos_token"))?,
        };
        // The template may write the token that the tokenizer has put first already.
        if !first || tokens.first() != Some(&token) {
            tokens.push(token);
        }
        Ok(None)
    }

    /// Control tokens with which the model ends its turn.
    #[must_use]
    pub fn stop_controls(&self) -> &'static [&'static str] {
        match self.family {
            Family::ChatMl(_) => &[chatml::END],
            Family::Llama3(_) => &[llama3::END],
        }
    }

    fn lacks(&self, name: &str) -> EngineError {
        EngineError::Unsupported(if self.assumed {
            format!("the file has no chat template, and no {name} in its vocabulary to chat without one")
        } else {
            format!("the chat template writes {name}, and the vocabulary has no such control token")
        })
    }
}

/// A prompt under construction.
#[derive(Default)]
struct Prompt {
    pieces: Vec<Piece>,
}

impl Prompt {
    fn control(&mut self, name: &str) {
        self.pieces.push(Piece::Control(name.to_owned()));
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Piece::Text(before)) = self.pieces.last_mut() {
            before.push_str(text);
            return;
        }
        self.pieces.push(Piece::Text(text.to_owned()));
    }

    /// A message's content: trimmed, as Jinja's `trim` does it, where the template says so.
    fn content(&mut self, content: &str, trim: bool) {
        self.text(if trim { content.trim() } else { content });
    }
}

/// The name of a role in every family's template.
fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
