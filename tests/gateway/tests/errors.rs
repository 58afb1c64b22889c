//! Every failure has its form: the catalog's status, a body of three fields, an id that the log has too, open to any page.

mod support;

use inferkit_gateway::{Options, failure::Failure};
use inferkit_widget::error::Code;
use serde_json::{Value, json};
use support::{Answer, KEY, Parrot, Puppet, Server, ask, question};

#[tokio::test]
async fn every_code_of_the_catalog_comes_on_demand() {
    let server = Server::new(Parrot).await;
    let codes: Vec<Code> = Code::ALL.into_iter().filter(|code| code.status().is_some()).collect();
    assert_eq!(codes.len(), 24);
    for code in codes {
        for (place, path) in [("config", "/v1/widget/config"), ("completions", "/v1/chat/completions")] {
            let fault = json!([{ "on": place, "times": 1, "do": { "error": { "code": code.as_str() } } }]);
            server.key(KEY, json!({ "tier": "pro", "faults": fault })).await;
            let method = if place == "config" { "GET" } else { "POST" };
            let answer = ask(method, path).key(KEY).send(&server).await;
            assert_eq!((Some(answer.status), answer.code().as_str()), (code.status(), code.as_str()));
            let line = server.line(answer.header("x-request-id").expect("an id"));
            assert_eq!((&line["code"], &line["status"]), (&json!(code.as_str()), &json!(answer.status)));
            // The next one is as it should be.
            assert_eq!(ask("GET", "/v1/widget/config").key(KEY).send(&server).await.status, 200);
        }
    }
}

#[tokio::test]
async fn an_error_on_demand_has_its_id_where_the_test_wants_it() {
    let server = Server::new(Parrot).await;
    let asked = async |error: Value| -> Answer {
        let faults = json!([{ "on": "config", "do": { "error": error } }]);
        server.key(KEY, json!({ "faults": faults })).await;
        ask("GET", "/v1/widget/config").key(KEY).send(&server).await
    };
    for (place, body, header) in
        [("both", true, true), ("body", true, false), ("header", false, true), ("none", false, false)]
    {
        let answer = asked(json!({ "code": "internal_error", "request_id": place })).await;
        assert_eq!(answer.json()["error"]["request_id"].is_string(), body, "{place}");
        assert_eq!(answer.header("x-request-id").is_some(), header, "{place}");
    }
    let answer =
        asked(json!({ "code": "reactor_cold", "status": 503, "message": "Brr.", "retry_after": "soon" })).await;
    assert_eq!(
        (answer.status, answer.code().as_str(), answer.header("retry-after")),
        (503, "reactor_cold", Some("soon"))
    );
    assert_eq!(answer.json()["error"]["message"], "Brr.");
    let answer = asked(json!({ "code": "rate_limited", "retry_after": 7 })).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
}

#[tokio::test]
async fn an_unknown_address_or_method_is_not_found() {
    let server = Server::new(Parrot).await;
    for (method, path) in
        [("GET", "/"), ("GET", "/v1/models"), ("GET", "/v1/sessions"), ("DELETE", "/v1/widget/config")]
    {
        let answer = ask(method, path).key(KEY).send(&server).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {path}");
    }
    assert_eq!(ask("GET", "/health").send(&server).await.status, 200);
}

#[tokio::test]
async fn any_page_may_ask_and_read() {
    let server = Server::new(Parrot).await;
    let preflight = ask("OPTIONS", "/v1/chat/completions")
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,x-inferkit-session")
        .send(&server)
        .await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    let allowed = preflight.header("access-control-allow-headers").expect("a list").to_lowercase();
    for name in ["authorization", "content-type", "idempotency-key", "x-inferkit-session", "x-inferkit-embed-origin"] {
        assert!(allowed.split(", ").any(|known| known == name), "{name} in {allowed}");
    }
    assert!(preflight.header("x-request-id").is_some());
    for answer in [question("Hi").send(&server).await, ask("GET", "/nowhere").send(&server).await] {
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-expose-headers"), Some("X-Request-Id, Retry-After"));
    }
}

#[tokio::test]
async fn what_is_ours_stands_in_the_log_and_nowhere_else() {
    let (puppet, mut asked) = Puppet::new();
    let server = Server::new(puppet).await;
    let (answer, ()) = tokio::join!(question("Hi").send(&server), async {
        let mouth = asked.recv().await.expect("a question");
        let failure = Failure::new(Code::ProviderUnavailable, "upstream db-7.internal: password wrong");
        mouth.send(Err(failure)).expect("somebody listens");
    });
    assert_eq!((answer.status, answer.code().as_str()), (503, "provider_unavailable"));
    assert_eq!(answer.json()["error"]["message"], "Service unavailable");
    let line = server.line(answer.header("x-request-id").expect("an id"));
    assert_eq!(line["context"], "upstream db-7.internal: password wrong");
}

#[tokio::test]
async fn a_request_that_is_wrong_is_told_what_is_wrong() {
    let server = Server::new(Parrot).await;
    let post = || ask("POST", "/v1/chat/completions").key(KEY);
    let check = |answer: &Answer, message: &str| {
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"));
        assert_eq!(answer.json()["error"]["message"], message);
    };
    check(&post().raw("{").send(&server).await, "The body is not JSON.");
    check(&post().json(json!([])).send(&server).await, "The body is not an object.");
    check(&post().json(json!({})).send(&server).await, "`messages` must be a list with at least one message.");
    let long = "x".repeat(300_000);
    check(&post().raw(long).send(&server).await, "The body did not arrive whole, or has more than 262144 bytes.");
}

#[tokio::test]
async fn without_the_option_there_are_no_controls() {
    let server = Server::with(Parrot, Options::default());
    let answer = ask("PUT", &format!("/test/keys/{KEY}")).json(json!({ "tier": "pro" })).send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
    let answer = ask("GET", "/test/keys/ik_pub_demo_pro/ledger").send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
    assert!(server.log().iter().all(|line| !line.contains(KEY)), "{:?}", server.log());
}
