//! Who may ask, from where, how often and how much; and that no log knows a key whole.

mod support;

use serde_json::{Value, json};
use std::time::Duration;
use support::{Answer, KEY, Parrot, Server, ask, question};
use tokio::time::advance;

async fn config(server: &Server, key: &str) -> Answer {
    ask("GET", "/v1/widget/config").key(key).send(server).await
}

#[tokio::test]
async fn a_config_says_what_the_owner_has_set_up() {
    let server = Server::new(Parrot).await;
    let settings = json!({
        "tier": "pro", "remote_enabled": false, "site_key": "1x00000000000000000000BB",
        "challenge_url": "https://shop.example/challenge.html", "models": [{ "name": "tiny" }],
        "theme": { "accent": "red" }, "strings": { "send": "Go" },
    });
    server.key(KEY, settings).await;
    let expected = json!({
        "tier": "pro",
        "remote": { "enabled": false, "model": "parrot" },
        "turnstile": {
            "site_key": "1x00000000000000000000BB", "challenge_url": "https://shop.example/challenge.html",
        },
        "models": [{ "name": "tiny" }],
        "theme": { "accent": "red" },
        "strings": { "send": "Go" },
    });
    assert_eq!(config(&server, KEY).await.json(), expected);
    let answer = config(&server, "ik_pub_demo_free").await.json();
    assert_eq!((&answer["tier"], &answer["turnstile"]), (&json!("free"), &Value::Null));
}

#[tokio::test]
async fn a_key_that_does_not_work_says_why() {
    let server = Server::new(Parrot).await;
    let check = |answer: &Answer, status: u16, code: &str| {
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
    };
    check(&ask("GET", "/v1/widget/config").send(&server).await, 401, "invalid_api_key");
    let basic = ask("GET", "/v1/widget/config").header("authorization", "Basic aWs6");
    check(&basic.send(&server).await, 401, "invalid_api_key");
    check(&config(&server, "ik_pub_of_nobody_at_all").await, 401, "invalid_api_key");
    for state in ["revoked", "suspended", "expired"] {
        check(&config(&server, &format!("ik_pub_demo_{state}")).await, 403, &format!("key_{state}"));
    }
    let ask = |key: &str| question("Hi").key(key);
    check(&ask("ik_pub_demo_free").send(&server).await, 402, "upgrade_required");
    check(&ask("ik_pub_demo_switched_off").send(&server).await, 403, "forbidden");
    check(&ask("ik_pub_demo_spent").send(&server).await, 402, "quota_exceeded");
}

#[tokio::test]
async fn a_free_plan_gets_no_session() {
    let server = Server::new(Parrot).await;
    let body = json!({ "turnstile_token": "XXXX.DUMMY.TOKEN.XXXX" });
    let answer = ask("POST", "/v1/sessions").key("ik_pub_demo_free").json(body).send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (402, "upgrade_required"));
}

#[tokio::test]
async fn a_publishable_key_serves_its_origins_only() {
    let server = Server::new(Parrot).await;
    server.key(KEY, json!({ "origins": ["https://shop.example"] })).await;
    let from = |origin: &str| ask("GET", "/v1/widget/config").key(KEY).header("origin", origin);
    assert_eq!(from("https://shop.example").send(&server).await.status, 200);
    for origin in ["https://shop.example:8443", "http://shop.example", "https://evil.example", "null"] {
        // What the frame says of the page around it decides nothing.
        let answer = from(origin).header("x-inferkit-embed-origin", "https://shop.example").send(&server).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "origin_not_allowed"), "{origin}");
        let line = server.line(answer.header("x-request-id").expect("an id"));
        assert_eq!((&line["origin"], &line["embed_origin"]), (&json!(origin), &json!("https://shop.example")));
    }
    assert_eq!(config(&server, KEY).await.code(), "origin_not_allowed");
}

#[tokio::test]
async fn a_secret_key_on_a_page_is_revoked_at_once() {
    let server = Server::new(Parrot).await;
    let key = "ik_sec_demo_server";
    assert_eq!(config(&server, key).await.status, 200);
    let answer = ask("GET", "/v1/widget/config").key(key).header("origin", "https://shop.example").send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "key_revoked"));
    let line = server.line(answer.header("x-request-id").expect("an id"));
    assert_eq!(line["detail"], "a secret key came with an Origin: revoked");
    assert_eq!(config(&server, key).await.code(), "key_revoked");
}

#[tokio::test]
async fn a_secret_key_serves_its_addresses_only() {
    let server = Server::new(Parrot).await;
    server.key("ik_sec_test_0123", json!({ "ips": ["192.0.2.7"] })).await;
    // A connection in memory has no address.
    assert_eq!(config(&server, "ik_sec_test_0123").await.code(), "ip_not_allowed");
}

#[tokio::test(start_paused = true)]
async fn too_many_requests_are_told_when_to_come_back() {
    let server = Server::new(Parrot).await;
    server.key(KEY, json!({ "tier": "pro", "per_minute": 2 })).await;
    assert_eq!(question("One").send(&server).await.status, 200);
    advance(Duration::from_millis(20_500)).await;
    assert_eq!(question("Two").send(&server).await.status, 200);
    let answer = question("Three").send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (429, "rate_limited"));
    assert_eq!(answer.header("retry-after"), Some("40"));
    advance(Duration::from_secs(40)).await;
    assert_eq!(question("Three").send(&server).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_months_tokens_are_counted() {
    let server = Server::new(Parrot).await;
    // The parrot's answers cost ten.
    server.key(KEY, json!({ "tier": "pro", "quota_tokens": 20 })).await;
    assert_eq!(question("One").send(&server).await.words(), "Hello there!");
    assert_eq!(question("Two").send(&server).await.words(), "Hello there!");
    let answer = question("Three").send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (402, "quota_exceeded"));
    advance(Duration::from_secs(30 * 24 * 60 * 60)).await;
    assert_eq!(question("Three").send(&server).await.words(), "Hello there!");
}

#[tokio::test]
async fn no_line_of_the_log_holds_a_key_or_a_session() {
    let server = Server::new(Parrot).await;
    let session = "ses_0123456789abcdef0123456789abcdef";
    let unknown = "ik_sec_live_never_heard_of_this_one";
    let odd = "sk-proj-of-somebody-else-entirely";
    for key in [KEY, unknown, odd, "ik_pub_demo_revoked", "ik_sec_demo_server"] {
        for origin in ["https://shop.example", "null"] {
            let asked = question("Hi").key(key).header("x-inferkit-session", session).header("origin", origin);
            asked.send(&server).await;
        }
    }
    let log = server.log().join("\n");
    for secret in [KEY, unknown, odd, "ik_pub_demo_revoked", "ik_sec_demo_server", session] {
        assert!(!log.contains(secret), "{secret}");
    }
    // They are there, by their last four characters.
    for end in ["ik_pub_…cdef", "ik_sec_…_one", "…rely"] {
        assert!(log.contains(end), "{end}");
    }
}
