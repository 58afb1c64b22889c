//! Whatever a server answers becomes the one object, with a code, a harmless message and a reference.

use inferkit_widget::error::{
    Arrival, ByItself, Code, Failure, Family, MOST_BODY_BYTES, Offer, Reference, after_headers, json, normalize,
};
use proptest::prelude::*;
use serde_json::{Value, json as tree};

fn ours() -> Reference {
    Reference::client([7; 8])
}

fn answered(status: u16, header: Option<&str>, body: impl AsRef<[u8]>, phase: Arrival) -> Failure {
    let lookup = |name: &str| header.filter(|_| name.eq_ignore_ascii_case("x-request-id")).map(str::to_owned);
    normalize(status, lookup, body.as_ref(), phase, ours)
}

fn error(code: &str, message: &str) -> String {
    tree!({ "error": { "code": code, "message": message } }).to_string()
}

#[test]
fn every_code_of_the_reference_comes_through_with_its_row() {
    for code in Code::ALL {
        let Some(status) = code.status() else { continue };
        let body = tree!({"error": {"code": code.as_str(), "message": "Key 7 is wrong", "request_id": "req-123456"}});
        // In a stream there is no status any more, and a proxy may have changed the line's: the code decides.
        for (phase, line) in [(Arrival::Answer, status), (Arrival::Stream, 200), (Arrival::Answer, 200)] {
            let failure = answered(line, Some("from-header"), body.to_string(), phase);
            assert_eq!(failure.code, code.as_str());
            assert_eq!(Some(failure.family()), code.family(), "{code}");
            assert_eq!(failure.retry(), code.retry(), "{code}");
            assert_eq!(failure.request_id.as_deref(), Some("req-123456"));
            assert_eq!(failure.reference.as_str(), "req-123456");
            assert_eq!(failure.message == "Key 7 is wrong", status < 500, "{code}: {}", failure.message);
        }
    }
}

#[test]
fn without_a_usable_code_the_status_chooses() {
    let check = |status: u16, code: &str| {
        let bodies = [
            "",
            "{",
            "null",
            "[]",
            "{}",
            "<html><h1>502</h1></html>",
            r#"{"error":null}"#,
            r#"{"error":"no"}"#,
            r#"{"error":[]}"#,
            r#"{"error":{"code":null}}"#,
            r#"{"error":{"code":"Not A Code"}}"#,
            r#"{"error":{"code":7}}"#,
            r#"{"error":{"code":"x"}}"#,
            r#"{"code":"key_revoked"}"#,
            "\u{feff}{}",
        ];
        for body in bodies {
            let failure = answered(status, None, body, Arrival::Answer);
            assert_eq!(failure.code, code, "{status} {body}");
            assert_eq!((failure.request_id, failure.reference), (None, ours()));
            assert!(!failure.message.is_empty() && !failure.message.contains(['<', '{']), "{}", failure.message);
        }
    };
    for (status, code) in [
        (401, "invalid_api_key"),
        (402, "upgrade_required"),
        (403, "forbidden"),
        (404, "not_found"),
        (408, "timeout"),
        (429, "rate_limited"),
        (502, "provider_unavailable"),
        (503, "provider_unavailable"),
        (504, "provider_unavailable"),
        (500, "internal_error"),
        (501, "internal_error"),
        (505, "internal_error"),
        (599, "internal_error"),
        (400, "bad_request"),
        (405, "bad_request"),
        (409, "bad_request"),
        (413, "bad_request"),
        (422, "bad_request"),
        (499, "bad_request"),
        (200, "invalid_response"),
        (204, "invalid_response"),
        (302, "invalid_response"),
        (0, "invalid_response"),
        (999, "invalid_response"),
    ] {
        check(status, code);
    }
}

#[test]
fn an_unknown_code_keeps_its_name_and_takes_the_statuss_row() {
    let check = |status: u16, code: &str, phase, family: Family, by_itself: ByItself, then: Offer| {
        let failure = answered(status, None, error(code, "words"), phase);
        assert_eq!(failure.code, code);
        assert_eq!((failure.family(), failure.retry().by_itself, failure.retry().then), (family, by_itself, then));
    };
    let (nothing, twice, once) = (ByItself::Nothing, ByItself::Again { times: 2 }, ByItself::Again { times: 1 });
    check(429, "rate_limit_exceeded", Arrival::Answer, Family::Busy, twice, Offer::Wait);
    check(403, "region_blocked", Arrival::Answer, Family::Setup, nothing, Offer::Nothing);
    check(503, "reactor_cold", Arrival::Answer, Family::Ours, twice, Offer::Ask);
    check(200, "reactor_cold", Arrival::Stream, Family::Ours, once, Offer::Ask);
    check(418, "a0", Arrival::Answer, Family::Message, nothing, Offer::Ask);
    check(418, &format!("a{}", "_".repeat(63)), Arrival::Answer, Family::Message, nothing, Offer::Ask);
    // Of the client's own codes a server knows nothing.
    check(403, "gpu_lost", Arrival::Answer, Family::Setup, nothing, Offer::Nothing);
    for code in ["a", "", "_ab", "7ab", "Abc", "a-b", "a b", "ab\n", "äb", &"a".repeat(65), "a<b>"] {
        assert_eq!(answered(429, None, error(code, "m"), Arrival::Answer).code, "rate_limited", "{code:?}");
    }
}

#[test]
fn a_streams_error_may_carry_its_status_as_a_number() {
    let check = |error: Value, code: &str, message: Option<&str>| {
        let failure = answered(200, None, tree!({ "error": error }).to_string(), Arrival::Stream);
        assert_eq!(failure.code, code);
        assert_eq!((failure.message == "too long").then_some("too long"), message);
    };
    check(tree!({"code": 400, "message": "too long"}), "bad_request", Some("too long"));
    check(tree!({"code": 429, "message": "too long"}), "rate_limited", Some("too long"));
    check(tree!({"code": 502, "message": "too long"}), "provider_unavailable", None);
    check(tree!({"code": 200, "message": "too long"}), "internal_error", None);
    check(tree!({"code": 1e9, "message": "too long"}), "internal_error", None);
    check(tree!({"message": "too long"}), "internal_error", None);
    check(tree!("too long"), "internal_error", None);
}

#[test]
fn the_id_is_the_bodys_then_the_headers_then_ours() {
    let check = |id: Value, header: Option<&str>, expected: Option<&str>| {
        let body = tree!({"error": {"code": "bad_request", "message": "m", "request_id": id}, "request_id": "outside"});
        for phase in [Arrival::Answer, Arrival::Stream] {
            let failure = answered(400, header, body.to_string(), phase);
            assert_eq!(failure.request_id.as_deref(), expected, "{body} {header:?}");
            assert_eq!(failure.reference.as_str(), expected.unwrap_or(ours().as_str()));
        }
    };
    check(tree!("req_1:A.b-c"), Some("in-header"), Some("req_1:A.b-c"));
    check(tree!("r".repeat(64)), None, Some(&"r".repeat(64)));
    for unusable in [
        tree!(null),
        tree!(1234567),
        tree!(["req-123456"]),
        tree!("short"),
        tree!("r".repeat(65)),
        tree!("r".repeat(40_000)),
        tree!("<b>bold</b>"),
        tree!("req 123456"),
        tree!("req-123456\n"),
        tree!(""),
    ] {
        check(unusable.clone(), Some("in-header"), Some("in-header"));
        check(unusable.clone(), Some("in header"), None);
        check(unusable.clone(), Some("first-1, second-2"), None);
        check(unusable, None, None);
    }
    // Only a field of that name, never the completion's own id.
    let chunk = r#"{"id":"chatcmpl-123456","error":{"id":"err-123456","code":"bad_request"}}"#;
    assert_eq!(answered(200, None, chunk, Arrival::Stream).request_id, None);
}

#[test]
fn without_headers_nothing_of_an_answer_counts() {
    for (phase, code, family) in
        [(Arrival::Unreached, Code::NetworkError, Family::Offline), (Arrival::TimedOut, Code::Timeout, Family::Offline)]
    {
        let failure = answered(403, Some("in-header"), error("key_revoked", "words"), phase);
        assert_eq!((failure.code.as_str(), failure.family()), (code.as_str(), family));
        assert_eq!((failure.request_id, failure.reference), (None, ours()));
        assert_ne!(failure.message, "words");
    }
}

#[test]
fn after_headers_the_servers_id_is_kept() {
    for code in [Code::StreamInterrupted, Code::StreamStalled, Code::InvalidResponse] {
        let failure = after_headers(code, "m", Some("req-123456"), ours);
        assert_eq!(
            (failure.code.as_str(), Some(failure.family()), failure.retry()),
            (code.as_str(), code.family(), code.retry())
        );
        assert_eq!(failure.request_id.as_deref(), Some("req-123456"));
        assert_eq!(failure.reference.as_str(), "req-123456");
        for id in [None, Some("<id>"), Some("")] {
            let failure = after_headers(code, "m", id, ours);
            assert_eq!((failure.request_id, failure.reference), (None, ours()));
        }
    }
}

#[test]
fn a_4xx_is_specific_and_safe() {
    let check = |said: &str, shown: &str| {
        assert_eq!(answered(400, None, error("bad_request", said), Arrival::Answer).message, shown, "{said:?}");
    };
    let general = answered(400, None, "", Arrival::Answer).message;
    check("max_tokens must be between 1 and 4096", "max_tokens must be between 1 and 4096");
    check("  too\tmuch \r\n\n space\u{0} and\u{1b}[31m control\u{9b}0m ", "too much space and [31m control 0m");
    check("left\u{202e}to\u{2066}right\u{feff}", "lefttoright");
    check("a \u{200f} b", "a b");
    check("最大值 is 4 < 5 and 6 > 5, «naïve» 👩‍💻", "最大值 is 4 < 5 and 6 > 5, «naïve» 👩‍💻");
    check("at least one message is needed", "at least one message is needed");
    // Markup, stacks, nothing.
    for worthless in [
        "",
        " \n ",
        "\u{202e}",
        "<!doctype html><title>x",
        "oh <b>no</b>",
        "see </a>",
        "x<?xml",
        "<IMG src=x>",
        "Traceback (most recent call last):\n  File \"x.py\", line 1",
    ] {
        check(worthless, &general);
    }
    check("TypeError: x is undefined\n    at f (/srv/app.js:1:2)\n    at g", "TypeError: x is undefined");
    check("panicked\nstack backtrace:\n 0: main", "panicked");
    // Keys.
    check("Incorrect API key: sk-proj-AbC_123-xyz.", "Incorrect API key: sk-….");
    check("key=ik_pub_live_0123456789, (ik_sec_live_0123456789)", "key=ik_…, (ik_…)");
    check("a task-123456789 is not a key", "a task-123456789 is not a key");
    // An end.
    check(&"x".repeat(300), &"x".repeat(300));
    check(&"é".repeat(301), &format!("{}…", "é".repeat(299)));
    check(&"words ".repeat(9_000), &format!("{}…", &"words ".repeat(50)[..299]));
}

#[test]
fn a_5xx_is_generic_whatever_the_server_says() {
    for (status, code) in [
        (500, "internal_error"),
        (503, "provider_unavailable"),
        (500, "bad_request"),
        (400, "internal_error"),
        (503, "billing_unconfigured"),
        (500, "own_code"),
    ] {
        let failure = answered(status, None, error(code, "pg: relation users does not exist"), Arrival::Answer);
        assert_eq!(failure.code, code);
        assert!(!failure.message.contains("pg"), "{status} {code}: {}", failure.message);
    }
}

#[test]
fn a_body_past_the_limit_is_none_of_ours() {
    let body = |padding: usize| {
        let mut body = error("key_revoked", "m");
        body.extend(std::iter::repeat_n(' ', padding));
        body
    };
    let room = MOST_BODY_BYTES - body(0).len();
    assert_eq!(answered(403, None, body(room), Arrival::Answer).code, "key_revoked");
    assert_eq!(answered(403, None, body(room + 1), Arrival::Answer).code, "forbidden");
}

#[test]
fn neither_depth_nor_a_byte_order_mark_matters() {
    // serde_json, which stands in for the browser's reader here, goes down 128 levels.
    let deep = format!(r#"{{"x":{}{},"error":{{"code":"key_revoked"}}}}"#, "[".repeat(100), "]".repeat(100));
    assert_eq!(answered(400, None, deep, Arrival::Answer).code, "key_revoked");
    // A mark that editors and some servers put first is skipped.
    let marked = format!("\u{feff}{}", error("key_revoked", "m"));
    assert_eq!(answered(400, None, marked, Arrival::Answer).code, "key_revoked");
    for open in ["[", "{\"error\":", "{\"error\":{\"message\":"] {
        assert_eq!(answered(403, None, open.repeat(100_000), Arrival::Answer).code, "forbidden");
        assert!(json::parse(open.repeat(100_000).as_bytes()).is_none());
    }
}

/// What every object promises, whoever made it.
fn is_harmless(failure: &Failure) -> Result<(), TestCaseError> {
    prop_assert!(failure.code.len() >= 2 && failure.code.len() <= 64);
    prop_assert!(failure.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
    let length = failure.message.chars().count();
    prop_assert!((1..=300).contains(&length));
    prop_assert!(!failure.message.chars().any(char::is_control));
    prop_assert!(!failure.message.contains("</") && !failure.message.contains("<!"));
    if let Some(id) = &failure.request_id {
        prop_assert_eq!(id.as_str(), failure.reference.as_str());
        prop_assert_eq!(Reference::from_request_id(id), Some(failure.reference.clone()));
    } else {
        prop_assert_eq!(failure.reference.clone(), ours());
    }
    let fields = serde_json::to_value(failure).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let names: Vec<&String> = fields.as_object().into_iter().flat_map(|object| object.keys()).collect();
    prop_assert_eq!(names, ["code", "message", "reference", "request_id"]);
    Ok(())
}

fn any_phase() -> impl Strategy<Value = Arrival> {
    prop::sample::select(vec![Arrival::Unreached, Arrival::TimedOut, Arrival::Answer, Arrival::Stream])
}

/// A value of any type where a string belongs.
fn any_field() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z][a-z0-9_]{0,70}".prop_map(Value::from),
        prop::sample::select(Code::ALL.to_vec()).prop_map(|code| Value::from(code.as_str())),
        "<[a-z]{1,6}>.{0,40}</[a-z]{1,6}>".prop_map(Value::from),
        "[A-Za-z0-9._:-]{0,80}".prop_map(Value::from),
        prop::collection::vec(any::<u8>().prop_map(Value::from), 0..3).prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn any_bytes_become_a_failure(status: u16, header: Option<String>, body: Vec<u8>, phase in any_phase()) {
        is_harmless(&answered(status, header.as_deref(), body, phase))?;
    }

    #[test]
    fn any_page_becomes_a_failure_without_a_trace_of_it(
        status in 200u16..600, page in "<(html|!doctype html|p)>[a-z<>/ {}\"]{0,200}",
    ) {
        let failure = answered(status, None, &page, Arrival::Answer);
        is_harmless(&failure)?;
        prop_assert_eq!(failure.code, Code::from_status(status).as_str());
        let wrapped = answered(status, None, error("odd_code", &page), Arrival::Answer);
        prop_assert_eq!(wrapped.message, failure.message);
    }

    #[test]
    fn any_fields_become_a_failure(
        status: u16, header: Option<String>, phase in any_phase(), cut in 0usize..200, whole: bool,
        fields in [any_field(), any_field(), any_field()],
    ) {
        let [code, message, request_id] = fields;
        let body = tree!({"error": {"code": code, "message": message, "request_id": request_id}}).to_string();
        let body = if whole { body.as_bytes() } else { body.as_bytes().get(..cut).unwrap_or(body.as_bytes()) };
        let failure = answered(status, header.as_deref(), body, phase);
        is_harmless(&failure)?;
        // The oracle reads the same out of it.
        if let (Arrival::Answer, Ok(read)) = (phase, serde_json::from_slice::<Value>(body)) {
            let id = read["error"]["request_id"].as_str().and_then(Reference::from_request_id);
            let id = id.or_else(|| header.as_deref().and_then(Reference::from_request_id));
            prop_assert_eq!(&failure.request_id, &id.map(|id| id.to_string()));
            let usable = |code: &&str| {
                (2..=64).contains(&code.len())
                    && code.starts_with(|c: char| c.is_ascii_lowercase())
                    && code.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'))
            };
            let code = read["error"]["code"].as_str().filter(usable);
            prop_assert_eq!(failure.code, code.unwrap_or(Code::from_status(status).as_str()));
        }
    }
}
