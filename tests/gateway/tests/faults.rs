//! Faults on demand, as a client sees them: over a socket, and over a connection in memory whose clock the test drives.

mod support;

use inferkit_gateway::connection;
use serde_json::{Value, json};
use std::{io, time::Duration};
use support::{KEY, Parrot, Server, words};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(3600);

/// A server with these faults for completions, one after the other, each once.
async fn faulty(acts: &[Value]) -> Server {
    let server = Server::new(Parrot).await;
    let faults: Vec<Value> = acts.iter().map(|act| json!({ "on": "completions", "times": 1, "do": act })).collect();
    server.key(KEY, json!({ "tier": "pro", "faults": faults })).await;
    server
}

fn request() -> String {
    let body = json!({ "messages": [{ "role": "user", "content": "Hi" }], "stream": true }).to_string();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {KEY}\r\nIdempotency-Key: a\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends the question; what came back, and how that ended.
async fn exchange(mut io: impl AsyncRead + AsyncWrite + Unpin) -> (String, io::Result<()>) {
    io.write_all(request().as_bytes()).await.expect("a server that reads");
    let mut came = Vec::new();
    let ended = io.read_to_end(&mut came).await.map(|_| ());
    (String::from_utf8_lossy(&came).into_owned(), ended)
}

/// A connection in memory.
fn connect(server: &Server) -> DuplexStream {
    let (ours, theirs) = duplex(1 << 16);
    tokio::spawn(connection::serve(theirs, server.gateway.clone()));
    ours
}

/// The events of an answer, out of their chunks.
fn events(came: &str) -> Vec<String> {
    let body = came.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    // A chunk is its length in hexadecimal, and its bytes.
    let lines = body.split("\r\n").filter(|line| !line.chars().all(|sign| sign.is_ascii_hexdigit()));
    lines.map(|line| line.trim_end().to_owned()).collect()
}

/// Whether the body has come to its end: the chunk of length zero.
fn whole(came: &str) -> bool {
    came.ends_with("0\r\n\r\n")
}

#[tokio::test]
async fn a_reset_breaks_the_connection_before_any_header() {
    let server = faulty(&[json!({ "reset": true }), json!({ "reset": true })]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(connection::listen(listener, server.gateway.clone()));
    let (came, ended) = exchange(TcpStream::connect(address).await.expect("a connection")).await;
    assert_eq!((came.as_str(), ended.map_err(|error| error.kind())), ("", Err(io::ErrorKind::ConnectionReset)));
    // In memory a connection can only end.
    let (came, ended) = exchange(connect(&server)).await;
    assert_eq!((came.as_str(), ended.is_ok()), ("", true));
    // The request was seen, and charged to nobody.
    let ledger = server.ledger(KEY).await;
    assert_eq!(ledger["requests"][0]["fault"], json!({ "reset": true }));
    assert_eq!((&ledger["requests"][0]["status"], &ledger["charges"]), (&Value::Null, &json!({})));
    let (came, _) = exchange(TcpStream::connect(address).await.expect("a connection")).await;
    assert!(came.starts_with("HTTP/1.1 200 OK\r\n") && whole(&came), "{came}");
    serving.abort();
}

#[tokio::test]
async fn a_cut_breaks_it_between_events_or_in_one() {
    for in_event in [false, true] {
        let server = faulty(&[json!({ "cut": { "after_events": 2, "in_event": in_event } })]).await;
        let (came, _) = exchange(connect(&server)).await;
        assert!(!whole(&came), "{came}");
        let events = events(&came);
        assert_eq!(events.len(), if in_event { 3 } else { 2 }, "{came}");
        assert_eq!(words(&events[..2].join("\n\n")), "Hello");
        if in_event {
            let half = events[2].strip_prefix("data: ").expect("half an event");
            assert!(serde_json::from_str::<Value>(half).is_err(), "{half}");
        }
        // Whoever asks again hears all of it, and pays once.
        let (came, _) = exchange(connect(&server)).await;
        assert!(whole(&came), "{came}");
        assert_eq!(words(&events_joined(&came)), "Hello there!");
        assert_eq!(server.ledger(KEY).await["charges"], json!({ "a": { "times": 1, "tokens": 10 } }));
    }
}

fn events_joined(came: &str) -> String {
    events(came).join("\n\n")
}

#[tokio::test]
async fn a_truncated_answer_ends_as_if_it_were_whole() {
    let server = faulty(&[json!({ "truncate": { "after_events": 3 } })]).await;
    let (came, ended) = exchange(connect(&server)).await;
    assert!(ended.is_ok() && whole(&came), "{came}");
    assert_eq!(words(&events_joined(&came)), "Hello there");
    assert!(!came.contains("[DONE]") && !came.contains("\"stop\""), "{came}");
}

#[tokio::test]
async fn garbage_comes_between_good_events() {
    let server = faulty(&[json!({ "garbage": { "after_events": 1 } })]).await;
    let (came, _) = exchange(connect(&server)).await;
    let events = events(&came);
    assert!(serde_json::from_str::<Value>(events[1].trim_start_matches("data: ")).is_err(), "{came}");
    assert!(whole(&came) && came.contains("[DONE]"), "{came}");
}

#[tokio::test]
async fn an_error_in_the_stream_has_the_requests_id() {
    let server = faulty(&[json!({ "stream_error": { "code": "provider_unavailable", "after_events": 2 } })]).await;
    let (came, _) = exchange(connect(&server)).await;
    let ledger = server.ledger(KEY).await;
    let id = ledger["requests"][0]["request_id"].as_str().expect("an id");
    assert!(came.contains(&format!("x-request-id: {id}\r\n")), "{came}");
    let last = events(&came).pop().expect("an event");
    let error: Value = serde_json::from_str(last.trim_start_matches("data: ")).expect("an event is JSON");
    assert_eq!(error["error"]["code"], "provider_unavailable");
    assert_eq!(error["error"]["request_id"], id);
    assert!(!came.contains("[DONE]"), "{came}");
    assert_eq!(ledger["requests"][0]["code"], "provider_unavailable");
}

#[tokio::test]
async fn a_proxys_page_is_html() {
    let server = faulty(&[json!({ "html": 502 })]).await;
    let (came, _) = exchange(connect(&server)).await;
    assert!(came.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{came}");
    assert!(came.contains("content-type: text/html") && came.contains("<html>"), "{came}");
}

#[tokio::test(start_paused = true)]
async fn a_stalled_stream_is_silent_and_stands() {
    let server = faulty(&[json!({ "stall": { "after_events": 2 } })]).await;
    let mut io = connect(&server);
    io.write_all(request().as_bytes()).await.expect("a server that reads");
    let mut came = Vec::new();
    let stalled = timeout(LONG, async { while io.read_buf(&mut came).await.is_ok_and(|read| read > 0) {} }).await;
    assert!(stalled.is_err(), "it ended: {}", String::from_utf8_lossy(&came));
    let came = String::from_utf8_lossy(&came);
    assert_eq!((words(&events_joined(&came)).as_str(), came.contains(": ping")), ("Hello", false));
}

#[tokio::test(start_paused = true)]
async fn slow_headers_and_slow_events_take_their_time() {
    let server = faulty(&[json!({ "slow_headers_ms": 61_000 }), json!({ "slow_events_ms": 1_000 })]).await;
    let began = Instant::now();
    let (came, _) = exchange(connect(&server)).await;
    assert_eq!(began.elapsed().as_secs(), 61);
    assert_eq!(words(&events_joined(&came)), "Hello there!");
    let began = Instant::now();
    let (came, _) = exchange(connect(&server)).await;
    assert_eq!((began.elapsed().as_secs(), events(&came).len()), (6, 6));
}

#[tokio::test]
async fn faults_come_in_their_order_and_as_often_as_they_should() {
    let server = Server::new(Parrot).await;
    let faults = json!([
        { "on": "config", "times": 1, "do": { "error": { "code": "forbidden" } } },
        { "on": "completions", "times": 2, "do": { "error": { "code": "rate_limited" } } },
        { "on": "completions", "times": null, "do": { "error": { "code": "internal_error" } } },
        { "on": "config", "times": 1, "do": { "error": { "code": "not_found" } } },
    ]);
    server.key(KEY, json!({ "tier": "pro", "faults": faults })).await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(support::question("Hi").send(&server).await.code());
    }
    assert_eq!(codes, ["rate_limited", "rate_limited", "internal_error", "internal_error"]);
    let config = || support::ask("GET", "/v1/widget/config").key(KEY);
    assert_eq!(config().send(&server).await.code(), "forbidden");
    assert_eq!(config().send(&server).await.code(), "not_found");
    assert_eq!(config().send(&server).await.status, 200);
}

#[tokio::test]
async fn a_plan_that_can_not_be_read_is_refused_with_the_reason() {
    let server = Server::new(Parrot).await;
    for settings in [
        json!({ "tear": "pro" }),
        json!({ "faults": [{ "on": "config", "do": { "explode": true } }] }),
        json!({ "faults": [{ "on": "nowhere", "do": { "reset": true } }] }),
        json!([]),
    ] {
        let answer = support::ask("PUT", &format!("/test/keys/{KEY}")).json(settings.clone()).send(&server).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{settings}");
    }
}
