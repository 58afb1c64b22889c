//! The two questions that every failure answers: which words the visitor reads, and how to go on.

/// Which of the visitor's sentences a code becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// No connection.
    Offline,
    /// Too many questions.
    Busy,
    /// Only the site's owner, or we, can mend it.
    Setup,
    /// The site's plan does not cover it.
    Plan,
    /// A session is over.
    Session,
    /// The check for being human failed.
    Verify,
    /// The device can't.
    Device,
    /// The model did not arrive.
    Download,
    /// The question could not be read.
    Message,
    /// The question is longer than what can be read.
    TooLong,
    /// An answer ended early.
    CutOff,
    /// A defect or an outage of ours.
    Ours,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Offline,
        Self::Busy,
        Self::Setup,
        Self::Plan,
        Self::Session,
        Self::Verify,
        Self::Device,
        Self::Download,
        Self::Message,
        Self::TooLong,
        Self::CutOff,
        Self::Ours,
    ];
}

/// How to go on after a failure: first [`by_itself`](Self::by_itself), and when that did not help
/// [`then`](Self::then).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retry {
    /// What the widget tries unasked. Only before the first visible token; the visitor hears nothing of it.
    pub by_itself: ByItself,
    /// What the visitor is offered.
    pub then: Offer,
}

impl Retry {
    pub(super) const NEVER: Self = Self { by_itself: ByItself::Nothing, then: Offer::Nothing };
    pub(super) const ASK: Self = Self { by_itself: ByItself::Nothing, then: Offer::Ask };
    pub(super) const AUTO: Self = Self { by_itself: ByItself::Again { times: 2 }, then: Offer::Ask };
    pub(super) const ONCE: Self = Self { by_itself: ByItself::Again { times: 1 }, then: Offer::Ask };
    pub(super) const AUTO_THEN_WAIT: Self = Self { by_itself: ByItself::Again { times: 2 }, then: Offer::Wait };
    pub(super) const CHALLENGE: Self = Self { by_itself: ByItself::Challenge, then: Offer::Ask };
    pub(super) const SESSION: Self = Self { by_itself: ByItself::NewSession, then: Offer::Ask };
    pub(super) const ENGINE: Self = Self { by_itself: ByItself::RestartEngine, then: Offer::Ask };
    pub(super) const FETCH: Self = Self { by_itself: ByItself::FetchAgain, then: Offer::Ask };

    /// Whether there is a Try again button at all, open or still waiting.
    #[must_use]
    pub fn offers_button(self) -> bool {
        self.then != Offer::Nothing
    }
}

/// What the widget tries unasked, at most so often for one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByItself {
    /// Nothing: it would not help.
    Nothing,
    /// The same again after a pause.
    Again {
        /// How often.
        times: u8,
    },
    /// Solve a challenge once, replay once.
    Challenge,
    /// Open a new session once, replay once.
    NewSession,
    /// Start the engine anew once and load the model again; the visitor's consent stands.
    RestartEngine,
    /// Fetch the model once more, past the browser's cache.
    FetchAgain,
}

/// What the visitor is offered when nothing more happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Offer {
    /// No button: trying again would fail again.
    Nothing,
    /// A Try again button.
    Ask,
    /// A Try again button that opens when the server's Retry-After has run down.
    Wait,
}
