//! The contract once more, in the test's own words: what a code's class allows, what an answer without a usable code
//! means, and when to come back.

use inferkit_widget::error::Offer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Never,
    Ask,
    /// By itself, so many times; then ask.
    Auto(u8),
    /// By itself, twice; then the button that waits.
    AutoThenWait,
    Challenge,
    Session,
}

use Class::{Ask, Auto, AutoThenWait, Challenge, Never, Session};

/// Section 2, the server's: code, status, class.
const SERVER: [(&str, u16, Class); 24] = [
    ("bad_request", 400, Ask),
    ("invalid_api_key", 401, Never),
    ("invalid_token", 401, Session),
    ("invalid_credentials", 401, Never),
    ("bot_challenge_required", 401, Challenge),
    ("upgrade_required", 402, Never),
    ("quota_exceeded", 402, Never),
    ("forbidden", 403, Never),
    ("email_not_verified", 403, Never),
    ("key_revoked", 403, Never),
    ("key_suspended", 403, Never),
    ("key_expired", 403, Never),
    ("origin_not_allowed", 403, Never),
    ("ip_not_allowed", 403, Never),
    ("direct_origin_blocked", 403, Never),
    ("challenge_failed", 403, Challenge),
    ("not_found", 404, Never),
    ("email_in_use", 409, Never),
    ("rate_limited", 429, AutoThenWait),
    ("bot_protection_unconfigured", 503, Never),
    ("billing_unconfigured", 503, Never),
    ("email_unconfigured", 503, Never),
    ("provider_unavailable", 503, Auto(2)),
    ("internal_error", 500, Auto(1)),
];

/// Section 2, the client's own, as far as a server and its challenge bring them about.
const CLIENT: [(&str, Class); 9] = [
    ("webgpu_unavailable", Never),
    ("config_invalid", Never),
    ("network_error", Auto(2)),
    ("timeout", Auto(2)),
    ("stream_interrupted", Auto(2)),
    ("stream_stalled", Auto(2)),
    ("invalid_response", Auto(2)),
    ("challenge_unavailable", Ask),
    ("challenge_timeout", Ask),
];

/// All that a server and its challenge bring about.
pub fn codes() -> impl Iterator<Item = &'static str> {
    let server = SERVER.iter().map(|(code, ..)| *code);
    server.chain(CLIENT.iter().map(|(code, _)| *code))
}

/// What a failure is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// As the developer reads it.
    pub code: String,
    /// The code whose row says how to go on.
    pub row: &'static str,
    pub class: Class,
}

impl Cause {
    /// A code of the client's own.
    pub fn client(code: &str) -> Self {
        // The one code of the server's that a challenge's frame may bring about too.
        if code == "challenge_failed" {
            return Self::server(Some(code), 403);
        }
        let known = CLIENT.iter().find(|(known, _)| *known == code);
        let (row, class) = *known.expect("a code of the client's own");
        Self { code: code.into(), row, class }
    }

    /// What a server answered. No usable code: the status chooses. An unknown one keeps its name and takes the
    /// status's row.
    pub fn server(code: Option<&str>, status: u16) -> Self {
        let form = |code: &&str| {
            let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            (2..=64).contains(&code.len()) && code.as_bytes()[0].is_ascii_lowercase() && code.bytes().all(rest)
        };
        let code = code.filter(form);
        if let Some((row, _, class)) = SERVER.iter().find(|(known, ..)| Some(*known) == code) {
            return Self { code: (*row).into(), row, class: *class };
        }
        let of_status = match status {
            200..300 => "invalid_response",
            401 => "invalid_api_key",
            402 => "upgrade_required",
            403 => "forbidden",
            404 => "not_found",
            408 => "timeout",
            429 => "rate_limited",
            502..=504 => "provider_unavailable",
            500..600 => "internal_error",
            _ => "bad_request",
        };
        let row = SERVER.iter().find(|(known, ..)| *known == of_status);
        let of_status = match row {
            Some((row, _, class)) => Self { code: (*row).into(), row, class: *class },
            None => Self::client(of_status),
        };
        Self { code: code.unwrap_or(of_status.row).into(), ..of_status }
    }

    /// What an event of a stream said: the code's own status, or 500.
    pub fn in_stream(code: &str) -> Self {
        Self::server(Some(code), 500)
    }

    /// The plan's refusal, which holds for as long as the page lives.
    pub fn refuses(&self) -> bool {
        matches!(self.row, "upgrade_required" | "quota_exceeded")
    }

    pub fn offer(&self) -> Offer {
        match self.class {
            Never => Offer::Nothing,
            AutoThenWait => Offer::Wait,
            Ask | Auto(_) | Challenge | Session => Offer::Ask,
        }
    }
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The same once more, after so many milliseconds.
    Again { least: u64, most: u64, countdown: bool },
    /// At once: a challenge, or the same with another session.
    Renew,
    /// It is shown and reported.
    Report,
}

/// What was tried by itself since the visitor asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    again: u8,
    challenged: bool,
    renewed: bool,
}

impl Tried {
    /// Section 7. `visible`: words of the answer are there. `wait`: what Retry-After says, in seconds.
    pub fn then(&mut self, class: Class, visible: bool, wait: Option<u64>) -> Then {
        let times = match class {
            Auto(times) => times,
            AutoThenWait => 2,
            _ => 0,
        };
        match class {
            _ if visible => Then::Report,
            _ if self.again < times && wait.is_none_or(|seconds| seconds <= 120) => {
                self.again += 1;
                let all = (500 << (self.again - 1)).min(8_000);
                let (least, most) = wait.map_or((all / 2, all), |seconds| (seconds * 1_000, seconds * 1_000));
                Then::Again { least, most, countdown: wait.is_some_and(|seconds| seconds > 10) }
            }
            Challenge if !self.challenged => {
                self.challenged = true;
                Then::Renew
            }
            Session if !self.renewed => {
                self.renewed = true;
                Then::Renew
            }
            _ => Then::Report,
        }
    }
}
