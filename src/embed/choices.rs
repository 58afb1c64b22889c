//! The options that take one of a few names, as types: each name stands beside the variant that it means.

use crate::{answer::remote::ApiKind, gate::Mode, wire::BackendChoice};

/// One of a few names.
pub trait Choice: Copy + 'static {
    /// The names that a site writes, in the order of [`Choice::ALL`].
    const NAMES: &'static [&'static str];
    /// All variants.
    const ALL: &'static [Self];

    /// The name of this one.
    fn name(self) -> &'static str;
}

/// Implements [`Choice`]; a variant without a name does not compile.
macro_rules! choices {
    ($($type:ty { $($variant:ident = $name:literal,)+ })+) => {
        $(impl Choice for $type {
            const NAMES: &'static [&'static str] = &[$($name),+];
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        })+
    };
}

/// Whether the visitor is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// The widget asks.
    Ask,
    /// The site has asked already.
    Granted,
}

/// Whether a model of the browser's own may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// Where it is there already.
    Auto,
    /// Never.
    Off,
}

/// How the widget stands on the site's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embed {
    /// In the page itself.
    Element,
    /// In a frame of HOST.
    Iframe,
}

/// What opens the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launcher {
    /// A button that floats above the page, as the panel does.
    Floating,
    /// Nothing: the panel is a part of the page.
    None,
}

/// How long a conversation lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persist {
    /// As long as the tab.
    Session,
    /// Until the visitor begins a new one.
    Local,
    /// As long as the page.
    None,
}

/// What the page around the panel is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorScheme {
    /// As the visitor's device has it.
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// How much room stands between things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Density {
    /// The usual room.
    Comfortable,
    /// Less.
    Compact,
}

choices! {
    Mode { Auto = "auto", Local = "local", Remote = "remote", }
    ApiKind { InferKit = "inferkit", OpenAi = "openai", }
    BackendChoice { Auto = "auto", WebGpu = "webgpu", Cpu = "cpu", }
    Builtin { Auto = "auto", Off = "off", }
    Consent { Ask = "ask", Granted = "granted", }
    Embed { Element = "element", Iframe = "iframe", }
    Launcher { Floating = "floating", None = "none", }
    Persist { Session = "session", Local = "local", None = "none", }
    ColorScheme { Auto = "auto", Light = "light", Dark = "dark", }
    Density { Comfortable = "comfortable", Compact = "compact", }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Choice + PartialEq + std::fmt::Debug>(first: T, name: &str) {
        assert_eq!((T::ALL[0], T::NAMES[0]), (first, name));
        for (variant, name) in T::ALL.iter().zip(T::NAMES) {
            assert_eq!(variant.name(), *name);
        }
    }

    #[test]
    fn the_default_is_the_first() {
        check(Mode::Auto, "auto");
        check(ApiKind::InferKit, "inferkit");
        check(BackendChoice::Auto, "auto");
        check(Builtin::Auto, "auto");
        check(Consent::Ask, "ask");
        check(Embed::Element, "element");
        check(Launcher::Floating, "floating");
        check(Persist::Session, "session");
        check(ColorScheme::Auto, "auto");
        check(Density::Comfortable, "comfortable");
    }
}
