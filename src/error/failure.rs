//! The one object that a failure becomes.

use super::{Code, Family, Reference, Retry};
use serde::Serialize;
use std::fmt;

/// One failure, for the developer: exactly the four fields of the error reference when serialised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The stable, machine-readable cause. A server's code that the catalog does not know stands here unchanged.
    pub code: String,
    /// What happened, in words for the developer; may change. Never a raw body, a key or a stack.
    pub message: String,
    /// The server's id, when the failure reached a server.
    pub request_id: Option<String>,
    /// `request_id`, or else a number of our own. The same one everywhere.
    pub reference: Reference,
    /// The row of the catalog that says how to go on: the code's own, or for an unknown code the status's.
    #[serde(skip)]
    pub(super) row: Code,
}

impl Failure {
    /// A failure that no server knows of.
    #[must_use]
    pub fn client(code: Code, message: impl Into<String>, reference: Reference) -> Self {
        Self { code: code.as_str().to_owned(), message: message.into(), request_id: None, reference, row: code }
    }

    /// A failure that a server answered with `status`. Without a usable `code` the status chooses one; a request id
    /// in a shape that we don't show counts as none, and then `mint` makes a number of ours.
    #[must_use]
    pub fn server(
        status: u16,
        code: Option<&str>,
        message: impl Into<String>,
        request_id: Option<&str>,
        mint: impl FnOnce() -> Reference,
    ) -> Self {
        // A code of the client's own means nothing in a server's mouth: it says nothing about our engine.
        let known = code.and_then(|code| code.parse().ok()).filter(|code: &Code| code.status().is_some());
        let row = known.unwrap_or_else(|| Code::from_status(status));
        let server_reference = request_id.and_then(Reference::from_request_id);
        Self {
            code: code.unwrap_or(row.as_str()).to_owned(),
            message: message.into(),
            request_id: server_reference.as_ref().map(ToString::to_string),
            reference: server_reference.unwrap_or_else(mint),
            row,
        }
    }

    /// The code of the catalog that says how to go on: its own, or for one that the catalog does not know the
    /// status's.
    #[must_use]
    pub fn row(&self) -> Code {
        self.row
    }

    /// Which words the visitor reads.
    #[must_use]
    pub fn family(&self) -> Family {
        // `storage_full` has no words: it is told to the site as a status and never becomes a failure. Should it
        // ever get here, the general sentence is the honest one.
        self.row.family().unwrap_or(Family::Ours)
    }

    /// What the widget does by itself, and which button follows.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.row.retry()
    }

    /// The first argument of `console.error`, in the form of the reference's own example; the message is the second.
    #[must_use]
    pub fn headline(&self) -> String {
        format!("InferKit error [{}] ref={}", self.code, self.reference)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.headline(), self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Offer;

    fn ours() -> Reference {
        Reference::client([7; 8])
    }

    #[test]
    fn it_serialises_as_exactly_four_fields() {
        let failure = Failure::client(Code::GpuLost, "the device was lost", ours());
        assert_eq!(
            serde_json::to_value(&failure).ok(),
            Some(serde_json::json!({
                "code": "gpu_lost", "message": "the device was lost", "request_id": null, "reference": ours().as_str(),
            }))
        );
        let failure = Failure::server(429, Some("rate_limited"), "Rate limit exceeded", Some("req-123456"), ours);
        assert_eq!(
            serde_json::to_value(&failure).ok(),
            Some(serde_json::json!({
                "code": "rate_limited", "message": "Rate limit exceeded", "request_id": "req-123456",
                "reference": "req-123456",
            }))
        );
    }

    #[test]
    fn it_reads_in_the_console_as_in_the_reference() {
        let failure = Failure::server(500, None, "Internal error", Some("req-123456"), ours);
        assert_eq!(failure.headline(), "InferKit error [internal_error] ref=req-123456");
        assert_eq!(failure.to_string(), "InferKit error [internal_error] ref=req-123456 Internal error");
    }

    #[test]
    fn an_unknown_code_keeps_its_name_and_takes_the_statuss_row() {
        let failure = Failure::server(503, Some("reactor_cold"), "m", None, ours);
        assert_eq!(failure.code, "reactor_cold");
        assert_eq!(failure.family(), Family::Ours);
        assert_eq!(failure.retry(), Code::ProviderUnavailable.retry());
        assert_eq!((failure.request_id, failure.reference), (None, ours()));
    }

    #[test]
    fn a_known_code_wins_over_the_status() {
        let failure = Failure::server(503, Some("billing_unconfigured"), "m", None, ours);
        assert_eq!((failure.family(), failure.retry().then), (Family::Setup, Offer::Nothing));
    }

    #[test]
    fn a_server_can_not_speak_for_this_device() {
        let failure = Failure::server(403, Some("gpu_lost"), "m", None, ours);
        assert_eq!((failure.code.as_str(), failure.family()), ("gpu_lost", Family::Setup));
    }

    #[test]
    fn a_request_id_that_can_not_be_shown_is_none() {
        let failure = Failure::server(500, None, "m", Some("<script>"), ours);
        assert_eq!((failure.request_id, failure.reference), (None, ours()));
    }
}
