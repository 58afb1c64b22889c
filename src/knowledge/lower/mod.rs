//! Small letters. A browser has the tables for them, which would be 5 KB of what a visitor downloads.

#[cfg(target_arch = "wasm32")]
mod web;

/// A text in small letters, as Unicode has them.
pub(super) fn lower(text: &str) -> String {
    #[cfg(target_arch = "wasm32")]
    {
        // Most texts need no tables.
        if text.is_ascii() { text.to_ascii_lowercase() } else { web::lower(text) }
    }
    #[cfg(not(target_arch = "wasm32"))]
    text.to_lowercase()
}
