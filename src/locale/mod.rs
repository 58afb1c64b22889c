//! The visitor's words: which language, and every sentence of the widget in it.
//!
//! A language is one file under `text/` and one row in `text`'s list. It says every [`Word`]: one with a missing sentence
//! does not compile. [`Words`] is a language with a site's own words in place of some. Ours are for visitors only: no
//! code, no status, no technical term. What a failure means is chosen by its [`Family`](crate::error::Family), the only
//! thing of a failure besides its reference that reaches this module. Numbers and units are written by the platform.

mod format;
mod negotiate;
#[cfg(not(target_arch = "wasm32"))]
#[path = "native.rs"]
mod platform;
#[cfg(target_arch = "wasm32")]
#[path = "web.rs"]
mod platform;
mod text;
mod words;

pub use negotiate::negotiate;
pub use text::{Direction, LANGUAGES, Text, Word};
pub use words::Words;
