//! Every string of the widget, as one struct.
//!
//! Names in braces are filled in by the methods of [`Text`] in `format`; a test checks that each language uses
//! exactly the names that its strings are given.

mod en;

pub use en::EN;

use crate::error::Family;

/// Which way a language is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Left to right.
    LeftToRight,
    /// Right to left.
    RightToLeft,
}

impl Direction {
    /// The value of the HTML attribute `dir`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

/// The widget's words in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// The language's BCP 47 tag, for the HTML attribute `lang` and for negotiation.
    pub tag: &'static str,
    /// Which way it is written.
    pub direction: Direction,
    /// Separates the whole part of a number from its tenths.
    pub decimal: &'static str,
    /// Names of bytes, and of a thousand, a million and a thousand million of them.
    pub units: [&'static str; 4],
    /// A number and its unit. Takes `{number}` and `{unit}`.
    pub quantity: &'static str,

    // The panel.
    /// The heading, unless the site gives one.
    pub heading: &'static str,
    /// The first words of an empty conversation, unless the site gives some.
    pub greeting: &'static str,
    /// Reassures: nothing that is written leaves the device.
    pub on_device: &'static str,
    /// Says that answers come over the network.
    pub on_line: &'static str,
    /// A caution below the composer, unless the site gives one.
    pub disclaimer: &'static str,
    /// Name of the button that opens the panel.
    pub open: &'static str,
    /// Name of the button that closes the panel.
    pub close: &'static str,
    /// Begins anew: the log is cleared.
    pub new_conversation: &'static str,

    // The log.
    /// Name of the log, for screen readers.
    pub log: &'static str,
    /// Who said a visitor's message, for screen readers.
    pub you: &'static str,
    /// Who said an answer, for screen readers.
    pub assistant: &'static str,
    /// Name of the button that scrolls to the newest message.
    pub newest: &'static str,
    /// Stands while the question is being read.
    pub thinking: &'static str,
    /// Stands for screen readers while an answer grows.
    pub answering: &'static str,
    /// Announced to screen readers when an answer is whole.
    pub answered: &'static str,
    /// Below an answer that the visitor stopped.
    pub stopped: &'static str,
    /// Below an answer that was not made on the device.
    pub online: &'static str,
    /// Below a part of an answer that a failure ended; the failure's own sentence follows.
    pub cut_off_here: &'static str,

    // The composer.
    /// Name of the text field, for screen readers.
    pub composer: &'static str,
    /// Stands in the empty text field.
    pub placeholder: &'static str,
    /// Name of the button that sends.
    pub send: &'static str,
    /// Name of the button that ends an answer.
    pub stop: &'static str,

    // The download.
    /// Asks whether to go on.
    pub consent_title: &'static str,
    /// Says what agreeing means. Takes `{size}`.
    pub consent_body: &'static str,
    /// The same when the size is not known.
    pub consent_body_unsized: &'static str,
    /// As `consent_body` where it can't be promised that nothing ever leaves the device. Takes `{size}`.
    pub consent_body_either: &'static str,
    /// The same when the size is not known.
    pub consent_body_either_unsized: &'static str,
    /// Agrees.
    pub consent_agree: &'static str,
    /// Declines.
    pub consent_decline: &'static str,
    /// Stands in place of an answer after the visitor declined.
    pub declined: &'static str,
    /// The button below it, which asks again.
    pub declined_again: &'static str,
    /// Heads the download's progress.
    pub loading_title: &'static str,
    /// How far the download is. Takes `{done}` and `{total}`.
    pub loading: &'static str,
    /// The same when the whole is not known. Takes `{done}`.
    pub loading_unsized: &'static str,
    /// Before the first byte, and after the last.
    pub preparing: &'static str,
    /// Name of the button that ends the download.
    pub cancel: &'static str,

    // Leaving the device.
    /// Asks whether to go on without the device.
    pub leave_title: &'static str,
    /// Says what that means.
    pub leave_body: &'static str,
    /// Agrees.
    pub leave_agree: &'static str,
    /// Declines.
    pub leave_decline: &'static str,
    /// Heads the check for being human.
    pub verify_title: &'static str,
    /// Says what to do.
    pub verify_body: &'static str,
    /// Stands while a busy service is waited for. Takes `{n}`, seconds.
    pub waiting: &'static str,

    // Failures.
    /// Asks the same question again.
    pub try_again: &'static str,
    /// What to quote to support. Takes `{reference}`.
    pub reference: &'static str,
    /// Name of the button that copies the reference.
    pub copy_reference: &'static str,
    /// Confirms that it was copied.
    pub copied: &'static str,
    /// No connection.
    pub offline: &'static str,
    /// Too many questions at once. Takes `{n}`, seconds.
    pub busy: &'static str,
    /// The same when that is too long to count down. Takes `{time}`.
    pub busy_until: &'static str,
    /// The same when nobody knows for how long.
    pub busy_unknown: &'static str,
    /// The site is not set up; only its owner can mend that.
    pub setup: &'static str,
    /// The site's plan does not cover this.
    pub plan: &'static str,
    /// The conversation's session is over.
    pub session: &'static str,
    /// The check for being human failed.
    pub verify: &'static str,
    /// The device or its browser can't do it.
    pub device: &'static str,
    /// The download failed.
    pub download: &'static str,
    /// The question could not be read.
    pub message: &'static str,
    /// An answer ended early.
    pub cut_off: &'static str,
    /// A defect or an outage of ours.
    pub ours: &'static str,
}

impl Text {
    /// The sentence for a family of failures; `seconds` until it is worth another try, where that is known.
    #[must_use]
    pub fn failure(&self, family: Family, seconds: Option<u32>) -> String {
        match (family, seconds) {
            (Family::Busy, Some(n)) => super::format::fill(self.busy, &[("n", &n.to_string())]),
            _ => self.family(family).to_owned(),
        }
    }

    /// The sentence for a family of failures, with nothing to fill in.
    #[must_use]
    pub fn family(&self, family: Family) -> &'static str {
        match family {
            Family::Offline => self.offline,
            Family::Busy => self.busy_unknown,
            Family::Setup => self.setup,
            Family::Plan => self.plan,
            Family::Session => self.session,
            Family::Verify => self.verify,
            Family::Device => self.device,
            Family::Download => self.download,
            Family::Message => self.message,
            Family::CutOff => self.cut_off,
            Family::Ours => self.ours,
        }
    }
}
