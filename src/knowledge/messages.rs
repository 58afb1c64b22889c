//! What the page's module and the module `knowledge` say to each other.
//!
//! The look-up is for sites that have an index, and for visitors who ask something: a module of its own, which the page
//! fetches with the first question. Messages travel as [`wire`](crate::wire)'s bytes do, by plain calls on one page.

use serde::{Deserialize, Serialize};

/// Raised by one whenever a message changes its meaning: a cache may hold one module and not the other.
pub const PROTOCOL: u32 = 1;

/// A question to look up. It travels member by member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// The passages as the visitor sees them, best first. An answer cites them by their place, from 1.
    pub sources: Vec<Source>,
    /// What the model is told: how to answer from passages.
    pub rules: String,
    /// The passages as the model reads them, numbered, in the same order.
    pub passages: Vec<String>,
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

/// A passage as the visitor sees it, and as the site is told of it.
///
/// One text of five lines: each type that travels has code of its own to be read, written and dropped, in what every
/// visitor downloads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Source(String);

impl Source {
    /// The page's title; the headings from the page's down to the passage's, less the title; the sentence that answers
    /// best; where it stands, an absolute address of http or https; and the link that leads there, which may also say
    /// which words to show. None of them has a line's end.
    #[must_use]
    pub fn new(parts: [&str; 5]) -> Self {
        Self(parts.join("\n"))
    }

    /// Title, path, quotation, address and link.
    #[must_use]
    pub fn parts(&self) -> [&str; 5] {
        let mut lines = self.0.split('\n');
        [(); 5].map(|()| lines.next().unwrap_or_default())
    }

    /// Whether a link may lead there: what was stored or fetched could say anything.
    #[must_use]
    pub fn is_web(&self) -> bool {
        self.parts()[3..].iter().all(|url| url.starts_with("https://") || url.starts_with("http://"))
    }

    /// How many bytes it takes to keep it.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.len()
    }
}
