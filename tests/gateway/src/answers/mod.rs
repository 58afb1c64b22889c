//! Where answers come from: our own engine, another server, or whatever a test brings.

mod engine;
mod upstream;

pub use engine::Engine;
pub use upstream::Upstream;

use crate::{failure::Failure, question::Question};
use futures_util::{StreamExt, stream, stream::BoxStream};
use inferkit_widget::wire::Finish;
use tokio::sync::mpsc::UnboundedReceiver;

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// The next words, never empty.
    Text(String),
    /// It is complete; nothing follows.
    End(End),
}

/// How an answer ended, and what it cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct End {
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the conversation.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
}

impl End {
    /// What is charged.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.prompt_tokens + self.completion_tokens
    }
}

/// An answer in the making. To drop it ends the making.
pub type Pieces = BoxStream<'static, Result<Piece, Failure>>;

/// Somebody who answers.
pub trait Answers: Send + Sync + 'static {
    /// The model's name.
    fn model(&self) -> String;

    /// Begins an answer. It ends with a [`Piece::End`] or a failure; a stream that merely ends has broken off.
    fn answer(&self, question: &Question) -> Pieces;
}

/// What another thread sends, as a stream.
fn received(pieces: UnboundedReceiver<Result<Piece, Failure>>) -> Pieces {
    stream::unfold(pieces, |mut pieces| async { pieces.recv().await.map(|piece| (piece, pieces)) }).boxed()
}
