//! `POST /v1/sessions`: a solved challenge becomes a session, and a session lets a visitor ask.

use crate::{
    Gateway,
    body::Json,
    caller::Caller,
    failure::Failure,
    siteverify::{Question, Verdict, is_for_tests},
};
use axum::extract::State;
use inferkit_widget::error::Code;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::Instant;
use uuid::Uuid;

/// What the widget renders the challenge for.
const ACTION: &str = "inferkit-session";
/// Turnstile's longest token, in bytes.
const LONGEST_TOKEN: usize = 2048;
/// How long an ended session is known to have been one, and a mark to have been used.
const MEMORY: Duration = Duration::from_secs(24 * 60 * 60);

/// The sessions of one key.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<String, Instant>>);

impl Sessions {
    /// A new one.
    fn open(&self, life: Duration) -> String {
        let (token, now) = (format!("ses_{}", Uuid::new_v4().simple()), Instant::now());
        let mut sessions = self.0.lock();
        sessions.retain(|_, ends| now < *ends + MEMORY);
        sessions.insert(token.clone(), now + life);
        token
    }

    /// Whether a visitor has one.
    ///
    /// # Errors
    /// `bot_challenge_required` without one or after its end; `invalid_token` for one that this key never had.
    pub fn check(&self, token: Option<&str>) -> Result<(), Failure> {
        let again = |message| Failure::new(Code::BotChallengeRequired, message);
        let token = token.ok_or_else(|| again("A session is needed: solve the challenge and open one."))?;
        match self.0.lock().get(token) {
            None => Err(Failure::new(Code::InvalidToken, "The session is unknown.")),
            Some(ends) if *ends <= Instant::now() => Err(again("The session has ended: solve the challenge again.")),
            Some(_) => Ok(()),
        }
    }
}

/// Marks that challenges were rendered with. Each is good for one session.
#[derive(Debug, Default)]
pub struct Marks(Mutex<HashMap<String, Instant>>);

impl Marks {
    /// True the first time.
    fn is_new(&self, mark: &str) -> bool {
        let mut marks = self.0.lock();
        marks.retain(|_, since| since.elapsed() < MEMORY);
        marks.insert(mark.to_owned(), Instant::now()).is_none()
    }
}

/// Opens a session.
///
/// # Errors
/// What the key may not do, `bad_request`, `challenge_failed`, or `bot_protection_unconfigured` when the challenge can't
/// be verified by anybody.
pub async fn open(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    body: Json,
) -> Result<axum::Json<Value>, Failure> {
    caller.may_ask()?;
    caller.key.session_rate.count(caller.settings.per_minute)?;
    let unconfigured = |context: &str| Failure::new(Code::BotProtectionUnconfigured, context);
    let secret = caller.settings.secret.as_deref().ok_or_else(|| unconfigured("the key has no Turnstile secret"))?;
    let question = Question {
        secret: secret.to_owned(),
        response: token(&body.0)?.to_owned(),
        remoteip: caller.ip,
        idempotency_key: Uuid::new_v4().to_string(),
    };
    let verdict = gateway.siteverify.verify(question).await;
    let verdict = verdict.map_err(|why| Failure::new(Code::InternalError, format!("siteverify: {why}")))?;
    if verdict.error_codes.iter().any(|code| code.ends_with("-input-secret")) {
        return Err(unconfigured("siteverify does not know the key's Turnstile secret"));
    }
    if let Err(why) = judge(&verdict, is_for_tests(secret), &gateway) {
        // Which check failed helps whoever attacks; support reads it in the log.
        caller.trace.note(|outcome| outcome.detail = Some(why));
        return Err(Failure::new(Code::ChallengeFailed, "The challenge was not verified."));
    }
    let life = Duration::from_secs(caller.settings.session_seconds);
    Ok(axum::Json(json!({ "session_token": caller.key.sessions.open(life), "expires_in": life.as_secs() })))
}

fn token(body: &Value) -> Result<&str, Failure> {
    let bad = |message| Failure::new(Code::BadRequest, message);
    match body.get("turnstile_token").and_then(Value::as_str) {
        None | Some("") => Err(bad("`turnstile_token` is missing or not a text.")),
        Some(token) if token.len() > LONGEST_TOKEN => Err(bad("`turnstile_token` is longer than any token.")),
        Some(token) => Ok(token),
    }
}

/// A token that is good may still come from another page, for another purpose, or a second time.
fn judge(verdict: &Verdict, for_tests: bool, gateway: &Gateway) -> Result<(), String> {
    if !verdict.success {
        return Err(format!("siteverify refused: {}", verdict.error_codes.join(", ")));
    }
    if for_tests {
        return Ok(());
    }
    if !gateway.options.hostnames.contains(&verdict.hostname) {
        return Err(format!("the challenge was shown on {:?}", verdict.hostname));
    }
    if verdict.action != ACTION {
        return Err(format!("the challenge was solved for {:?}", verdict.action));
    }
    if verdict.cdata.len() != 32 || !verdict.cdata.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("the challenge's mark is {:?}", verdict.cdata));
    }
    if !gateway.marks.is_new(&verdict.cdata) {
        return Err("the challenge's mark was used before".into());
    }
    Ok(())
}
