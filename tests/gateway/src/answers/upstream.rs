//! Answers of another server that speaks OpenAI's chat completions: what it says is passed on, what fails there is
//! `provider_unavailable` here, with the details in our log only.

use super::{Answers, End, Piece, Pieces};
use crate::{failure::Failure, question::Question};
use async_stream::try_stream;
use futures_util::StreamExt;
use inferkit_widget::{
    answer::remote::sse::{Item, Parser},
    error::Code,
    wire::Finish,
};
use reqwest::{Client, Response, Url};
use serde_json::{Value, json};

/// How much of a refusal the log takes, in characters.
const EXCERPT: usize = 500;

/// Another server.
#[derive(Clone, Debug)]
pub struct Upstream {
    url: Url,
    model: String,
    key: Option<String>,
    client: Client,
}

impl Upstream {
    /// The server whose API begins at `base`, such as `http://127.0.0.1:8000/v1`, with its name for the model and,
    /// where it wants one, a key of ours.
    ///
    /// # Errors
    /// A sentence, when `base` is no address.
    pub fn new(base: &str, model: &str, key: Option<String>) -> Result<Self, String> {
        let url = format!("{}/chat/completions", base.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|error| format!("{base:?} is no address: {error}"))?;
        Ok(Self { url, model: model.to_owned(), key, client: Client::new() })
    }

    async fn ask(&self, question: &Value) -> Result<Response, Failure> {
        let mut request = self.client.post(self.url.clone()).json(question);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(|error| unavailable(format!("{error:?}")))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let said: String = response.text().await.unwrap_or_default().chars().take(EXCERPT).collect();
        Err(unavailable(format!("{status}: {said}")))
    }
}

impl Answers for Upstream {
    fn model(&self) -> String {
        self.model.clone()
    }

    fn answer(&self, question: &Question) -> Pieces {
        let (upstream, question) = (self.clone(), self.translated(question));
        try_stream! {
            let mut body = upstream.ask(&question).await?.bytes_stream();
            let (mut parser, mut end) = (Parser::default(), None);
            let mut spent = Spent::default();
            while let Some(bytes) = body.next().await {
                let bytes = bytes.map_err(|error| unavailable(format!("{error:?}")))?;
                let mut items = Vec::new();
                parser.push(&bytes, &mut items).map_err(|_| unavailable("an event is too long".into()))?;
                for item in items {
                    let Item::Event(event) = item else { continue };
                    if event.data.trim() == "[DONE]" {
                        continue;
                    }
                    let chunk = Chunk::read(&event.data)?;
                    if let Some(text) = chunk.text {
                        // Nearly all servers send token by token. Who says what it cost is believed instead.
                        spent.pieces += 1;
                        yield Piece::Text(text);
                    }
                    spent.said = chunk.usage.or(spent.said);
                    end = chunk.finish.or(end);
                }
            }
            // The usage comes after the finish reason, so the end is told when the body has ended.
            if let Some(finish) = end {
                yield Piece::End(spent.end(finish));
            }
        }
        .boxed()
    }
}

impl Upstream {
    fn translated(&self, question: &Question) -> Value {
        let mut body = json!({
            "model": self.model,
            "messages": question.messages,
            "max_tokens": question.max_tokens,
            "temperature": question.temperature,
            "top_p": question.top_p,
            "stream": true,
            "stream_options": { "include_usage": true },
        });
        if let Some(seed) = question.seed {
            body["seed"] = json!(seed);
        }
        if !question.stop.is_empty() {
            body["stop"] = json!(question.stop);
        }
        body
    }
}

/// What an answer has cost.
#[derive(Default)]
struct Spent {
    /// Prompt and completion, as the server says.
    said: Option<(u64, u64)>,
    pieces: u64,
}

impl Spent {
    fn end(&self, finish: Finish) -> End {
        let (prompt_tokens, completion_tokens) = self.said.unwrap_or((0, self.pieces));
        End { finish, prompt_tokens, completion_tokens }
    }
}

/// One event of the other server.
struct Chunk {
    text: Option<String>,
    finish: Option<Finish>,
    usage: Option<(u64, u64)>,
}

impl Chunk {
    fn read(data: &str) -> Result<Self, Failure> {
        let excerpt = || data.chars().take(EXCERPT).collect::<String>();
        let chunk: Value =
            serde_json::from_str(data).map_err(|_| unavailable(format!("an event is not JSON: {}", excerpt())))?;
        if chunk.get("error").is_some_and(|error| !error.is_null()) {
            return Err(unavailable(excerpt()));
        }
        let choice = &chunk["choices"][0];
        let tokens = |name: &str| chunk["usage"][name].as_u64();
        Ok(Self {
            text: choice["delta"]["content"].as_str().filter(|text| !text.is_empty()).map(str::to_owned),
            finish: choice["finish_reason"].as_str().map(|reason| match reason {
                "length" => Finish::Length,
                _ => Finish::Stop,
            }),
            usage: tokens("prompt_tokens").zip(tokens("completion_tokens")),
        })
    }
}

fn unavailable(context: String) -> Failure {
    Failure::new(Code::ProviderUnavailable, format!("upstream: {context}"))
}
