//! A solved challenge becomes a session, once, and only where and for what it was solved.

mod support;

use serde_json::{Value, json};
use std::time::Duration;
use support::{Answer, KEY, Parrot, Server, ask, question, token};
use tokio::time::advance;

async fn guarded() -> Server {
    let server = Server::new(Parrot).await;
    let settings = json!({ "tier": "pro", "site_key": "double", "secret": "double-secret", "session_seconds": 60 });
    server.key(KEY, settings).await;
    server
}

async fn open(server: &Server, token: &str) -> Answer {
    ask("POST", "/v1/sessions").key(KEY).json(json!({ "turnstile_token": token })).send(server).await
}

#[tokio::test(start_paused = true)]
async fn a_session_lets_a_visitor_ask_until_it_ends() {
    let server = guarded().await;
    let answer = question("Hi").send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "bot_challenge_required"));

    let opened = open(&server, &token("1", json!({}), &server)).await.json();
    assert_eq!(opened["expires_in"], 60);
    let session = opened["session_token"].as_str().expect("a session").to_owned();
    let ask = || question("Hi").header("x-inferkit-session", &session);
    assert_eq!(ask().send(&server).await.words(), "Hello there!");
    advance(Duration::from_secs(60)).await;
    let answer = ask().send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "bot_challenge_required"));
}

#[tokio::test]
async fn a_session_that_this_key_never_had_is_no_session() {
    let server = guarded().await;
    let opened = open(&server, &token("1", json!({}), &server)).await.json();
    let session = opened["session_token"].as_str().expect("a session").to_owned();
    let answer = question("Hi").header("x-inferkit-session", "ses_made_up").send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "invalid_token"));
    let other = question("Hi").key("ik_pub_demo_guarded").header("x-inferkit-session", &session);
    assert_eq!(other.send(&server).await.code(), "invalid_token");
}

#[tokio::test(start_paused = true)]
async fn a_challenge_counts_once_and_for_its_page_and_purpose_only() {
    let server = guarded().await;
    let long_ago = |server: &Server| server.gateway.clock.date() - Duration::from_secs(300);
    let good = token("1", json!({}), &server);
    assert_eq!(open(&server, &good).await.status, 200);
    let refused: &[(&str, String, &str)] = &[
        ("spent", good, "timeout-or-duplicate"),
        ("old", token("2", json!({ "at": long_ago(&server).as_millis() as u64 }), &server), "timeout-or-duplicate"),
        ("ahead of its time", token("3", json!({ "at": u64::MAX / 2 }), &server), "invalid-input-response"),
        ("elsewhere", token("4", json!({ "hostname": "evil.example" }), &server), "evil.example"),
        ("for another purpose", token("5", json!({ "action": "login" }), &server), "login"),
        ("without a mark", token("6", json!({ "cdata": "" }), &server), "mark"),
        ("with another mark", token("7", json!({ "cdata": "not hexadecimal, yet of 32 signs!" }), &server), "mark"),
        ("marked a second time", token("8", json!({ "cdata": format!("{:0>32}", 1) }), &server), "used before"),
        ("made up", "DOUBLE.e30".into(), "invalid-input-response"),
        ("of nobody", "nonsense".into(), "invalid-input-response"),
    ];
    for (what, token, why) in refused {
        let answer = open(&server, token).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "challenge_failed"), "{what}");
        // Which check it was is told to support alone.
        assert_eq!(answer.json()["error"]["message"], "The challenge was not verified.", "{what}");
        let line = server.line(answer.header("x-request-id").expect("an id"));
        assert!(line["detail"].as_str().is_some_and(|detail| detail.contains(why)), "{what}: {line}");
    }
}

#[tokio::test]
async fn cloudflares_own_secrets_for_tests_are_known() {
    let server = guarded().await;
    for (secret, status, code) in [
        ("1x0000000000000000000000000000000AA", 200, ""),
        ("2x0000000000000000000000000000000AA", 403, "challenge_failed"),
        ("3x0000000000000000000000000000000AA", 403, "challenge_failed"),
        ("of nobody", 503, "bot_protection_unconfigured"),
    ] {
        server.key(KEY, json!({ "tier": "pro", "site_key": "1x00000000000000000000BB", "secret": secret })).await;
        let answer = open(&server, "XXXX.DUMMY.TOKEN.XXXX").await;
        assert_eq!(answer.status, status, "{secret}");
        if status != 200 {
            assert_eq!(answer.code(), code, "{secret}");
        }
    }
}

#[tokio::test]
async fn without_a_secret_nobody_can_verify() {
    let server = Server::new(Parrot).await;
    server.key(KEY, json!({ "tier": "pro", "site_key": "double" })).await;
    let answer = open(&server, "any").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "bot_protection_unconfigured"));
}

#[tokio::test]
async fn a_request_without_a_token_is_told_so() {
    let server = guarded().await;
    for body in [json!({}), json!({ "turnstile_token": 7 }), json!({ "turnstile_token": "" }), Value::Null] {
        let answer = ask("POST", "/v1/sessions").key(KEY).json(body).send(&server).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"));
    }
    assert_eq!(open(&server, &"x".repeat(2049)).await.code(), "bad_request");
}
