//! Is a person asking? What a challenge says to the conversation.

use crate::error::Code;

/// What a challenge says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The visitor must do something: show the frame.
    Interactive,
    /// Nothing to do any more: hide it again.
    Quiet,
    /// Solved, with a token for the server.
    Solved(String),
    /// Not solved.
    Failed {
        /// The cause.
        code: Code,
        /// For the developer.
        message: String,
    },
}
