//! Every string of the widget, as one struct.
//!
//! Names in braces are filled in by the methods of [`Text`] in `format`; a test checks that each language uses
//! exactly the names that its strings are given.

use crate::error::Family;

/// Declares the languages: each is a file under `text/` with a constant, and a row here.
macro_rules! languages {
    ($($file:ident $text:ident),+ $(,)?) => {
        $(mod $file;)+
        $(pub use $file::$text;)+

        /// Every language that the widget speaks, the fallback first.
        pub static LANGUAGES: &[Text] = &[$($text),+];
    };
}

languages! { en EN }

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

/// A language.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Its BCP 47 tag, for the HTML attribute `lang` and for negotiation.
    pub tag: &'static str,
    /// Which way it is written.
    pub direction: Direction,
    /// Everything that the widget says.
    pub say: fn(Word) -> &'static str,
}

/// Declares [`Word`], with the names in braces that a string takes.
macro_rules! words {
    ($($(#[$about:meta])* $word:ident $(takes $($given:ident)+)?,)*) => {
        /// Something that the widget says. A site can say each in its own words, under the same name in camelCase.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Word {
            $(
                $(#[$about])*
                $(#[doc = concat!("Takes" $(, " `{", stringify!($given), "}`")+, ".")])?
                $word,
            )*
        }

        impl Word {
            /// All of them, with their names and the names in braces that each is given and must use.
            pub const ALL: &'static [(Self, &'static str, &'static [&'static str])] =
                &[$((Self::$word, stringify!($word), &[$($(stringify!($given)),+)?])),*];
        }
    };
}

words! {
    // The panel.
    /// The heading, unless the site gives one.
    Heading,
    /// The first words of an empty conversation, unless the site gives some.
    Greeting,
    /// Reassures: nothing that is written leaves the device.
    MadeOnDevice,
    /// Says that answers come over the network.
    MadeOnline,
    /// A caution below the composer, unless the site gives one.
    Disclaimer,
    /// Name of the button that closes the panel.
    Close,
    /// Begins anew: the log is cleared.
    NewConversation,
    /// The button that leads to a person, unless the site names it.
    Handoff,

    // The log.
    /// Name of the log, for screen readers.
    Log,
    /// Who said a visitor's message, for screen readers.
    You,
    /// Who said an answer, for screen readers.
    Assistant,
    /// Name of the button that scrolls to the newest message.
    Newest,
    /// Stands while the question is being read.
    Thinking,
    /// Stands for screen readers while an answer grows.
    Answering,
    /// In place of an answer that the site's pages do not have; what comes nearest follows.
    Unanswered,
    /// In place of an answer that nobody can put in a sentence; the passages that have it follow.
    Quoted,
    /// Name of the list of passages, for screen readers.
    Sources,
    /// Name of the button by which the visitor says that an answer helped.
    Helpful,
    /// Name of the one for the opposite.
    Unhelpful,
    /// Below an answer that the visitor stopped.
    Stopped,
    /// Below an answer that was not made on the device.
    AnsweredOnline,
    /// Below a part of an answer that a failure ended; the failure's own sentence follows.
    CutOffHere,

    // The composer.
    /// Name of the text field, for screen readers.
    Composer,
    /// Stands in the empty text field.
    Placeholder,
    /// Below a text that is too long to be asked; `{n}` is by how many characters.
    TooLongBy takes n,
    /// Name of the button that sends.
    Send,
    /// Name of the button that ends an answer.
    Stop,

    // The download.
    /// Asks whether to go on.
    ConsentTitle,
    /// Says what agreeing means.
    ConsentBody takes size,
    /// The same when the size is not known.
    ConsentBodyUnsized,
    /// As `ConsentBody` where it can't be promised that nothing ever leaves the device.
    ConsentBodyEither takes size,
    /// The same when the size is not known.
    ConsentBodyEitherUnsized,
    /// Agrees.
    ConsentAgree,
    /// Declines.
    ConsentDecline,
    /// Stands in place of an answer after the visitor declined.
    Declined,
    /// The button below it, which asks again.
    DeclinedAgain,
    /// Heads the download's progress.
    LoadingTitle,
    /// How far the download is.
    Loading takes done total,
    /// The same when the whole is not known.
    LoadingUnsized takes done,
    /// Before the first byte, and after the last.
    Preparing,
    /// Name of the button that ends the download.
    Cancel,

    // Leaving the device.
    /// Asks whether to go on without the device.
    LeaveTitle,
    /// Says what that means.
    LeaveBody,
    /// Agrees.
    LeaveAgree,
    /// Declines.
    LeaveDecline,
    /// Heads the check for being human.
    VerifyTitle,
    /// Says what to do.
    VerifyBody,
    /// Stands while a busy service is waited for; `{n}` are seconds.
    Waiting takes n,

    // Failures.
    /// Asks the same question again.
    TryAgain,
    /// What to quote to support.
    Reference takes reference,
    /// Name of the button that copies the reference.
    CopyReference,
    /// Confirms that it was copied.
    Copied,
    /// No connection.
    Offline,
    /// Too many questions at once; `{n}` are seconds.
    Busy takes n,
    /// The same when that is too long to count down.
    BusyUntil takes time,
    /// The same when it is not known for how long.
    BusyUnknown,
    /// The site is not set up; only its owner can mend that.
    Setup,
    /// The site's plan does not cover this.
    Plan,
    /// The conversation's session is over.
    Session,
    /// The check for being human failed.
    Verify,
    /// The device or its browser can't do it.
    Device,
    /// The download failed.
    Download,
    /// The question could not be read.
    Message,
    /// The question is too long, and what to do about it.
    TooLong,
    /// An answer ended early.
    CutOff,
    /// A defect or an outage of ours.
    Ours,
}

impl Family {
    /// Its sentence, with nothing to fill in.
    #[must_use]
    pub fn word(self) -> Word {
        match self {
            Self::Offline => Word::Offline,
            Self::Busy => Word::BusyUnknown,
            Self::Setup => Word::Setup,
            Self::Plan => Word::Plan,
            Self::Session => Word::Session,
            Self::Verify => Word::Verify,
            Self::Device => Word::Device,
            Self::Download => Word::Download,
            Self::Message => Word::Message,
            Self::TooLong => Word::TooLong,
            Self::CutOff => Word::CutOff,
            Self::Ours => Word::Ours,
        }
    }
}
