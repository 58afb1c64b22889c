//! What the widget tells a site: the name of an event, and its detail by name and value.

use super::{choices::Choice, look::Theme};
use crate::{
    chat::{Rating, Speaker, Told},
    error::Failure,
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
    /// Objects, each with these members: passages, or messages.
    Objects(Vec<Vec<(&'static str, String)>>),
    /// Not known, or not yet.
    Null,
}

/// The names of a passage's parts.
const SOURCE: [&str; 4] = ["title", "path", "quote", "url"];

/// An event's name, without the `inferkit:` that the element puts before it, and the members of its detail.
pub type Named = (&'static str, Vec<(&'static str, Value)>);

/// What an event becomes.
#[must_use]
pub fn told(told: &Told) -> Named {
    let text = |text: &str| Value::Text(text.to_owned());
    match told {
        Told::Message { speaker, text: words } => {
            ("message", vec![("role", text(role(*speaker))), ("text", text(words))])
        }
        Told::Token(words) => ("token", vec![("text", text(words))]),
        Told::Sources(sources) => {
            let mut passages = Vec::new();
            for source in sources {
                passages.push(SOURCE.into_iter().zip(source.parts().map(str::to_owned)).collect());
            }
            ("sources", vec![("passages", Value::Objects(passages))])
        }
        Told::Feedback { message, rating } => {
            let rating = match rating {
                Some(Rating::Up) => text("up"),
                Some(Rating::Down) => text("down"),
                None => Value::Null,
            };
            ("feedback", vec![("message", text(message)), ("rating", rating)])
        }
        Told::Handoff { transcript, reference } => {
            let mut messages = Vec::new();
            for (speaker, words) in transcript {
                messages.push(vec![("role", role(*speaker).to_owned()), ("text", words.clone())]);
            }
            let reference = reference.as_deref().map_or(Value::Null, text);
            ("handoff", vec![("transcript", Value::Objects(messages)), ("reference", reference)])
        }
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

fn role(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Visitor => "user",
        Speaker::Assistant => "assistant",
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
                Value::Objects(objects) => {
                    let object = |members: Vec<(&'static str, String)>| {
                        members.into_iter().map(|(name, text)| (name.to_owned(), json!(text))).collect()
                    };
                    objects.into_iter().map(object).map(serde_json::Value::Object).collect()
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
        let said = vec![(Speaker::Visitor, text()), (Speaker::Assistant, "No.".into())];
        check(
            told(&Told::Handoff { transcript: said, reference: Some("c-1".into()) }),
            "handoff",
            json!({
                "transcript": [{ "role": "user", "text": text() }, { "role": "assistant", "text": "No." }],
                "reference": "c-1",
            }),
        );
        let feedback = |rating| told(&Told::Feedback { message: text(), rating });
        check(feedback(Some(Rating::Down)), "feedback", json!({ "message": text(), "rating": "down" }));
        check(feedback(None), "feedback", json!({ "message": text(), "rating": null }));
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
