//! Every code there is: one row each, in the order of the error reference, then the client's own.
//!
//! A row is a variant of [`Code`] with all that is known about it. The macro takes no row that lacks a piece, so a
//! code without status, cause, typical action, family, retry or documentation does not compile; the visitor's words
//! hang on the family and are complete for the same reason (`locale`). Codes are never renamed, reused or removed:
//! sites branch on them.

use super::{Family, Retry};

/// What the developer finds in the documentation of a code. Not in the browser's module: it is read, not run.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Documentation {
    /// The cause in a few words, as in the reference's table.
    pub cause: &'static str,
    /// What one typically does about it, as in the reference's table.
    pub action: Option<&'static str>,
    /// What happened and what to do, line by line.
    pub lines: &'static [&'static str],
}

#[cfg(not(target_arch = "wasm32"))]
impl Documentation {
    /// What happened and what to do, as one paragraph.
    #[must_use]
    pub fn paragraph(&self) -> String {
        self.lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }
}

/// What the widget itself needs of a row.
struct Row {
    code: &'static str,
    status: Option<u16>,
    family: Option<Family>,
    retry: Retry,
}

impl Code {
    /// The code as it is written everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().code
    }

    /// The HTTP status it comes with; none for a code of the client's own.
    #[must_use]
    pub fn status(self) -> Option<u16> {
        self.row().status
    }

    /// Which words the visitor reads. None only for `storage_full`, which no visitor hears of.
    #[must_use]
    pub fn family(self) -> Option<Family> {
        self.row().family
    }

    /// How to go on.
    #[must_use]
    pub fn retry(self) -> Retry {
        self.row().retry
    }

    /// The code for an answer that has none that we can use.
    #[must_use]
    pub fn from_status(status: u16) -> Self {
        match status {
            401 => Self::InvalidApiKey,
            402 => Self::UpgradeRequired,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            408 => Self::Timeout,
            429 => Self::RateLimited,
            400..500 => Self::BadRequest,
            502..=504 => Self::ProviderUnavailable,
            500..600 => Self::InternalError,
            _ => Self::InvalidResponse,
        }
    }
}

macro_rules! catalog {
    ($(
        $(#[doc = $line:literal])+
        $name:ident {
            code: $code:literal, status: $status:expr, cause: $cause:literal, action: $action:expr,
            family: $family:expr, retry: $retry:expr $(,)?
        }
    )+) => {
        /// The stable, machine-readable cause of a failure.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $( $(#[doc = $line])+ $name, )+
        }

        impl Code {
            /// All of them, in the order of the catalog.
            pub const ALL: [Self; [$($code),+].len()] = [$(Self::$name),+];

            fn row(self) -> &'static Row {
                /// In the order of the variants.
                static ROWS: [Row; Code::ALL.len()] =
                    [$(Row { code: $code, status: $status, family: $family, retry: $retry }),+];
                &ROWS[self as usize]
            }

            /// What the developer finds in the documentation.
            #[cfg(not(target_arch = "wasm32"))]
            #[must_use]
            pub const fn documentation(self) -> Documentation {
                match self {
                    $( Self::$name => Documentation { cause: $cause, action: $action, lines: &[$($line),+] }, )+
                }
            }
        }
    };
}

catalog! {
    /// The server could not read the request. If the site's own code calls the API, compare its body with the
    /// documentation; if only the widget does, report the request id.
    BadRequest {
        code: "bad_request", status: Some(400), cause: "malformed request", action: Some("fix the request"),
        family: Some(Family::Message), retry: Retry::ASK,
    }
    /// The key is missing or unknown. Copy the publishable key (`ik_pub_…`) from the dashboard again, whole.
    InvalidApiKey {
        code: "invalid_api_key", status: Some(401), cause: "missing/bad key", action: Some("check the publishable key"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// A session has expired. The widget opens a new one by itself; in the dashboard, sign in again.
    InvalidToken {
        code: "invalid_token", status: Some(401), cause: "dashboard session expired", action: Some("re-authenticate"),
        family: Some(Family::Session), retry: Retry::SESSION,
    }
    /// The email address or the password is wrong. Only the dashboard's sign-in answers so.
    InvalidCredentials {
        code: "invalid_credentials", status: Some(401), cause: "wrong email/password", action: None,
        family: Some(Family::Session), retry: Retry::NEVER,
    }
    /// The server wants proof that a person asks. The widget solves a challenge and asks again; you need do nothing.
    BotChallengeRequired {
        code: "bot_challenge_required", status: Some(401), cause: "needs a Turnstile session",
        action: Some("SDK handles automatically"),
        family: Some(Family::Verify), retry: Retry::CHALLENGE,
    }
    /// An answer from our servers was needed and the Free plan has none: this device could not answer by itself.
    /// The message names why. Upgrade, or leave it at visitors whose devices can.
    UpgradeRequired {
        code: "upgrade_required", status: Some(402), cause: "remote inference on Free tier",
        action: Some("upgrade / stay local"),
        family: Some(Family::Plan), retry: Retry::NEVER,
    }
    /// The month's tokens are used up. Answers made on the visitor's device go on.
    QuotaExceeded {
        code: "quota_exceeded", status: Some(402), cause: "monthly token cap reached",
        action: Some("upgrade or wait for reset"),
        family: Some(Family::Plan), retry: Retry::NEVER,
    }
    /// Your role in the organisation does not include this.
    Forbidden {
        code: "forbidden", status: Some(403), cause: "your org role lacks this capability",
        action: Some("ask an owner/admin"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// The account's email address is not verified yet. Follow the link in the email.
    EmailNotVerified {
        code: "email_not_verified", status: Some(403), cause: "account email not yet verified",
        action: Some("verify via the emailed link"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// The key was revoked in the dashboard. Issue a new one and put it on the page.
    KeyRevoked {
        code: "key_revoked", status: Some(403), cause: "key was revoked", action: Some("issue a new key"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// The key was suspended because its use looked like abuse. Look at the dashboard, then reactivate it there.
    KeySuspended {
        code: "key_suspended", status: Some(403), cause: "auto-suspended for abuse",
        action: Some("reactivate in dashboard"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// The key was rotated and its time of grace is over. Put the current key on the page.
    KeyExpired {
        code: "key_expired", status: Some(403), cause: "rotated token past its grace",
        action: Some("use the current key"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// The page's origin is not among the key's domains. Add it in the dashboard, with its scheme and port.
    OriginNotAllowed {
        code: "origin_not_allowed", status: Some(403), cause: "Origin not in domain allowlist",
        action: Some("add the domain"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// A secret key was used from an address that is not among its own. Secret keys never belong on a page.
    IpNotAllowed {
        code: "ip_not_allowed", status: Some(403), cause: "secret-key IP not allowlisted", action: Some("add the IP"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// The request went around the public hostname. Set `apiBase` to the address in the documentation.
    DirectOriginBlocked {
        code: "direct_origin_blocked", status: Some(403), cause: "bypassed the edge (origin lock)",
        action: Some("call via the public hostname"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// The challenge's answer was not accepted. The widget solves a new one by itself, once.
    ChallengeFailed {
        code: "challenge_failed", status: Some(403), cause: "Turnstile verification failed",
        action: Some("retry the challenge"),
        family: Some(Family::Verify), retry: Retry::CHALLENGE,
    }
    /// The address does not exist on the server. Check `apiBase`.
    NotFound {
        code: "not_found", status: Some(404), cause: "no such route/resource", action: Some("check the path"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// An account with this email address exists. Only the dashboard's sign-up answers so.
    EmailInUse {
        code: "email_in_use", status: Some(409), cause: "signup email exists", action: Some("log in instead"),
        family: Some(Family::Session), retry: Retry::NEVER,
    }
    /// Too many requests of this key or this address. The widget waits as long as `Retry-After` says, where that is
    /// short, and otherwise opens the visitor's button when it is over.
    RateLimited {
        code: "rate_limited", status: Some(429), cause: "RPM / per-IP limit", action: Some("back off (Retry-After)"),
        family: Some(Family::Busy), retry: Retry::AUTO_THEN_WAIT,
    }
    /// Bot protection is not set up on our side. Nothing on the page can mend it.
    BotProtectionUnconfigured {
        code: "bot_protection_unconfigured", status: Some(503), cause: "Turnstile not set up server-side",
        action: Some("InferKit config"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// Billing is not set up on our side. Nothing on the page can mend it.
    BillingUnconfigured {
        code: "billing_unconfigured", status: Some(503), cause: "Stripe not set up server-side",
        action: Some("InferKit config"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// Email is not set up on our side. Nothing on the page can mend it.
    EmailUnconfigured {
        code: "email_unconfigured", status: Some(503), cause: "email provider not set up server-side",
        action: Some("InferKit config"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// The service that makes the answers had an outage. Twice tried again; report the request id if it lasts.
    ProviderUnavailable {
        code: "provider_unavailable", status: Some(503), cause: "upstream model error",
        action: Some("retry; report request_id"),
        family: Some(Family::Ours), retry: Retry::AUTO,
    }
    /// Something unexpected happened on our side. Report the request id: our log has the rest.
    InternalError {
        code: "internal_error", status: Some(500), cause: "unexpected", action: Some("report request_id"),
        family: Some(Family::Ours), retry: Retry::ONCE,
    }

    // From here on the client's own: no server has seen them.

    /// The site asked for WebGPU (`backend: webgpu`) and this browser has none, or none that fits the model. With
    /// `backend: auto` the CPU would answer.
    WebgpuUnavailable {
        code: "webgpu_unavailable", status: None, cause: "no WebGPU adapter that fits",
        action: Some("allow backend: auto"),
        family: Some(Family::Device), retry: Retry::NEVER,
    }
    /// The GPU has no room for the model. Use a smaller model, or a smaller context.
    GpuOutOfMemory {
        code: "gpu_out_of_memory", status: None, cause: "the GPU has no room for the model",
        action: Some("use a smaller model"),
        family: Some(Family::Device), retry: Retry::NEVER,
    }
    /// The browser has no memory left for the model or for the answer. Use a smaller model.
    OutOfMemory {
        code: "out_of_memory", status: None, cause: "the browser has no memory for the model",
        action: Some("use a smaller model"),
        family: Some(Family::Device), retry: Retry::NEVER,
    }
    /// The question alone is longer than the model can read. Nothing is lost: the question stands in the log, and the
    /// visitor is asked to shorten it.
    QuestionTooLong {
        code: "question_too_long", status: None, cause: "the question is longer than the model's context",
        action: Some("none: the visitor is told to shorten it"),
        family: Some(Family::TooLong), retry: Retry::ASK,
    }
    /// The model ended its answer without a word. The message says why: `maxTokens` was used up, or the model chose its
    /// end token at once. Nothing is tried by itself; a larger `maxTokens` or another model may help.
    AnswerEmpty {
        code: "answer_empty", status: None, cause: "the answer ended without a word",
        action: Some("raise maxTokens, or choose another model"),
        family: Some(Family::Ours), retry: Retry::ASK,
    }
    /// The GPU went away: a driver reset, a sleeping laptop, another page's crash. The engine is rebuilt once by
    /// itself, without a second consent.
    GpuLost {
        code: "gpu_lost", status: None, cause: "the GPU device was lost", action: Some("none: rebuilt by itself"),
        family: Some(Family::Device), retry: Retry::ENGINE,
    }
    /// The engine stopped by a defect of ours, or its worker could not be started. Restarted once by itself; report
    /// the message if it lasts.
    EngineFailed {
        code: "engine_failed", status: None, cause: "the engine crashed or could not start",
        action: Some("report the reference"),
        family: Some(Family::Ours), retry: Retry::ENGINE,
    }
    /// The model's address did not answer with the whole file. Check that `model.url` is public, allows the page's
    /// or our origin by CORS, and is not cut off by a proxy.
    ModelDownloadFailed {
        code: "model_download_failed", status: None, cause: "the model did not arrive whole",
        action: Some("check model.url and its CORS headers"),
        family: Some(Family::Download), retry: Retry::AUTO,
    }
    /// The model's bytes have another SHA-256 than `model.sha256`. Fetched once more past the cache; if it stays,
    /// the file or the checksum was changed without the other.
    ModelIntegrity {
        code: "model_integrity", status: None, cause: "the model's checksum differs",
        action: Some("compare model.sha256 with the file"),
        family: Some(Family::Download), retry: Retry::FETCH,
    }
    /// The file is no GGUF model that this engine runs. The message says which part; the documentation lists the
    /// architectures and weight formats.
    ModelUnsupported {
        code: "model_unsupported", status: None, cause: "the file is no model that the engine runs",
        action: Some("choose a supported model"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// An option is missing or invalid. The message names it; a key's value is never repeated.
    ConfigInvalid {
        code: "config_invalid", status: None, cause: "an option is missing or invalid", action: Some("fix the option"),
        family: Some(Family::Setup), retry: Retry::NEVER,
    }
    /// The browser has no room to keep the model. It runs all the same and is fetched again on the next visit; told
    /// as a `status` event only.
    StorageFull {
        code: "storage_full", status: None, cause: "no room to keep the model", action: Some("none: goes on without"),
        family: None, retry: Retry::NEVER,
    }
    /// No connection: the request never reached a server, or CORS kept the answer from us, which a browser does not
    /// let us tell apart.
    NetworkError {
        code: "network_error", status: None, cause: "network down before any answer",
        action: Some("check the connection and CORS"),
        family: Some(Family::Offline), retry: Retry::AUTO,
    }
    /// The server did not answer in time. Tried again twice by itself; a server that wakes up may need a minute.
    Timeout {
        code: "timeout", status: None, cause: "no answer in time", action: Some("try again later"),
        family: Some(Family::Offline), retry: Retry::AUTO,
    }
    /// The connection ended in the middle of an answer. What had arrived stays on screen, marked.
    StreamInterrupted {
        code: "stream_interrupted", status: None, cause: "the answer's stream broke off",
        action: Some("report request_id if it lasts"),
        family: Some(Family::CutOff), retry: Retry::AUTO,
    }
    /// The connection stands and nothing comes. What had arrived stays on screen, marked.
    StreamStalled {
        code: "stream_stalled", status: None, cause: "the answer's stream fell silent",
        action: Some("report request_id if it lasts"),
        family: Some(Family::CutOff), retry: Retry::AUTO,
    }
    /// The server answered with something that is no answer of this API. Check `apiBase` and `apiKind`, and for a
    /// proxy in between.
    InvalidResponse {
        code: "invalid_response", status: None, cause: "the answer can't be read", action: Some("check apiBase"),
        family: Some(Family::CutOff), retry: Retry::AUTO,
    }
    /// The challenge could not be shown: its script was blocked or did not load. Often an ad blocker.
    ChallengeUnavailable {
        code: "challenge_unavailable", status: None, cause: "the challenge did not load",
        action: Some("allow the challenge's host in the CSP"),
        family: Some(Family::Verify), retry: Retry::ASK,
    }
    /// The challenge was shown and not solved in time. The visitor may try again; nothing was charged.
    ChallengeTimeout {
        code: "challenge_timeout", status: None, cause: "the challenge was not solved in time", action: None,
        family: Some(Family::Verify), retry: Retry::ASK,
    }
    /// A defect of the widget itself. Report the reference and the message.
    InternalClientError {
        code: "internal_client_error", status: None, cause: "a defect of the widget",
        action: Some("report the reference"),
        family: Some(Family::Ours), retry: Retry::ASK,
    }
}
