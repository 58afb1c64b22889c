//! Makes the index of a site's pages that the widget answers from: `cargo xtask index SITE --out DIR`.
//!
//! ```text
//!  folder ─▶ source ─▶ html ◀─ markdown
//!                       │ page: title, language, sections
//!                       ▼
//!                    passages ─▶ index ─▶ files ─▶ folder
//!                                  ▲
//!     lexicon, fields, vectors, ask ┘
//! ```
//!
//! What an index is made of stands in `inferkit_widget::knowledge::format`. The same pages give the same bytes, on every
//! machine.

pub mod ask;
pub mod bench;
mod compounds;
mod fields;
pub mod files;
pub mod html;
pub mod index;
pub mod language;
mod lexicon;
pub mod markdown;
pub mod page;
pub mod passages;
pub mod source;
mod stems;
mod vectors;
