//! One failure, as the wire and the log see it.
//!
//! A handler returns a [`Failure`]; [`trace`](crate::trace) gives it the request's id and makes the body
//! `{"error":{"code","message","request_id"}}` of it, so that no handler can forget the id or tell too much.

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use inferkit_widget::error::Code;
use serde_json::{Value, json};
use std::time::Duration;

/// What went wrong: a code of the catalog and one text.
///
/// Who may read the text is decided here, by the status, and nowhere else. Of a 4xx it is the message, specific and
/// safe to show: write it for the developer of the site. Of a 5xx it is the log's context, and the message is generic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    code: Code,
    text: String,
    retry_after: Option<Duration>,
}

impl Failure {
    /// A failure with `code`, which is one of the server's.
    #[must_use]
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), retry_after: None }
    }

    /// Says when to come back: rounded up to whole seconds, as the header has them.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// The catalog's code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The catalog's status. A code without one is the widget's own, and a server that says it has a defect.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.code
            .status()
            .and_then(|status| StatusCode::from_u16(status).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What the developer of the site reads.
    #[must_use]
    pub fn message(&self) -> &str {
        match self.status().as_u16() {
            503 => "Service unavailable",
            500.. => "Internal error",
            _ => &self.text,
        }
    }

    /// What support reads.
    #[must_use]
    pub fn context(&self) -> &str {
        &self.text
    }

    /// The wire's form.
    #[must_use]
    pub fn body(&self, request_id: &str) -> Value {
        json!({ "error": { "code": self.code, "message": self.message(), "request_id": request_id } })
    }
}

impl IntoResponse for Failure {
    /// Status and headers; the failure travels along to where the body is made.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}
