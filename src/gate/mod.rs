//! May this question leave the device? And if it stays: may the model be downloaded for it?
//!
//! [`decide`] is a pure function of all that matters and keeps nothing itself. It is asked before every answer, and
//! again after whatever it asked for has happened. Local comes first; a refusal names the cause that the site can do
//! something about, and where local failed, that too.
//!
//! Where it asks for a challenge, [`challenge`] solves one.

pub mod challenge;
#[cfg(all(feature = "remote", target_arch = "wasm32"))]
mod web;

#[cfg(all(feature = "remote", target_arch = "wasm32"))]
pub use web::ChallengeFrame;

use crate::error::Code;

/// Where the site wants its answers made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// On the device, and remotely where that is impossible and allowed.
    #[default]
    Auto,
    /// On the device or not at all.
    Local,
    /// Remotely or not at all.
    Remote,
}

/// What a visitor said when asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Not asked yet.
    #[default]
    Unasked,
    /// Yes; or the site has it from elsewhere (`consent: granted`).
    Granted,
    /// No.
    Declined,
}

/// What this device can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// A model is loaded, or on its way with the visitor's consent; or the browser has one of its own.
    Ready,
    /// A model must be downloaded first.
    Download,
    /// There is no backend, or it failed for good.
    Impossible(Code),
}

/// Whether the visitor minds that a question leaves the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leaving {
    /// The visitor was told in this conversation that answers stay on the device.
    pub promised: bool,
    /// What the visitor said about leaving it after all.
    pub consent: Consent,
}

/// What a site pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Answers on the device only.
    Free,
    /// Any other.
    Paid,
}

/// What the server's configuration says of remote answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemotePolicy {
    /// The site's plan.
    pub tier: Tier,
    /// `remote.enabled`: the site's owner wants them.
    pub remote_enabled: bool,
    /// There is a site key, so a challenge guards them.
    pub site_key: bool,
}

/// The proof that a person asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Session {
    /// None yet, or expired.
    #[default]
    Absent,
    /// The server answered `bot_challenge_required`.
    Demanded,
    /// One that the server takes.
    Valid,
}

/// The server that could answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remote {
    /// The site named none.
    #[default]
    None,
    /// `apiKind: openai`: no tier, no configuration, no session.
    OpenAi,
    /// `apiKind: inferkit`.
    InferKit {
        /// The configuration, or why it could not be had.
        config: Result<RemotePolicy, Code>,
        /// The server's own 402 of earlier on this page. It outweighs the configuration.
        refused: Option<Code>,
        /// The proof that a person asks.
        session: Session,
    },
}

/// All that a decision depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// What the site wants.
    pub mode: Mode,
    /// What the device can do.
    pub local: Local,
    /// What the visitor said about the download.
    pub download: Consent,
    /// What the visitor was told, and said, about leaving the device.
    pub leaving: Leaving,
    /// The server that could answer.
    pub remote: Remote,
}

/// What to do with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Answer on the device. The model may be fetched where it is not loaded yet.
    AnswerLocally,
    /// Ask whether the model may be downloaded.
    AskDownload,
    /// Ask whether the question may leave the device.
    AskToLeave,
    /// Answer remotely.
    AnswerRemotely,
    /// Solve a challenge, then answer remotely.
    Challenge,
    /// Don't answer.
    Refuse {
        /// The cause to report.
        code: Code,
        /// Why local failed, where that is another cause: the message names both.
        local: Option<Code>,
    },
}

/// Why nothing may be asked of the server.
enum Barred {
    /// Worth reporting in any mode.
    By(Code),
    /// Worth reporting only where the site insists on the server; otherwise local's own cause says more.
    Beside(Code),
}

/// Decides.
///
/// A visitor who declined the download and whom no server may answer either is asked again: a new question is a new
/// wish, and there is no failure to report.
#[must_use]
pub fn decide(circumstances: &Circumstances) -> Decision {
    let Circumstances { mode, local, download, .. } = *circumstances;
    if mode != Mode::Remote {
        match (local, download) {
            (Local::Ready, _) | (Local::Download, Consent::Granted) => return Decision::AnswerLocally,
            (Local::Download, Consent::Unasked) => return Decision::AskDownload,
            (Local::Download, Consent::Declined) | (Local::Impossible(_), _) => {}
        }
    }
    let barred = match remotely(circumstances) {
        Ok(decision) => return decision,
        Err(barred) => barred,
    };
    match (mode, local, barred) {
        (Mode::Remote, _, Barred::By(code) | Barred::Beside(code)) => Decision::Refuse { code, local: None },
        (_, Local::Impossible(local), Barred::By(code)) => Decision::Refuse { code, local: Some(local) },
        (_, Local::Impossible(local), Barred::Beside(_)) => Decision::Refuse { code: local, local: None },
        (_, Local::Ready | Local::Download, _) => Decision::AskDownload,
    }
}

fn remotely(circumstances: &Circumstances) -> Result<Decision, Barred> {
    let Circumstances { mode, leaving, remote, .. } = *circumstances;
    if mode == Mode::Local {
        return Err(Barred::Beside(Code::ConfigInvalid));
    }
    let needs_challenge = match remote {
        Remote::None => return Err(Barred::Beside(Code::ConfigInvalid)),
        Remote::OpenAi => false,
        Remote::InferKit { config, refused, session } => {
            if let Some(code) = refused {
                return Err(Barred::By(code));
            }
            let config = config.map_err(Barred::Beside)?;
            // The plan before the switch: a free plan's remote answers are switched off as well, and the site's
            // owner should hear which of the two to change first.
            if config.tier == Tier::Free {
                return Err(Barred::By(Code::UpgradeRequired));
            }
            if !config.remote_enabled {
                return Err(Barred::Beside(Code::ConfigInvalid));
            }
            if session == Session::Demanded && !config.site_key {
                return Err(Barred::By(Code::ChallengeUnavailable));
            }
            config.site_key && session != Session::Valid
        }
    };
    match (leaving.promised, leaving.consent) {
        (false, _) | (true, Consent::Granted) if needs_challenge => Ok(Decision::Challenge),
        (false, _) | (true, Consent::Granted) => Ok(Decision::AnswerRemotely),
        (true, Consent::Unasked) => Ok(Decision::AskToLeave),
        // Asked once per conversation; but where only the server can answer, a new question asks anew.
        (true, Consent::Declined) if mode == Mode::Remote => Ok(Decision::AskToLeave),
        (true, Consent::Declined) => Err(Barred::Beside(Code::ConfigInvalid)),
    }
}

#[cfg(test)]
mod tests;
