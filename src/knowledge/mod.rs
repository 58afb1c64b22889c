//! The site's own pages: what an index of them looks like, and how a question is looked up in it.
//!
//! `cargo xtask index` cuts a site's pages into **passages** and writes a folder of static files ([`mod@format`]); a visitor's
//! browser fetches the few of them that a question needs ([`lookup`]). Nothing here knows a browser, and nothing asks a
//! server: what is fetched comes through [`Files`].
//!
//! | noun | is |
//! |---|---|
//! | page | one document of the site, with an address and a title |
//! | section | what stands under one heading of a page, up to the next |
//! | passage | a section, or a part of a long one: what is ranked, shown and cited |
//! | word | what stands between spaces; in Chinese and Japanese, two neighbouring characters |
//! | term | a word as the index has it: small letters, stemmed, without accents |
//! | impact | how much a passage is about a term, from 1 to 255, worked out when the index is made |
//! | fragment | a file with a few passages of one page |
//! | ground | the passages that an answer must stand on, and whether they are enough |
//! | source | a passage as the visitor sees it: title, headings, a quotation, its address |
//!
//! In the widget this is a module of its own, fetched with the first question of a site that has an index: `line` is its
//! side, `web` the page's, `messages` what they say. What is found becomes a `ground`; an answer is held against it by a
//! `check`, sentence by sentence.
//!
//! A passage's score is BM25F (Robertson, Zaragoza: *The Probabilistic Relevance Framework*, 2009): the impacts hold what
//! depends on the passage, so that a visitor's browser multiplies and adds. Words are stemmed
//! as Snowball's algorithms do, by endings that are learned from them ([`Ending`]).

mod messages;
#[cfg(all(feature = "widget", target_arch = "wasm32"))]
mod web;

#[cfg(feature = "knowledge")]
mod chatter;
#[cfg(feature = "knowledge")]
mod check;
#[cfg(feature = "knowledge")]
mod citations;
#[cfg(feature = "knowledge")]
mod endings;
#[cfg(feature = "knowledge")]
mod facts;
#[cfg(feature = "knowledge")]
mod few;
#[cfg(feature = "knowledge")]
pub mod format;
#[cfg(feature = "knowledge")]
mod ground;
#[cfg(all(feature = "knowledge", target_arch = "wasm32"))]
mod line;
#[cfg(feature = "knowledge")]
pub mod lookup;
#[cfg(feature = "knowledge")]
mod lower;
#[cfg(feature = "knowledge")]
mod postings;
#[cfg(feature = "knowledge")]
mod question;
#[cfg(feature = "knowledge")]
mod quote;
#[cfg(feature = "knowledge")]
mod rank;
#[cfg(feature = "knowledge")]
mod related;
#[cfg(feature = "knowledge")]
mod spelling;
#[cfg(feature = "knowledge")]
mod vocabulary;
#[cfg(feature = "knowledge")]
pub mod words;

#[cfg(all(test, feature = "knowledge"))]
mod tests;

pub use messages::{Ground, LookUp, LookedUp, PROTOCOL, Source, Verdict};
#[cfg(all(feature = "widget", target_arch = "wasm32"))]
pub use web::KnowledgeHandle;

#[cfg(all(feature = "knowledge", target_arch = "wasm32"))]
pub use line::Line;
#[cfg(feature = "knowledge")]
pub use {
    chatter::is_chatter,
    check::Checker,
    endings::{Ending, MOST_CHARACTERS as MOST_ENDING_CHARACTERS},
    ground::ground,
    lookup::{Files, Found, Index, Passage, Unfetched},
    postings::{Impacts, encode_impacts},
    related::{Related, encode_related},
    vocabulary::encode_vocabulary,
};
