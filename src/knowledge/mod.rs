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
//!
//! A passage's score is BM25F (Robertson, Zaragoza: *The Probabilistic Relevance Framework*, 2009): the impacts hold what
//! depends on the passage, so that a visitor's browser multiplies and adds. Words are stemmed by Snowball's algorithms.

pub mod format;
pub mod lookup;
mod postings;
mod question;
mod quote;
mod rank;
mod related;
mod spelling;
mod vocabulary;
pub mod words;

#[cfg(test)]
mod tests;

pub use lookup::{Files, Found, Index, Passage, Unfetched};
pub use postings::{Impacts, encode_impacts};
pub use related::{Related, encode_related};
pub use vocabulary::encode_vocabulary;
