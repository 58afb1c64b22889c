//! Answers that are real: the engine with a tiny model, another server behind this one, and the program itself.

#[path = "../../support/mod.rs"]
mod models;
mod support;

use inferkit_gateway::{
    Options,
    answers::{Engine, Upstream},
    connection,
};
use inferkit_widget::{engine::quant::Format, wire::BackendChoice};
use models::tiny::{TinyFormats, tiny_model_synthetic};
use serde_json::{Value, json};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{self, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};
use support::{Answer, KEY, Parrot, Puppet, Server, ask, text};
use tokio::net::TcpListener;

/// The tiny model's file; its words are noise, its answers are an engine's.
fn tiny() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let file = env::temp_dir().join(format!("inferkit-gateway-{}.gguf", process::id()));
        fs::write(&file, tiny_model_synthetic(TinyFormats::all(Format::Q8_0), 1)).expect("a folder for a while");
        file
    })
}

fn body(stream: bool, max_tokens: u32) -> Value {
    let messages = json!([{ "role": "user", "content": "Hi" }]);
    json!({ "messages": messages, "max_tokens": max_tokens, "temperature": 0, "seed": 1, "stream": stream })
}

async fn answer(server: &Server, body: Value) -> Answer {
    ask("POST", "/v1/chat/completions").key(KEY).json(body).send(server).await
}

/// Serves on a free port; where.
async fn on_loopback(server: &Server) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(connection::listen(listener, server.gateway.clone()));
    format!("http://{address}/v1")
}

#[tokio::test]
async fn the_engine_answers_the_same_in_one_piece_and_in_many() {
    let server = Server::new(Engine::start(tiny(), BackendChoice::Cpu).expect("the file is there")).await;
    let whole = answer(&server, body(false, 24)).await.json();
    let content = whole["choices"][0]["message"]["content"].as_str().expect("an answer").to_owned();
    assert!(!content.is_empty());
    let usage = &whole["usage"];
    assert!(usage["prompt_tokens"].as_u64() > Some(0) && usage["completion_tokens"].as_u64() > Some(0), "{usage}");
    let streamed = answer(&server, body(true, 24)).await;
    assert_eq!(streamed.words(), content);
    assert!(streamed.body.matches("data: ").count() > 4, "{}", streamed.body);
    // Two answers of the same cost, each charged to its request.
    let charges = server.ledger(KEY).await["charges"].clone();
    let charges: Vec<&Value> = charges.as_object().into_iter().flatten().map(|(_, charge)| charge).collect();
    assert_eq!(charges, [&json!({ "times": 1, "tokens": usage["total_tokens"] }); 2]);
}

#[tokio::test]
async fn questions_of_many_wait_for_the_engine_and_are_all_answered() {
    let server = Server::new(Engine::start(tiny(), BackendChoice::Cpu).expect("the file is there")).await;
    let asked = (0..6).map(|_| answer(&server, body(true, 8)));
    let answers = futures_util::future::join_all(asked).await;
    let words: Vec<String> = answers.iter().map(Answer::words).collect();
    assert!(words.iter().all(|one| *one == words[0] && !one.is_empty()), "{words:?}");
}

#[tokio::test]
async fn a_conversation_that_does_not_fit_is_the_clients_to_mend() {
    let server = Server::new(Engine::start(tiny(), BackendChoice::Cpu).expect("the file is there")).await;
    let long = json!({ "messages": [{ "role": "user", "content": "word ".repeat(20_000) }], "stream": true });
    let answer = answer(&server, long).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"));
    assert_eq!(answer.json()["error"]["message"], "The conversation is too long for the model.");
}

#[tokio::test]
async fn a_file_that_is_no_model_is_ours_to_mend() {
    let file = env::temp_dir().join(format!("inferkit-gateway-{}.txt", process::id()));
    fs::write(&file, "no model").expect("a folder for a while");
    let server = Server::new(Engine::start(&file, BackendChoice::Cpu).expect("the file is there")).await;
    let answer = answer(&server, body(true, 8)).await;
    fs::remove_file(&file).expect("it was there");
    assert_eq!((answer.status, answer.code().as_str()), (503, "provider_unavailable"));
    let line = server.line(answer.header("x-request-id").expect("an id"));
    assert!(line["context"].as_str().is_some_and(|context| context.starts_with("the engine: ")), "{line}");
    assert!(Engine::start(&file, BackendChoice::Cpu).is_err(), "a file that is not there");
}

#[tokio::test]
async fn another_servers_answer_is_passed_on() {
    let behind = Server::new(Parrot).await;
    let upstream = Upstream::new(&on_loopback(&behind).await, "parrot", Some(KEY.into())).expect("an address");
    let server = Server::new(upstream).await;
    assert_eq!(answer(&server, body(true, 8)).await.words(), "Hello there!");
    let passed = behind.ledger(KEY).await["requests"][0]["body"].clone();
    assert_eq!((&passed["model"], &passed["max_tokens"], &passed["seed"]), (&json!("parrot"), &json!(8), &json!(1)));
}

#[tokio::test]
async fn another_servers_failure_is_told_to_support_alone() {
    let behind = Server::new(Parrot).await;
    let base = on_loopback(&behind).await;
    let check = async |base: &str, key: &str, context: &str| {
        let server = Server::new(Upstream::new(base, "m", Some(key.into())).expect("an address")).await;
        let answer = answer(&server, body(true, 8)).await;
        assert_eq!((answer.status, answer.code().as_str()), (503, "provider_unavailable"));
        assert_eq!(answer.json()["error"]["message"], "Service unavailable");
        let line = server.line(answer.header("x-request-id").expect("an id"));
        assert!(line["context"].as_str().is_some_and(|said| said.contains(context)), "{line}");
    };
    check(&base, "ik_pub_of_nobody_at_all", "invalid_api_key").await;
    check("http://127.0.0.1:9/v1", KEY, "upstream: ").await;
    let faults = json!([
        { "on": "completions", "times": 1, "do": { "truncate": { "after_events": 1 } } },
        { "on": "completions", "times": 1, "do": { "garbage": { "after_events": 1 } } },
        { "on": "completions", "times": 1, "do": { "cut": { "after_events": 1 } } },
        { "on": "completions", "times": 1, "do": { "stream_error": { "code": "internal_error", "after_events": 1 } } },
    ]);
    behind.key(KEY, json!({ "tier": "pro", "faults": faults })).await;
    for context in ["broke off", "not JSON", "upstream: ", "internal_error"] {
        check(&base, KEY, context).await;
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    assert!(Upstream::new("not an address", "m", None).is_err());
}

#[tokio::test]
async fn the_making_of_an_upstream_answer_ends_with_its_last_listener() {
    let (puppet, mut asked) = Puppet::new();
    let behind = Server::with(puppet, Options { test_controls: true, grace: Duration::ZERO, ..Default::default() });
    behind.key(KEY, json!({ "tier": "pro" })).await;
    let upstream = Upstream::new(&on_loopback(&behind).await, "m", Some(KEY.into())).expect("an address");
    let server = Server::with(upstream, Options { test_controls: true, grace: Duration::ZERO, ..Default::default() });
    server.key(KEY, json!({ "tier": "pro" })).await;
    let (response, mouth) = tokio::join!(support::question("Hi").begin(&server), async {
        let mouth = asked.recv().await.expect("a question");
        mouth.send(text("One")).expect("somebody listens");
        mouth
    });
    drop(response);
    // Through two servers and a socket, and no clock is asked how long it takes.
    mouth.closed().await;
}

#[test]
fn the_program_says_where_it_listens_answers_and_ends_with_its_parent() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_inferkit-gateway"))
        .arg("--model")
        .arg(tiny())
        .args(["--port", "0", "--end-with-parent"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map(|line| line.expect("text"));
    let first: Value = serde_json::from_str(&lines.next().expect("a line")).expect("the first line is JSON");
    let api = first["api"].as_str().expect("an address").to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let said = runtime.block_on(async {
        let request = reqwest::Client::new().post(format!("{api}/v1/chat/completions")).bearer_auth("ik_pub_demo_pro");
        let response = request.json(&body(true, 8)).send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        response.text().await.expect("text")
    });
    assert!(said.ends_with("data: [DONE]\n\n"), "{said}");
    let line: Value = serde_json::from_str(&lines.next().expect("a line")).expect("a line is JSON");
    assert_eq!((&line["path"], &line["status"]), (&json!("/v1/chat/completions"), &json!(200)));
    drop(child.stdin.take());
    assert_eq!(lines.next(), None);
    assert!(child.wait().expect("its end").success());
}

#[tokio::test]
async fn a_secret_key_is_served_from_its_own_address() {
    let server = Server::new(Parrot).await;
    let base = on_loopback(&server).await;
    let key = "ik_sec_test_0123";
    for (ip, status) in [("127.0.0.1", 200), ("192.0.2.7", 403)] {
        server.key(key, json!({ "tier": "pro", "ips": [ip] })).await;
        let request = reqwest::Client::new().get(format!("{base}/widget/config")).bearer_auth(key);
        // The address is the connection's, whatever a header says.
        let response = request.header("x-forwarded-for", "192.0.2.7").send().await.expect("an answer");
        assert_eq!(response.status(), status);
    }
}
