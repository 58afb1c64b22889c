//! What a site says to the widget, and what it hears from it.
//!
//! The loader, `public/loader`, hands the site's options over and turns what is told here into the element's and
//! the handle's events. [`options`] reads the former, [`events`] writes the latter; both are pure. [`table`] lists both by
//! name, for all that must agree with it.

mod choices;
pub mod events;
mod look;
pub mod options;
mod reader;
pub mod table;
#[cfg(target_arch = "wasm32")]
mod web;

pub use choices::{Choice, ColorScheme, Consent, Density, Embed, Launcher, Persist};
pub use look::{Look, Theme};
pub use options::Options;
pub use reader::Given;
#[cfg(target_arch = "wasm32")]
pub use web::{Site, given, languages, random_seed, warn};

/// Texts in one, with something between each two. The library's `join` is half a kilobyte for each type of text.
pub(crate) fn joined(texts: &[String], between: &str) -> String {
    let mut all = String::new();
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            all.push_str(between);
        }
        all.push_str(text);
    }
    all
}
