//! A double of Cloudflare's service, for machines without a way to it.
//!
//! It knows Cloudflare's documented secrets for tests, which go with the dummy token, and one secret of its own, which
//! goes with tokens that tests write themselves: `DOUBLE.` and the base64url of
//! `{"id","hostname","action","cdata","at"}`, `at` in milliseconds since 1970. Those behave like real ones: each is good
//! once, and for 300 s.

use super::{Question, Siteverify, Verdict};
use crate::clock::Clock;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::{FutureExt, future::BoxFuture};
use parking_lot::Mutex;
use serde::Deserialize;
use std::{collections::HashMap, future::ready, time::Duration};

/// What Cloudflare's site keys for tests bring forth.
pub const DUMMY_TOKEN: &str = "XXXX.DUMMY.TOKEN.XXXX";

const PASSES: &str = "1x0000000000000000000000000000000AA";
const FAILS: &str = "2x0000000000000000000000000000000AA";
const SPENT: &str = "3x0000000000000000000000000000000AA";
const OWN: &str = "double-secret";

/// How long a token is good.
const LIFE: Duration = Duration::from_secs(300);
/// How far a browser's clock may be ahead.
const AHEAD: Duration = Duration::from_secs(60);

/// Whether a secret is one of Cloudflare's for tests. Their verdicts name no hostname, action or mark of the page's.
#[must_use]
pub fn is_for_tests(secret: &str) -> bool {
    [PASSES, FAILS, SPENT].contains(&secret)
}

/// The double.
#[derive(Debug)]
pub struct Double {
    clock: Clock,
    /// Tokens that were verified, and when: `Duration` since 1970.
    spent: Mutex<HashMap<String, Duration>>,
}

#[derive(Deserialize)]
struct Token {
    id: String,
    hostname: String,
    action: String,
    cdata: String,
    at: u64,
}

impl Double {
    /// One that has seen no token.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, spent: Mutex::default() }
    }

    fn judge(&self, secret: &str, response: &str) -> Verdict {
        match secret {
            PASSES => Verdict { success: true, hostname: "example.com".into(), ..Verdict::default() },
            FAILS => Verdict::refused("invalid-input-response"),
            SPENT => Verdict::refused("timeout-or-duplicate"),
            OWN => self.read(response).unwrap_or_else(|| Verdict::refused("invalid-input-response")),
            _ => Verdict::refused("invalid-input-secret"),
        }
    }

    /// The verdict on a token of ours; None when it is not one.
    fn read(&self, response: &str) -> Option<Verdict> {
        let bytes = URL_SAFE_NO_PAD.decode(response.strip_prefix("DOUBLE.")?.trim_end_matches('=')).ok()?;
        let token: Token = serde_json::from_slice(&bytes).ok()?;
        let (now, at) = (self.clock.date(), Duration::from_millis(token.at));
        if at > now + AHEAD {
            return None;
        }
        let mut spent = self.spent.lock();
        spent.retain(|_, since| now < *since + LIFE + AHEAD);
        if now >= at + LIFE || spent.insert(token.id, now).is_some() {
            return Some(Verdict::refused("timeout-or-duplicate"));
        }
        let Token { hostname, action, cdata, .. } = token;
        Some(Verdict { success: true, error_codes: Vec::new(), hostname, action, cdata })
    }
}

impl Siteverify for Double {
    fn verify(&self, question: Question) -> BoxFuture<'_, Result<Verdict, String>> {
        ready(Ok(self.judge(&question.secret, &question.response))).boxed()
    }
}
