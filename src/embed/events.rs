//! What the widget tells a site: the name of an event and its detail, as JSON.

use crate::{
    chat::{Speaker, Told},
    error::Failure,
};
use serde_json::json;

/// The name and the detail of an event. The loader adds the `inferkit:` of the element's own.
#[must_use]
pub fn told(told: &Told) -> (&'static str, String) {
    let (name, detail) = match told {
        Told::Message { speaker, text } => ("message", json!({ "role": role(*speaker), "text": text })),
        Told::Token(text) => ("token", json!({ "text": text })),
        Told::Progress { done, total } => ("progress", json!({ "done": done, "total": total })),
        Told::Consent { granted } => ("consent", json!({ "granted": granted })),
        Told::Status { state, backend, adapter, model } => {
            ("status", json!({ "state": state, "backend": backend, "adapter": adapter, "model": model }))
        }
    };
    (name, detail.to_string())
}

/// The detail of an `error` event: exactly `{code, message, request_id, reference}`.
#[must_use]
pub fn failed(failure: &Failure) -> (&'static str, String) {
    ("error", serde_json::to_string(failure).unwrap_or_default())
}

fn role(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Visitor => "user",
        Speaker::Assistant => "assistant",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Reference};

    fn check(event: Told, name: &str, detail: serde_json::Value) {
        let (told_name, told_detail) = told(&event);
        assert_eq!((told_name, serde_json::from_str(&told_detail).ok()), (name, Some(detail)));
    }

    #[test]
    fn each_event_has_its_name_and_detail() {
        let text = || "a \"b\"\n</script>".to_owned();
        check(
            Told::Message { speaker: Speaker::Visitor, text: text() },
            "message",
            json!({ "role": "user", "text": text() }),
        );
        check(
            Told::Message { speaker: Speaker::Assistant, text: text() },
            "message",
            json!({ "role": "assistant", "text": text() }),
        );
        check(Told::Token(text()), "token", json!({ "text": text() }));
        check(Told::Progress { done: 3, total: None }, "progress", json!({ "done": 3, "total": null }));
        check(Told::Consent { granted: None }, "consent", json!({ "granted": null }));
        check(Told::Consent { granted: Some(true) }, "consent", json!({ "granted": true }));
        check(
            Told::Status { state: "ready", backend: Some("cpu"), adapter: Some("simd128".into()), model: None },
            "status",
            json!({ "state": "ready", "backend": "cpu", "adapter": "simd128", "model": null }),
        );
    }

    #[test]
    fn a_failure_has_exactly_four_fields() {
        let failure = Failure::client(Code::GpuLost, "the device was lost", Reference::client([1; 8]));
        let (name, detail) = failed(&failure);
        let detail: serde_json::Value = serde_json::from_str(&detail).unwrap_or_default();
        assert_eq!(name, "error");
        assert_eq!(
            detail,
            json!({
                "code": "gpu_lost", "message": "the device was lost", "request_id": null,
                "reference": failure.reference.as_str(),
            })
        );
    }
}
