//! Asking Cloudflare whether a challenge was solved.
//!
//! The real thing is one request: `POST https://challenges.cloudflare.com/turnstile/v0/siteverify` with the JSON of a
//! [`Question`], answered by the JSON of a [`Verdict`]; both have exactly the API's members. `idempotency_key` lets a
//! server repeat the request after a broken connection without the token counting as spent. What the verdict has to
//! say besides `success` is judged by `sessions`, the same way for every implementation.

mod double;

pub use double::{DUMMY_TOKEN, Double, is_for_tests};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What is asked.
#[derive(Clone, Debug, Serialize)]
pub struct Question {
    /// The owner's half of the site key.
    pub secret: String,
    /// The token from the browser.
    pub response: String,
    /// The visitor's address, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remoteip: Option<IpAddr>,
    /// The same for every repetition of one question.
    pub idempotency_key: String,
}

/// What is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verdict {
    /// Whether the token is good, unspent and of this secret's site key.
    pub success: bool,
    /// Why not.
    #[serde(rename = "error-codes")]
    pub error_codes: Vec<String>,
    /// Where the challenge was shown.
    pub hostname: String,
    /// The purpose that the page gave.
    pub action: String,
    /// The page's own mark.
    pub cdata: String,
}

impl Verdict {
    /// A refusal.
    #[must_use]
    pub fn refused(why: &str) -> Self {
        Self { error_codes: vec![why.into()], ..Self::default() }
    }
}

/// Whoever can tell.
pub trait Siteverify: Send + Sync + 'static {
    /// Asks. An error is a sentence for the log: nobody could be asked.
    fn verify(&self, question: Question) -> BoxFuture<'_, Result<Verdict, String>>;
}
