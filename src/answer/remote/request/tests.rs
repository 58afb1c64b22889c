//! What is sent, to ours and to other servers.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const KEY: &str = "ik_pub_live_abc";

fn headers(caller: Caller<'_>, request: Request) -> Vec<(&'static str, String)> {
    caller.headers(request, Some(&IdempotencyKey::new([0; 16])))
}

fn names(caller: Caller<'_>, request: Request) -> Vec<&'static str> {
    headers(caller, request).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn each_request_has_its_address() {
    let check = |request: Request, ours: &str, theirs: Option<&str>| {
        for base in ["https://api.example", "https://api.example/"] {
            assert_eq!(request.url(ApiKind::InferKit, base).as_deref(), Some(ours));
        }
        for base in ["http://localhost:8080/v1", "http://localhost:8080/v1//"] {
            assert_eq!(request.url(ApiKind::OpenAi, base).as_deref(), theirs);
        }
    };
    check(Request::Config, "https://api.example/v1/widget/config", None);
    check(Request::Session, "https://api.example/v1/sessions", None);
    let theirs = Some("http://localhost:8080/v1/chat/completions");
    check(Request::Completion, "https://api.example/v1/chat/completions", theirs);
}

#[test]
fn our_api_gets_what_the_contract_says() {
    let caller = Caller {
        kind: ApiKind::InferKit,
        api_key: Some(KEY),
        session: Some("s.e-s"),
        embed_origin: Some("https://site.example:8443"),
    };
    let owned = |pairs: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    assert_eq!(
        headers(caller, Request::Completion),
        owned(&[
            ("Authorization", "Bearer ik_pub_live_abc"),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "00000000-0000-4000-8000-000000000000"),
            ("X-InferKit-Session", "s.e-s"),
            ("X-InferKit-Embed-Origin", "https://site.example:8443"),
        ])
    );
    assert_eq!(names(caller, Request::Config), ["Authorization", "X-InferKit-Embed-Origin"]);
    assert_eq!(names(caller, Request::Session), ["Authorization", "Content-Type", "X-InferKit-Embed-Origin"]);
    let bare = Caller { session: None, embed_origin: None, ..caller };
    assert_eq!(names(bare, Request::Completion), ["Authorization", "Content-Type", "Idempotency-Key"]);
}

#[test]
fn another_server_gets_nothing_of_ours() {
    let caller = |api_key| Caller {
        kind: ApiKind::OpenAi,
        api_key,
        session: Some("session"),
        embed_origin: Some("https://site.example"),
    };
    let check = |api_key, expected: &[&str]| {
        assert_eq!(names(caller(api_key), Request::Completion), expected, "{api_key:?}");
    };
    check(Some("sk-other"), &["Authorization", "Content-Type"]);
    check(None, &["Content-Type"]);
    check(Some(KEY), &["Content-Type"]);
    check(Some("ik_sec_live_abc"), &["Content-Type"]);
}

#[test]
fn a_value_that_no_header_can_hold_is_left_out() {
    for bad in ["", "a\nb", "a\r\nX: y", "a\0", "ключ", " a", "a\u{7f}"] {
        let key = format!("ik_pub_{bad}");
        let caller =
            Caller { kind: ApiKind::InferKit, api_key: Some(&key), session: Some(bad), embed_origin: Some(bad) };
        let names = names(caller, Request::Completion);
        assert!(!names.contains(&"X-InferKit-Session") && !names.contains(&"X-InferKit-Embed-Origin"), "{bad:?}");
        assert_eq!(names.contains(&"Authorization"), matches!(bad, "" | " a"), "{bad:?}");
    }
    // Ours takes a publishable key and no other.
    for key in ["ik_sec_live_abc", "sk-other", ""] {
        let caller = Caller { api_key: Some(key), ..Caller::default() };
        assert_eq!(names(caller, Request::Config), [""; 0]);
    }
}

#[test]
fn a_temperature_is_what_was_asked_for() {
    let check = |temperature: f32, sent: &str| {
        let body = Completion { model: "m", messages: &[], max_tokens: 1, temperature }.body();
        assert!(body.ends_with(&format!("\"temperature\":{sent}}}")), "{body}");
    };
    check(0.7, "0.700");
    check(0.0, "0.000");
    check(1.0, "1.000");
    check(1.999_9, "2.000");
    check(0.05, "0.050");
    check(-1.0, "0.000");
    check(f32::NAN, "0.000");
    check(f32::NEG_INFINITY, "0.000");
    check(f32::INFINITY, "4294967.295");
}

#[test]
fn a_key_stays_until_something_was_seen() {
    let key = IdempotencyKey::new([1; 16]);
    assert_eq!(key.clone().again([2; 16]), key);
    let mut seen = key.clone();
    seen.seen();
    assert_eq!(seen.as_str(), key.as_str());
    let other = seen.again([2; 16]);
    assert_eq!(other, IdempotencyKey::new([2; 16]));
    assert_ne!(other.as_str(), key.as_str());
    assert_eq!(IdempotencyKey::new([0xff; 16]).as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

#[test]
fn a_key_is_for_one_body() {
    let key = IdempotencyKey::new([1; 16]).for_body("a", [2; 16]);
    assert_eq!(key.as_str(), IdempotencyKey::new([1; 16]).as_str());
    assert_eq!(key.clone().for_body("a", [2; 16]), key);
    assert_eq!(key.for_body("b", [2; 16]), IdempotencyKey::new([2; 16]).for_body("b", [3; 16]));
}

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let role = prop::sample::select(vec![Role::System, Role::User, Role::Assistant]);
    prop::collection::vec((role, any::<String>()).prop_map(|(role, content)| Message { role, content }), 0..5)
}

proptest! {
    #[test]
    fn strings_are_written_as_serde_json_writes_them(
        text: String,
        low in "[\\x00-\\x30\\\\\"\u{7f}-\u{a0}\u{2028}]*",
    ) {
        for text in [text, low] {
            let mut ours = String::new();
            quote(&text, &mut ours);
            prop_assert_eq!(&ours, &Value::from(text.as_str()).to_string());
            prop_assert_eq!(session_body(&text), json!({ "turnstile_token": text }).to_string());
        }
    }

    #[test]
    fn the_body_says_what_was_asked(model: String, messages in messages(), max_tokens: u32, tenths in 0u8..21) {
        let temperature = f32::from(tenths) / 10.0;
        let body = Completion { model: &model, messages: &messages, max_tokens, temperature }.body();
        let said: Vec<Value> = messages.iter().map(|message| {
            let role = match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            };
            json!({ "role": role, "content": message.content })
        }).collect();
        let expected = json!({
            "model": model, "messages": said, "stream": true, "max_tokens": max_tokens,
            "temperature": f64::from(tenths) / 10.0,
        });
        prop_assert_eq!(serde_json::from_str::<Value>(&body).ok(), Some(expected), "{}", body);
    }

    #[test]
    fn whatever_the_caller_holds_the_headers_can_be_sent(key: String, session: String, origin: String) {
        for kind in [ApiKind::InferKit, ApiKind::OpenAi] {
            let key = format!("{}{key}", if kind == ApiKind::InferKit { "ik_pub_" } else { "" });
            let caller = Caller { kind, api_key: Some(&key), session: Some(&session), embed_origin: Some(&origin) };
            for (_, value) in headers(caller, Request::Completion) {
                prop_assert!(!value.is_empty() && value.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            }
        }
    }
}
