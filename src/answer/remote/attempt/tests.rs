//! One request, in every way that it can go.

use super::*;
use crate::error::Code;
use serde_json::json;

const ID: &str = "req-123456";

fn ours() -> Reference {
    Reference::client([7; 8])
}

fn headers(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
    |name| pairs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| (*value).to_owned())
}

const STREAM: &[(&str, &str)] = &[("Content-Type", "text/event-stream"), ("X-Request-Id", ID)];
const JSON: &[(&str, &str)] = &[("Content-Type", "application/json"), ("X-Request-Id", ID)];

fn answered(request: Request, status: u16, pairs: &'static [(&'static str, &'static str)]) -> Attempt {
    let mut attempt = Attempt::new(request, 1_000);
    attempt.headers(status, headers(pairs), 2_000, 784_111_777);
    attempt
}

fn chunk(text: &str) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": text } }] }))
}

/// The one failure that was heard: its code, its id, and the server's wait.
fn failure(heard: Vec<Heard>) -> (String, Option<String>, Option<u64>) {
    match <[Heard; 1]>::try_from(heard) {
        Ok([Heard::Failed { failure, retry_after }]) => (failure.code, failure.request_id, retry_after),
        other => panic!("one failure, not {other:?}"),
    }
}

fn body(attempt: &mut Attempt, body: &str) -> Vec<Heard> {
    assert_eq!(attempt.bytes(body.as_bytes(), 3_000, &mut ours), []);
    let heard = attempt.closed(&mut ours);
    assert!(attempt.is_over());
    assert_eq!(attempt.closed(&mut ours), [], "all has been said");
    assert_eq!(attempt.check(u64::MAX, &mut ours), []);
    heard
}

#[test]
fn an_answer_is_streamed() {
    let mut attempt = answered(Request::Completion, 200, STREAM);
    assert_eq!(attempt.bytes(b": ping\n\n", 3_000, &mut ours), []);
    assert_eq!(attempt.bytes(chunk("Be").as_bytes(), 3_000, &mut ours), [Heard::Text("Be".into())]);
    let rest = [chunk("cause"), "data: [DONE]\n\n".into()].concat();
    let heard = attempt.bytes(rest.as_bytes(), 4_000, &mut ours);
    assert_eq!(heard, [Heard::Text("cause".into()), Heard::Done]);
    assert!(attempt.is_over());
    assert_eq!(attempt.bytes(chunk("more").as_bytes(), 5_000, &mut ours), []);
}

#[test]
fn an_answer_without_a_word_is_none() {
    for end in ["data: [DONE]\n\n", "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"] {
        let mut attempt = answered(Request::Completion, 200, STREAM);
        let mut heard = attempt.bytes(end.as_bytes(), 3_000, &mut ours);
        heard.extend(attempt.closed(&mut ours));
        assert_eq!(failure(heard), ("invalid_response".into(), Some(ID.into()), None));
    }
}

#[test]
fn an_answer_that_breaks_off_or_stalls_keeps_the_servers_id() {
    let mut attempt = answered(Request::Completion, 200, STREAM);
    attempt.bytes(chunk("Be").as_bytes(), 3_000, &mut ours);
    assert_eq!(failure(attempt.closed(&mut ours)), ("stream_interrupted".into(), Some(ID.into()), None));

    let mut attempt = answered(Request::Completion, 200, STREAM);
    attempt.bytes(chunk("Be").as_bytes(), 3_000, &mut ours);
    let deadline = attempt.deadline();
    assert_eq!(attempt.check(deadline - 1, &mut ours), []);
    assert_eq!(failure(attempt.check(deadline, &mut ours)), ("stream_stalled".into(), Some(ID.into()), None));
    assert_eq!(attempt.closed(&mut ours), []);
}

#[test]
fn what_is_refused_comes_with_the_servers_words_and_wait() {
    const BUSY: &[(&str, &str)] = &[("X-Request-Id", ID), ("Retry-After", "Sun, 06 Nov 1994 08:50:37 GMT")];
    for request in [Request::Config, Request::Session, Request::Completion] {
        let mut attempt = answered(request, 429, BUSY);
        let said = body(&mut attempt, r#"{"error":{"code":"rate_limited","message":"slow down"}}"#);
        assert_eq!(failure(said), ("rate_limited".into(), Some(ID.into()), Some(60)));
    }
}

#[test]
fn a_2xx_that_is_something_else() {
    for request in [Request::Config, Request::Session, Request::Completion] {
        for text in ["", "<html>Sign in</html>", "[]", "{"] {
            let mut attempt = answered(request, 200, JSON);
            let heard = body(&mut attempt, text);
            assert_eq!(failure(heard), ("invalid_response".into(), Some(ID.into()), None), "{request:?} {text}");
        }
    }
    // A stream is an answer only where one was asked for, and with a good status.
    let mut attempt = answered(Request::Config, 200, STREAM);
    assert_eq!(failure(body(&mut attempt, &chunk("Be"))).0, "invalid_response");
    let mut attempt = answered(Request::Completion, 503, STREAM);
    assert_eq!(failure(body(&mut attempt, &chunk("Be"))).0, "provider_unavailable");
}

#[test]
fn configuration_and_session() {
    let mut attempt = answered(Request::Config, 200, JSON);
    let heard = body(&mut attempt, r#"{"tier":"pro"}"#);
    assert_eq!(heard, [Heard::Config(SiteConfig { paid: true, ..SiteConfig::default() })]);
    let session = |text: &str| {
        let mut attempt = answered(Request::Session, 200, JSON);
        body(&mut attempt, text)
    };
    let token = session(r#"{"session_token":"s","expires_in":600}"#);
    assert_eq!(token, [Heard::Session { token: "s".into(), seconds: 600 }]);
    for wrong in [r#"{"session_token":"","expires_in":600}"#, r#"{"session_token":"s"}"#, r#"{"expires_in":6}"#] {
        assert_eq!(failure(session(wrong)).0, "invalid_response", "{wrong}");
    }
}

#[test]
fn nobody_answers() {
    let mut attempt = Attempt::new(Request::Completion, 1_000);
    assert_eq!(failure(attempt.closed(&mut ours)), ("network_error".into(), None, None));
    for (request, seconds) in [(Request::Config, 15), (Request::Session, 15), (Request::Completion, 60)] {
        let mut attempt = Attempt::new(request, 1_000);
        assert_eq!(attempt.deadline(), 1_000 + seconds * 1_000);
        assert_eq!(failure(attempt.check(attempt.deadline(), &mut ours)), ("timeout".into(), None, None));
    }
    // Headers came, the rest did not.
    let mut attempt = answered(Request::Config, 200, JSON);
    let deadline = attempt.deadline();
    assert_eq!(failure(attempt.check(deadline, &mut ours)), ("timeout".into(), Some(ID.into()), None));
}

#[test]
fn an_endless_body_has_an_end() {
    let mut attempt = answered(Request::Completion, 500, JSON);
    let piece = vec![b'x'; MOST_BODY_BYTES];
    assert_eq!(attempt.bytes(&piece, 3_000, &mut ours), []);
    let (code, id, _) = failure(attempt.bytes(b"x", 3_000, &mut ours));
    assert_eq!((code.as_str(), id.as_deref()), (Code::InternalError.as_str(), Some(ID)));
}
