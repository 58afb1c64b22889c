//! What a test may ask of the server: keys with settings and faults of its own, and the books. Mounted only with
//! `--test-controls`; a server that has it has no secrets.
//!
//! - `PUT /test/keys/{key}` takes [`Settings`] and, beside them, `faults`, a list of [`Fault`]s. A key that is there
//!   gets the new settings and faults; its sessions, answers and books stay.
//! - `GET /test/keys/{key}/ledger` answers `{requests, charges}`.

use crate::{
    Gateway,
    body::Json,
    failure::Failure,
    faults::{Fault, Place},
    keys::Settings,
    trace::Trace,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
    routing::{get, put},
};
use inferkit_widget::error::Code;
use serde_json::Value;
use std::sync::Arc;

/// The two paths.
pub fn routes() -> Router<Arc<Gateway>> {
    Router::new().route("/test/keys/{key}", put(set)).route("/test/keys/{key}/ledger", get(ledger))
}

async fn set(State(gateway): State<Arc<Gateway>>, Path(name): Path<String>, body: Json) -> Result<StatusCode, Failure> {
    let bad = |error: serde_json::Error| Failure::new(Code::BadRequest, error.to_string());
    let mut settings = body.0;
    let members = settings.as_object_mut();
    let members = members.ok_or_else(|| Failure::new(Code::BadRequest, "The body is not an object."))?;
    let faults = members.remove("faults").unwrap_or(Value::Null);
    let faults: Option<Vec<Fault>> = serde_json::from_value(faults).map_err(bad)?;
    let settings: Settings = serde_json::from_value(settings).map_err(bad)?;
    gateway.keys.put(&name, settings);
    if let Some(key) = gateway.keys.get(&name) {
        key.faults.plan(faults.unwrap_or_default());
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn ledger(State(gateway): State<Arc<Gateway>>, Path(name): Path<String>) -> Result<axum::Json<Value>, Failure> {
    let key = gateway.keys.get(&name).ok_or_else(|| Failure::new(Code::NotFound, "There is no such key."))?;
    Ok(axum::Json(key.ledger.to_json()))
}

/// Writes every request of a known key into its ledger, and lets the key's next fault happen.
pub async fn layer(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let trace = request.extensions().get::<Arc<Trace>>().cloned();
    let key = trace.as_ref().and_then(|trace| gateway.keys.get(trace.key.as_deref()?));
    let (Some(trace), Some(key)) = (trace, key) else { return next.run(request).await };

    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    trace.note(|outcome| outcome.body = serde_json::from_slice(&bytes).ok());
    key.ledger.remember(trace.clone());
    let request = Request::from_parts(parts, Body::from(bytes));
    match Place::of(&trace.path) {
        Some(place) => key.faults.inject(place, trace, request, next).await,
        None => next.run(request).await,
    }
}
