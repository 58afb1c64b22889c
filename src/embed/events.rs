//! What the widget tells a site: the name of an event, and its detail by name and value.

use super::{choices::Choice, look::Theme};
use crate::{
    chat::{Speaker, Told},
    error::Failure,
    knowledge::Source,
};

/// A value in an event's detail.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number: bytes, of which a double counts more than any disk has.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// Passages.
    Sources(Vec<Source>),
    /// Not known, or not yet.
    Null,
}

/// The names of a passage's parts.
pub const SOURCE: [&str; 4] = ["title", "path", "quote", "url"];

/// An event's name, without the `inferkit:` that the element puts before it, and the members of its detail.
pub type Named = (&'static str, Vec<(&'static str, Value)>);

/// What an event becomes.
#[must_use]
pub fn told(told: &Told) -> Named {
    let text = |text: &str| Value::Text(text.to_owned());
    match told {
        Told::Message { speaker, text: words } => {
            let role = match speaker {
                Speaker::Visitor => "user",
                Speaker::Assistant => "assistant",
            };
            ("message", vec![("role", text(role)), ("text", text(words))])
        }
        Told::Token(words) => ("token", vec![("text", text(words))]),
        Told::Sources(sources) => ("sources", vec![("passages", Value::Sources(sources.clone()))]),
        Told::Unanswered { question } => ("unanswered", vec![("question", text(question))]),
        Told::Progress { done, total } => {
            let number = |bytes: u64| Value::Number(bytes as f64);
            ("progress", vec![("done", number(*done)), ("total", total.map_or(Value::Null, number))])
        }
        Told::Consent { kind, granted } => {
            ("consent", vec![("kind", text(kind)), ("granted", granted.map_or(Value::Null, Value::Flag))])
        }
        Told::Status { state, backend, adapter, model, storage } => {
            let known = |known: Option<&str>| known.map_or(Value::Null, text);
            (
                "status",
                vec![
                    ("state", text(state)),
                    ("backend", known(*backend)),
                    ("adapter", known(adapter.as_deref())),
                    ("model", known(model.as_deref())),
                    ("storage", known(*storage)),
                ],
            )
        }
    }
}

/// What a configuration's wishes become that the loader sees to.
#[must_use]
pub fn theme(theme: &Theme) -> Named {
    let known = |known: Option<&str>| known.map_or(Value::Null, |text| Value::Text(text.to_owned()));
    let radius = theme.radius.map_or(Value::Null, |radius| Value::Number(radius.into()));
    (
        "theme",
        vec![
            ("colorScheme", known(theme.color_scheme.map(Choice::name))),
            ("accent", known(theme.accent.as_deref())),
            ("radius", radius),
        ],
    )
}

/// What a failure becomes: an `error` with exactly the four fields of the error reference.
#[must_use]
pub fn failed(failure: &Failure) -> Named {
    let Failure { code, message, request_id, reference, .. } = failure;
    (
        "error",
        vec![
            ("code", Value::Text(code.clone())),
            ("message", Value::Text(message.clone())),
            ("request_id", request_id.clone().map_or(Value::Null, Value::Text)),
            ("reference", Value::Text(reference.as_str().to_owned())),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        embed::table::{Detail, EVENTS, ToldBy},
        error::{Code, Reference},
    };
    use serde_json::json;
    use std::collections::BTreeSet;

    fn check(named: Named, name: &str, expected: serde_json::Value) {
        let members = named.1.into_iter().map(|(name, value)| {
            let value = match value {
                Value::Text(text) => json!(text),
                Value::Number(number) => json!(number),
                Value::Flag(flag) => json!(flag),
                Value::Sources(sources) => {
                    let object = |source: &Source| {
                        SOURCE
                            .iter()
                            .zip(source.parts())
                            .map(|(name, part)| ((*name).to_owned(), json!(part)))
                            .collect()
                    };
                    sources.iter().map(object).map(serde_json::Value::Object).collect()
                }
                Value::Null => json!(null),
            };
            (name.to_owned(), value)
        });
        let detail = serde_json::Value::Object(members.collect());
        let row = EVENTS.iter().find(|row| row.name == name).expect("a row of the table");
        assert_eq!(row.told_by, ToldBy::Conversation);
        if let Detail::Members(members) = row.detail {
            let listed: BTreeSet<&str> = members.iter().map(|(name, ..)| *name).collect();
            let told: BTreeSet<&str> = detail.as_object().expect("an object").keys().map(String::as_str).collect();
            assert_eq!(listed, told, "{name}");
        }
        assert_eq!((named.0, detail), (name, expected));
    }

    #[test]
    fn each_event_has_its_name_and_detail() {
        let text = || "a \"b\"\n</script>".to_owned();
        check(
            told(&Told::Message { speaker: Speaker::Visitor, text: text() }),
            "message",
            json!({ "role": "user", "text": text() }),
        );
        check(
            told(&Told::Message { speaker: Speaker::Assistant, text: text() }),
            "message",
            json!({ "role": "assistant", "text": text() }),
        );
        check(told(&Told::Token(text())), "token", json!({ "text": text() }));
        check(told(&Told::Progress { done: 3, total: None }), "progress", json!({ "done": 3.0, "total": null }));
        let consent = |kind, granted| told(&Told::Consent { kind, granted });
        check(consent("download", None), "consent", json!({ "kind": "download", "granted": null }));
        check(consent("leave", Some(true)), "consent", json!({ "kind": "leave", "granted": true }));
        check(
            told(&Told::Status {
                state: "ready",
                backend: Some("cpu"),
                adapter: Some("simd128".into()),
                model: None,
                storage: Some("full"),
            }),
            "status",
            json!({ "state": "ready", "backend": "cpu", "adapter": "simd128", "model": null, "storage": "full" }),
        );
    }

    #[test]
    fn a_failure_has_exactly_the_fields_of_its_serialisation() {
        let failure = Failure::client(Code::GpuLost, "the device was lost", Reference::client([1; 8]));
        let expected = serde_json::to_value(&failure).unwrap_or_default();
        assert_eq!(expected.as_object().map(serde_json::Map::len), Some(4));
        check(failed(&failure), "error", expected);
    }
}
