//! The panel's words and looks.

use super::choices::ColorScheme;

/// What a site, or a server's configuration for it, wants of the panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Instead of the language's own heading.
    pub heading: Option<String>,
    /// Instead of the language's own greeting.
    pub greeting: Option<String>,
    /// Questions to begin with: a button each.
    pub prompts: Vec<String>,
    /// Instead of the language's own caution.
    pub disclaimer: Option<String>,
    /// There is a way to a person, whose button says this; empty: the language's own words.
    pub handoff: Option<String>,
    /// Words of the interface by name, instead of the language's own.
    pub strings: Vec<(String, String)>,
    /// Colours and shapes.
    pub theme: Theme,
    /// The panel floats above the page and can be closed.
    pub floating: bool,
}

/// Colours and shapes. The loader draws the first two, since the launcher has them as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// What the page around the panel is like.
    pub color_scheme: Option<ColorScheme>,
    /// A CSS colour.
    pub accent: Option<String>,
    /// How round the panel's corners are, in CSS pixels.
    pub radius: Option<u32>,
    /// Less room between things.
    pub compact: Option<bool>,
}

impl Look {
    /// This, and what it leaves open as `defaults` has it.
    #[must_use]
    pub fn over(mut self, defaults: &Self) -> Self {
        // Of two strings of a name the later counts.
        let own = std::mem::replace(&mut self.strings, defaults.strings.clone());
        self.strings.extend(own);
        self.theme.radius = self.theme.radius.or(defaults.theme.radius);
        self.theme.compact = self.theme.compact.or(defaults.theme.compact);
        self
    }
}
