//! The visitor's words: which language, and every sentence of the widget in it.
//!
//! A language is one file under `text/` and one row in [`LANGUAGES`]. [`Text`] has no default and no fallback per
//! string, so that a language with a missing sentence does not compile. The words here are for visitors only: no
//! code, no status, no technical term. What a failure means is chosen by its [`Family`](crate::error::Family), the
//! only thing of a failure besides its reference that reaches this module.

mod format;
mod negotiate;
mod text;

pub use negotiate::{LANGUAGES, negotiate};
pub use text::{Direction, Text};
