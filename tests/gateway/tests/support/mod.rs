//! What the gateway's tests share: a server without sockets, answers that a test dictates, and a way to ask.

#![allow(dead_code, reason = "each test that mounts this module uses a part of it")]

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Request, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use inferkit_gateway::{
    Gateway, Options,
    answers::{Answers, End, Piece, Pieces},
    app,
    failure::Failure,
    log::Log,
    question::Question,
};
use inferkit_widget::wire::Finish;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower::ServiceExt;

/// The key of most tests.
pub const KEY: &str = "ik_pub_test_0123456789abcdef";

/// Says the same three words to everybody, at once: ten tokens.
pub struct Parrot;

pub const WORDS: [&str; 3] = ["Hello", " there", "!"];
pub const THE_END: End = End { finish: Finish::Stop, prompt_tokens: 7, completion_tokens: 3 };

impl Answers for Parrot {
    fn model(&self) -> String {
        "parrot".into()
    }

    fn answer(&self, _: &Question) -> Pieces {
        let words = WORDS.map(|word| Ok(Piece::Text(word.into())));
        stream::iter(words.into_iter().chain([Ok(Piece::End(THE_END))])).boxed()
    }
}

/// Where the pieces of one answer go in.
pub type Mouth = UnboundedSender<Result<Piece, Failure>>;

/// Says what the test says: every question gives the test a [`Mouth`].
pub struct Puppet(UnboundedSender<Mouth>);

impl Puppet {
    pub fn new() -> (Self, UnboundedReceiver<Mouth>) {
        let (questions, asked) = unbounded_channel();
        (Self(questions), asked)
    }
}

impl Answers for Puppet {
    fn model(&self) -> String {
        "puppet".into()
    }

    fn answer(&self, _: &Question) -> Pieces {
        let (mouth, pieces) = unbounded_channel();
        self.0.send(mouth).expect("the test holds the other end");
        stream::unfold(pieces, |mut pieces| async { pieces.recv().await.map(|piece| (piece, pieces)) }).boxed()
    }
}

pub fn text(words: &str) -> Result<Piece, Failure> {
    Ok(Piece::Text(words.into()))
}

pub fn end() -> Result<Piece, Failure> {
    Ok(Piece::End(THE_END))
}

/// A server whose log the test reads.
pub struct Server {
    pub gateway: Arc<Gateway>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// With test controls, and a key of the plan that may do everything.
    pub async fn new(answers: impl Answers) -> Self {
        let server = Self::with(answers, Options { test_controls: true, ..Options::default() });
        server.key(KEY, json!({ "tier": "pro" })).await;
        server
    }

    pub fn with(answers: impl Answers, options: Options) -> Self {
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let written = lines.clone();
        let mut gateway = Gateway::new(answers, options);
        gateway.log = Log::to(move |line| written.lock().push(line.to_owned()));
        Self::of(gateway, lines)
    }

    /// One that a test has made itself, with the lines that its log writes.
    pub fn of(gateway: Gateway, lines: Arc<Mutex<Vec<String>>>) -> Self {
        Self { gateway: Arc::new(gateway), lines }
    }

    /// Creates a key or gives it other settings and faults.
    pub async fn key(&self, name: &str, settings: Value) {
        let answer = ask("PUT", &format!("/test/keys/{name}")).json(settings).send(self).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    pub async fn ledger(&self, name: &str) -> Value {
        ask("GET", &format!("/test/keys/{name}/ledger")).send(self).await.json()
    }

    /// The log so far.
    pub fn log(&self) -> Vec<String> {
        self.lines.lock().clone()
    }

    /// The log's only line about a request.
    pub fn line(&self, request_id: &str) -> Value {
        let about: Vec<String> = self.log().into_iter().filter(|line| line.contains(request_id)).collect();
        assert_eq!(about.len(), 1, "lines with {request_id}: {about:?}");
        serde_json::from_str(&about[0]).expect("a line is JSON")
    }
}

/// A request in the making.
pub struct Ask(Request<Body>);

pub fn ask(method: &str, path: &str) -> Ask {
    Ask(Request::builder().method(method).uri(path).body(Body::empty()).expect("a request"))
}

/// A question in a stream, with the usual key.
pub fn question(words: &str) -> Ask {
    let messages = json!([{ "role": "user", "content": words }]);
    ask("POST", "/v1/chat/completions").key(KEY).json(json!({ "messages": messages, "stream": true }))
}

impl Ask {
    pub fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.headers_mut().insert(name, value.parse().expect("a header's value"));
        self
    }

    pub fn json(self, body: Value) -> Self {
        self.raw(body.to_string())
    }

    pub fn raw(mut self, body: impl Into<Body>) -> Self {
        *self.0.body_mut() = body.into();
        self
    }

    /// Sends it, and waits for the headers.
    pub async fn begin(self, server: &Server) -> Response<Body> {
        let Ok(response) = app(server.gateway.clone()).oneshot(self.0).await;
        response
    }

    /// Sends it, and waits for all of the answer.
    pub async fn send(self, server: &Server) -> Answer {
        Answer::of(self.begin(server).await).await
    }
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body that does not break").to_bytes();
        let body = String::from_utf8(bytes.to_vec()).expect("a body of text");
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header of text"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The failure's code, after a look at what every failure must have.
    #[track_caller]
    pub fn code(&self) -> String {
        let body = self.json();
        let error = &body["error"];
        assert_eq!(error["request_id"].as_str(), self.header("x-request-id"));
        assert_eq!(self.header("access-control-allow-origin"), Some("*"));
        assert_eq!(error.as_object().map(|error| error.len()), Some(3), "{body}");
        error["code"].as_str().expect("a code").to_owned()
    }

    /// The words of a stream that came to its end.
    #[track_caller]
    pub fn words(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.body);
        assert!(self.body.ends_with("data: [DONE]\n\n"), "{}", self.body);
        words(&self.body)
    }
}

/// The words of a stream, or of a part of one.
pub fn words(body: &str) -> String {
    let events = body.split("\n\n").filter_map(|event| event.strip_prefix("data: {"));
    let chunks = events.map(|rest| serde_json::from_str::<Value>(&format!("{{{rest}")).expect("an event is JSON"));
    chunks.filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect()
}

/// The next frame of a stream.
pub async fn frame(body: &mut Body) -> Option<Bytes> {
    let frame = body.frame().await?.expect("a body that does not break");
    Some(frame.into_data().expect("a frame of data"))
}

/// A challenge's token, as the double of Turnstile's script makes them.
pub fn token(id: &str, change: Value, server: &Server) -> String {
    let at = u64::try_from(server.gateway.clock.date().as_millis()).expect("a date");
    let mut token = json!({
        "id": id,
        "hostname": "localhost",
        "action": "inferkit-session",
        "cdata": format!("{id:0>32}"),
        "at": at,
    });
    for (name, value) in change.as_object().into_iter().flatten() {
        token[name] = value.clone();
    }
    format!("DOUBLE.{}", URL_SAFE_NO_PAD.encode(token.to_string()))
}
