//! Answers: OpenAI's form, pings in silence, and what a repeated question gets and costs.

mod support;

use inferkit_gateway::failure::Failure;
use inferkit_widget::error::Code;
use serde_json::{Value, json};
use std::time::Duration;
use support::{Ask, KEY, Parrot, Puppet, Server, ask, end, frame, question, text, words};
use tokio::{join, task::yield_now, time::sleep};

const GRACE: Duration = Duration::from_secs(30);

fn keyed(words: &str, key: &str) -> Ask {
    question(words).header("idempotency-key", key)
}

fn unavailable() -> Failure {
    Failure::new(Code::ProviderUnavailable, "out of memory")
}

#[tokio::test]
async fn an_answer_has_openais_form() {
    let server = Server::new(Parrot).await;
    let answer = question("Hi").send(&server).await;
    assert_eq!(answer.words(), "Hello there!");
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let chunks: Vec<Value> = answer
        .body
        .split_terminator("\n\n")
        .filter_map(|event| serde_json::from_str(event.strip_prefix("data: ")?).ok())
        .collect();
    assert_eq!(chunks.len(), 5, "the role, three words, the end");
    for chunk in &chunks {
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(
            (&chunk["id"], &chunk["created"], &chunk["model"]),
            (&chunks[0]["id"], &chunks[0]["created"], &json!("parrot"))
        );
    }
    assert!(chunks[0]["id"].as_str().is_some_and(|id| id.starts_with("chatcmpl-")));
    assert_eq!(
        chunks[0]["choices"][0],
        json!({ "index": 0, "delta": { "role": "assistant", "content": "" }, "finish_reason": null })
    );
    assert_eq!(chunks[4]["choices"][0], json!({ "index": 0, "delta": {}, "finish_reason": "stop" }));

    let body = json!({ "messages": [{ "role": "user", "content": "Hi" }] });
    let whole = ask("POST", "/v1/chat/completions").key(KEY).json(body).send(&server).await.json();
    assert_eq!(whole["object"], "chat.completion");
    assert_eq!(whole["choices"][0]["message"], json!({ "role": "assistant", "content": "Hello there!" }));
    assert_eq!(whole["choices"][0]["finish_reason"], "stop");
    assert_eq!(whole["usage"], json!({ "prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10 }));
}

#[tokio::test(start_paused = true)]
async fn silence_is_filled_with_pings() {
    let (puppet, mut asked) = Puppet::new();
    let server = Server::new(puppet).await;
    let (response, mouth) = join!(question("Hi").begin(&server), async {
        let mouth = asked.recv().await.expect("a question");
        // The model takes its time: the headers come all the same.
        sleep(Duration::from_secs(15)).await;
        mouth
    });
    let mut body = response.into_body();
    assert!(frame(&mut body).await.expect("the role").starts_with(b"data: "));
    assert_eq!(frame(&mut body).await.as_deref(), Some(&b": ping\n\n"[..]));
    mouth.send(text("At last")).expect("somebody listens");
    assert_eq!(words(std::str::from_utf8(&frame(&mut body).await.expect("words")).expect("text")), "At last");
    assert_eq!(frame(&mut body).await.as_deref(), Some(&b": ping\n\n"[..]));
    mouth.send(end()).expect("somebody listens");
    assert!(frame(&mut body).await.expect("the end").starts_with(b"data: {"));
    assert_eq!(frame(&mut body).await.as_deref(), Some(&b"data: [DONE]\n\n"[..]));
    assert_eq!(frame(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_the_headers_is_an_event() {
    let (puppet, mut asked) = Puppet::new();
    let server = Server::new(puppet).await;
    let (answer, ()) = join!(question("Hi").send(&server), async {
        let mouth = asked.recv().await.expect("a question");
        mouth.send(text("So far")).expect("somebody listens");
        mouth.send(Err(unavailable())).expect("somebody listens");
    });
    assert_eq!((answer.status, words(&answer.body).as_str()), (200, "So far"));
    let id = answer.header("x-request-id").expect("an id");
    let last = answer.body.trim_end().rsplit("\n\n").next().and_then(|event| event.strip_prefix("data: "));
    let error = json!({ "code": "provider_unavailable", "message": "Service unavailable", "request_id": id });
    assert_eq!(last.and_then(|data| serde_json::from_str(data).ok()), Some(json!({ "error": error })));
    let line = server.line(id);
    assert_eq!((&line["code"], &line["context"]), (&json!("provider_unavailable"), &json!("out of memory")));
    assert_eq!(server.ledger(KEY).await["charges"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_question_joins_the_first_from_its_beginning() {
    let (puppet, mut asked) = Puppet::new();
    let server = Server::new(puppet).await;
    let (first, mouth) = join!(keyed("Hi", "a").begin(&server), async {
        let mouth = asked.recv().await.expect("a question");
        mouth.send(text("One")).expect("somebody listens");
        mouth
    });
    let second = keyed("Hi", "a").begin(&server).await;
    mouth.send(text(" two")).expect("somebody listens");
    mouth.send(end()).expect("somebody listens");
    for response in [first, second] {
        assert_eq!(support::Answer::of(response).await.words(), "One two");
    }
    // And when it is over, it is replayed.
    assert_eq!(keyed("Hi", "a").send(&server).await.words(), "One two");
    assert!(asked.try_recv().is_err(), "the model was asked once");
    assert_eq!(server.ledger(KEY).await["charges"], json!({ "a": { "times": 1, "tokens": 10 } }));
}

#[tokio::test(start_paused = true)]
async fn a_replay_is_served_although_the_quota_is_empty_and_costs_nothing() {
    let server = Server::new(Parrot).await;
    server.key(KEY, json!({ "tier": "pro", "quota_tokens": 10 })).await;
    assert_eq!(keyed("Hi", "a").send(&server).await.words(), "Hello there!");
    assert_eq!(keyed("Hi", "a").send(&server).await.words(), "Hello there!");
    assert_eq!(keyed("Hi", "b").send(&server).await.code(), "quota_exceeded");
    assert_eq!(server.ledger(KEY).await["charges"], json!({ "a": { "times": 1, "tokens": 10 } }));
    // A day later it is forgotten.
    sleep(Duration::from_secs(24 * 60 * 60)).await;
    assert_eq!(keyed("Hi", "a").send(&server).await.code(), "quota_exceeded");
}

#[tokio::test(start_paused = true)]
async fn a_key_belongs_to_one_question_and_one_holder() {
    let server = Server::new(Parrot).await;
    assert_eq!(keyed("Hi", "a").send(&server).await.words(), "Hello there!");
    let answer = keyed("Something else", "a").send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"));
    assert_eq!(keyed("Something else", "a").key("ik_pub_demo_pro").send(&server).await.words(), "Hello there!");
    assert_eq!(keyed("Hi", &"x".repeat(256)).send(&server).await.code(), "bad_request");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_failed_is_forgotten_and_costs_nothing() {
    let (puppet, mut asked) = Puppet::new();
    let server = Server::new(puppet).await;
    for said in [None, Some("So far")] {
        let (answer, ()) = join!(keyed("Hi", "a").send(&server), async {
            let mouth = asked.recv().await.expect("a question");
            if let Some(said) = said {
                mouth.send(text(said)).expect("somebody listens");
            }
            // Once it says that it fails, once it just ends.
            if said.is_none() {
                mouth.send(Err(unavailable())).expect("somebody listens");
            }
        });
        assert!(answer.body.contains("provider_unavailable"), "{}", answer.body);
    }
    let (answer, ()) = join!(keyed("Hi", "a").send(&server), async {
        let mouth = asked.recv().await.expect("the question, anew");
        mouth.send(text("Now")).expect("somebody listens");
        mouth.send(end()).expect("somebody listens");
    });
    assert_eq!(answer.words(), "Now");
    assert_eq!(server.ledger(KEY).await["charges"], json!({ "a": { "times": 1, "tokens": 10 } }));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_in_time_hears_everything() {
    let (puppet, mut asked) = Puppet::new();
    let server = Server::new(puppet).await;
    let (response, mouth) = join!(keyed("Hi", "a").begin(&server), async {
        let mouth = asked.recv().await.expect("a question");
        mouth.send(text("One")).expect("somebody listens");
        mouth
    });
    drop(response);
    sleep(GRACE - Duration::from_secs(1)).await;
    mouth.send(text(" two")).expect("the answer is still being made");
    let (answer, ()) = join!(keyed("Hi", "a").send(&server), async {
        sleep(GRACE * 2).await;
        mouth.send(end()).expect("somebody listens");
    });
    assert_eq!(answer.body.replace(": ping\n\n", "").matches("data: ").count(), 5);
    assert_eq!(words(&answer.body.replace(": ping\n\n", "")), "One two");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_hears_is_given_up_after_a_while() {
    let (puppet, mut asked) = Puppet::new();
    let server = Server::new(puppet).await;
    let (response, mouth) = join!(keyed("Hi", "a").begin(&server), async {
        let mouth = asked.recv().await.expect("a question");
        mouth.send(text("One")).expect("somebody listens");
        mouth
    });
    let id = response.headers()["x-request-id"].to_str().expect("an id").to_owned();
    drop(response);
    sleep(GRACE - Duration::from_millis(1)).await;
    assert!(!mouth.is_closed());
    sleep(Duration::from_millis(2)).await;
    assert!(mouth.is_closed(), "the making has ended");
    yield_now().await;
    let about = server.log().into_iter().filter(|line| line.contains(&id));
    assert!(about.clone().any(|line| line.contains("given up")), "{:?}", server.log());
    // Whoever asks now asks anew.
    let (answer, ()) = join!(keyed("Hi", "a").send(&server), async {
        let mouth = asked.recv().await.expect("the question, anew");
        mouth.send(end()).expect("somebody listens");
    });
    assert_eq!(answer.words(), "");
    assert_eq!(server.ledger(KEY).await["charges"], json!({ "a": { "times": 1, "tokens": 10 } }));
}

#[tokio::test]
async fn a_model_that_panics_is_an_internal_error() {
    struct Broken;
    impl inferkit_gateway::answers::Answers for Broken {
        fn model(&self) -> String {
            "broken".into()
        }
        fn answer(&self, _: &inferkit_gateway::question::Question) -> inferkit_gateway::answers::Pieces {
            Box::pin(futures_util::stream::poll_fn(|_| panic!("of its own")))
        }
    }
    let server = Server::new(Broken).await;
    let answer = keyed("Hi", "a").send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "internal_error"));
    assert_eq!(answer.json()["error"]["message"], "Internal error");
}
