//! One request from its arrival to its last byte: its id, what it said of itself, what came of it, its line in the log.
//!
//! The outermost layer, so that every answer has an id and every request a line: also a preflight, an unknown path, and
//! a handler that panicked.

use crate::{
    Gateway,
    connection::Reset,
    failure::Failure,
    log::{Log, masked},
};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ORIGIN},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use inferkit_widget::error::Code;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{panic::AssertUnwindSafe, sync::Arc};
use tokio::time::Instant;
use uuid::Uuid;

/// The id that an answer carries.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// By which a repeated question is known.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The token of a solved challenge.
pub const SESSION: HeaderName = HeaderName::from_static("x-inferkit-session");
/// The page around our iframe, as the iframe says. Advisory: it is logged and decides nothing.
pub const EMBED_ORIGIN: HeaderName = HeaderName::from_static("x-inferkit-embed-origin");

/// In an answer's extensions: it must go without its id. Only a test asks for that.
#[derive(Clone, Copy, Debug)]
pub struct WithoutId;

/// One request.
#[derive(Debug)]
pub struct Trace {
    /// Its number for everybody: on the answer, in the visitor's `Ref:`, on every line of the log.
    pub request_id: String,
    /// `GET` and so on.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The bearer's key, right or wrong.
    pub key: Option<String>,
    /// `Origin`.
    pub origin: Option<String>,
    /// `X-InferKit-Embed-Origin`.
    pub embed_origin: Option<String>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// `X-InferKit-Session`.
    pub session: Option<String>,
    began: Instant,
    outcome: Mutex<Outcome>,
    log: Log,
}

/// What came of a request, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Once there are headers.
    pub status: Option<u16>,
    /// Of a failure; also of one in the middle of a stream.
    pub code: Option<String>,
    /// What support needs to know of it.
    pub context: Option<String>,
    /// What else a handler found worth telling.
    pub detail: Option<String>,
    /// The fault that a test asked for.
    pub fault: Option<Value>,
    /// The request's body, where a test may ask for it.
    pub body: Option<Value>,
}

impl Trace {
    fn of(request: &Request, log: Log) -> Self {
        let headers = request.headers();
        Self {
            request_id: Uuid::new_v4().to_string(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            key: text(headers, &AUTHORIZATION).as_deref().and_then(bearer),
            origin: text(headers, &ORIGIN),
            embed_origin: text(headers, &EMBED_ORIGIN),
            idempotency_key: text(headers, &IDEMPOTENCY_KEY),
            session: text(headers, &SESSION),
            began: Instant::now(),
            outcome: Mutex::default(),
            log,
        }
    }

    /// What came of it so far.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome.lock().clone()
    }

    /// Writes down more of what came of it.
    pub fn note(&self, write: impl FnOnce(&mut Outcome)) {
        write(&mut self.outcome.lock());
    }

    /// Writes down a failure: code and context.
    pub fn failed(&self, failure: &Failure) {
        self.note(|outcome| {
            outcome.code = Some(failure.code().to_string());
            outcome.context = Some(failure.context().to_owned());
        });
    }

    /// A line of its own, for what happens when the request is long over: it has the request's id all the same.
    pub fn later(&self, what: &str) {
        self.log.write(json!({ "request_id": self.request_id, "key": self.masked_key(), "later": what }));
    }

    fn masked_key(&self) -> Option<String> {
        self.key.as_deref().map(masked)
    }

    fn line(&self) -> Value {
        let outcome = self.outcome();
        // The path of a test's control ends in a key.
        let path = if self.path.starts_with("/test/keys/") { "/test/keys/…" } else { &self.path };
        json!({
            "request_id": self.request_id,
            "method": self.method,
            "path": path,
            "status": outcome.status,
            "code": outcome.code,
            "context": outcome.context,
            "detail": outcome.detail,
            "fault": outcome.fault,
            "key": self.masked_key(),
            "origin": self.origin,
            "embed_origin": self.embed_origin,
            "session": self.session.is_some().then_some(true),
            "idempotency_key": self.idempotency_key,
            "ms": u64::try_from(self.began.elapsed().as_millis()).ok(),
        })
    }
}

/// Writes the line when the last byte is out, or when the client is gone: whenever the body is dropped.
struct Line(Arc<Trace>);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.log.write(self.0.line());
    }
}

/// Gives every request its [`Trace`], every answer its id, and every failure its body.
pub async fn layer(State(gateway): State<Arc<Gateway>>, mut request: Request, next: Next) -> Response {
    let trace = Arc::new(Trace::of(&request, gateway.log.clone()));
    let line = Line(trace.clone());
    request.extensions_mut().insert(trace.clone());

    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|panic| panicked(panic.as_ref()).into_response());
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        trace.failed(&failure);
        response = with_body(response, &failure.body(&trace.request_id));
    }
    if response.extensions().get::<WithoutId>().is_none() {
        // A UUID is always a header's value.
        response.headers_mut().extend(HeaderValue::from_str(&trace.request_id).ok().map(|id| (REQUEST_ID, id)));
    }
    if response.extensions().get::<Reset>().is_none() {
        trace.note(|outcome| outcome.status = Some(response.status().as_u16()));
    }
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            // Only to live as long as the body.
            let _line = &line;
            frame
        }))
    })
}

/// Puts a JSON body in place of whatever was there.
pub fn with_body(response: Response, body: &Value) -> Response {
    let body = body.to_string();
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(parts, Body::from(body))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Failure {
    let said =
        panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
    Failure::new(Code::InternalError, format!("a handler panicked: {}", said.unwrap_or_default()))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The key of `Bearer <key>`.
fn bearer(authorization: &str) -> Option<String> {
    let (scheme, key) = authorization.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then(|| key.to_owned())
}
