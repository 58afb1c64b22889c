//! What decides the panel's words and looks.

use crate::{
    embed::Look,
    locale::{self, Words},
};

/// The page's wishes, and those of the server's configuration.
#[derive(Debug)]
pub(super) struct Dress {
    pub words: Words,
    /// What the page says.
    pub own: Look,
    /// Languages that the page wants.
    pub languages: Vec<String>,
    /// What the server's configuration says, for where the page says nothing.
    pub configured: Look,
}

impl Default for Dress {
    fn default() -> Self {
        Self {
            words: Words::from(locale::negotiate([])),
            own: Look::default(),
            languages: Vec::new(),
            configured: Look::default(),
        }
    }
}

impl Dress {
    /// Words and looks as they now are, and what to warn the developer of. `preferred`: the visitor's languages.
    pub fn renew(&mut self, preferred: &[String]) -> (Words, Look, Vec<String>) {
        let look = self.own.clone().over(&self.configured);
        let wanted = self.languages.iter().chain(preferred).map(String::as_str);
        let mut warnings = Vec::new();
        self.words = Words::new(locale::negotiate(wanted), &look.strings, &mut warnings);
        (self.words.clone(), look, warnings)
    }
}
