//! What the page's module and the module `knowledge` say to each other.
//!
//! The look-up is for sites that have an index, and for visitors who ask something: a module of its own, which the page
//! fetches with the first question. Messages travel as [`wire`](crate::wire)'s bytes do, by plain calls on one page.

use serde::{Deserialize, Serialize};

/// Raised by one whenever a message changes its meaning: a cache may hold one module and not the other.
pub const PROTOCOL: u32 = 1;

/// A question to look up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookUp {
    /// Its name, told again with what was found.
    pub id: u32,
    /// The folder of the index: an absolute address that ends in `/`.
    pub url: String,
    /// The visitor's words.
    pub question: String,
    /// The question before, if there was one: a short question goes on with its topic.
    pub before: Option<String>,
}

/// What came of it: a ground, or, for the developer, why the index can't be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedUp {
    /// Of the [`LookUp`].
    pub id: u32,
    /// What was found.
    pub found: Result<Ground, String>,
}

/// What the site's pages have for a question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// Whether it is enough.
    pub verdict: Verdict,
    /// The passages, best first. An answer cites them by their place, from 1.
    pub passages: Vec<Evidence>,
}

/// Whether passages answer a question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The question is about nothing that a page could have: a greeting, thanks.
    #[default]
    Chat,
    /// They do not; they are only the nearest.
    Lacking,
    /// They do.
    Enough,
}

/// A passage that an answer may stand on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What the visitor sees of it.
    pub source: Source,
    /// What stands there: what the model reads.
    pub text: String,
}

/// A passage as the visitor sees it, and as the site is told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The page's title.
    pub title: String,
    /// The headings from the page's down to the passage's, less the title.
    pub path: String,
    /// The sentence that answers best.
    pub quote: String,
    /// Where it stands: an absolute address of http or https.
    pub url: String,
}
