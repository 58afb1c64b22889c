//! From a stream of events to an answer: OpenAI's chat-completion chunks, `data: [DONE]`, and errors in between.
//!
//! An answer is complete when a finish reason or `[DONE]` came, and only then: a body that merely ends is an answer
//! that broke off, however whole its last sentence looks; and what goes wrong after it is complete takes nothing from
//! it and is no failure. Whatever fails here has had its headers, so it keeps the
//! server's request id.

use super::sse::{Item, MOST_EVENT_BYTES, Parser, ServerEvent};
use crate::error::{
    Arrival, Code, Failure, Reference, after_headers,
    json::{self, Value},
    normalize,
};
use std::mem;

/// Whether an answer with this `Content-Type` is a stream of events.
#[must_use]
pub fn is_event_stream(content_type: &str) -> bool {
    let essence = content_type.split_once(';').map_or(content_type, |(essence, _)| essence);
    essence.trim().eq_ignore_ascii_case("text/event-stream")
}

/// What a stream said.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamItem {
    /// The next piece of the answer, never empty.
    Text(String),
    /// Something without text: a comment, or a chunk that only shows that the server is at work.
    Ping,
    /// Why the answer ends here. Its text is complete; the server may still say a word or two.
    Finished(FinishReason),
    /// The answer is complete. Nothing follows.
    Done,
    /// The answer broke off, or none was there. Nothing follows.
    Failed(Failure),
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// It had nothing to add.
    Stop,
    /// It reached the most tokens of an answer.
    Length,
    /// The server's content filter cut it off.
    Filtered,
    /// Anything else.
    Other,
}

/// How a body came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It ended, or the connection broke; a browser does not always tell the two apart.
    Closed,
    /// Nothing came for too long, and it was given up.
    Stalled,
}

/// Reads one answer.
#[derive(Debug)]
pub struct Stream {
    parser: Parser,
    request_id: Option<String>,
    finished: bool,
    ended: bool,
    visible: bool,
}

impl Stream {
    /// For an answer whose headers came with this `X-Request-Id`.
    #[must_use]
    pub fn new(request_id: Option<String>) -> Self {
        Self { parser: Parser::default(), request_id, finished: false, ended: false, visible: false }
    }

    /// Whether the answer is complete: from here on a connection that breaks or falls silent is no failure.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.finished
    }

    /// The `X-Request-Id` of the answer's headers.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Whether there is anything to see yet. White space alone is nothing.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        self.visible
    }

    /// Takes the body's next bytes. `mint` makes a number of ours for a failure whose request has none.
    pub fn push(&mut self, bytes: &[u8], mint: &mut dyn FnMut() -> Reference) -> Vec<StreamItem> {
        let mut said = Vec::new();
        if self.ended {
            return said;
        }
        let mut items = Vec::new();
        let read = self.parser.push(bytes, &mut items);
        for item in items {
            match item {
                Item::Comment => said.push(StreamItem::Ping),
                Item::Event(event) => self.event(&event, &mut said, mint),
            }
            if self.ended {
                return said;
            }
        }
        if read.is_err() {
            let message = format!("an event of the stream is longer than {MOST_EVENT_BYTES} bytes");
            said.push(self.fail(Code::InvalidResponse, message, mint));
        }
        said
    }

    /// The body has ended: one last [`StreamItem::Done`] or [`StreamItem::Failed`], or None when that was said before.
    ///
    /// An event that the end cut off counts only when it is `[DONE]` or an error: of anything else nobody knows how
    /// much is missing.
    pub fn end(&mut self, how: End, mint: &mut dyn FnMut() -> Reference) -> Option<StreamItem> {
        if self.ended {
            return None;
        }
        let last = mem::take(&mut self.parser).finish();
        match last.as_ref().map(read) {
            Some(Chunk::Done) => return Some(self.done()),
            Some(Chunk::Error) => {
                return Some(self.refused(last.map_or_else(String::new, |event| event.data).as_bytes(), mint));
            }
            _ => {}
        }
        let (code, message) = match how {
            End::Closed => (Code::StreamInterrupted, "the stream ended without [DONE] or a finish reason"),
            End::Stalled => (Code::StreamStalled, "nothing came from the server for too long"),
        };
        Some(self.fail(code, message, mint))
    }

    fn event(&mut self, event: &ServerEvent, said: &mut Vec<StreamItem>, mint: &mut dyn FnMut() -> Reference) {
        match read(event) {
            Chunk::Ping => said.push(StreamItem::Ping),
            Chunk::Done => said.push(self.done()),
            Chunk::Error => said.push(self.refused(event.data.as_bytes(), mint)),
            Chunk::Garbage => {
                let message = "an event of the stream is no chunk of a chat completion";
                said.push(self.fail(Code::InvalidResponse, message, mint));
            }
            Chunk::Delta { text, finish } => {
                if let Some(text) = text {
                    self.visible |= !text.trim().is_empty();
                    said.push(StreamItem::Text(text));
                }
                match finish.as_deref() {
                    None => {}
                    // Some servers end an answer so when they gave up in the middle of it.
                    Some("error" | "abort") => {
                        let message = "the server gave up in the middle of the answer";
                        said.push(self.fail(Code::StreamInterrupted, message, mint));
                    }
                    Some(reason) => {
                        self.finished = true;
                        said.push(StreamItem::Finished(match reason {
                            "stop" => FinishReason::Stop,
                            "length" => FinishReason::Length,
                            "content_filter" => FinishReason::Filtered,
                            _ => FinishReason::Other,
                        }));
                    }
                }
            }
        }
    }

    fn done(&mut self) -> StreamItem {
        self.ended = true;
        self.finished = true;
        StreamItem::Done
    }

    /// The server said that it failed.
    fn refused(&mut self, data: &[u8], mint: &mut dyn FnMut() -> Reference) -> StreamItem {
        if self.finished {
            return self.done();
        }
        self.ended = true;
        StreamItem::Failed(normalize(200, |_| self.request_id.clone(), data, Arrival::Stream, mint))
    }

    /// What came can't be used, or did not come.
    fn fail(&mut self, code: Code, message: impl Into<String>, mint: &mut dyn FnMut() -> Reference) -> StreamItem {
        if self.finished {
            return self.done();
        }
        self.ended = true;
        StreamItem::Failed(after_headers(code, message, self.request_id.as_deref(), mint))
    }
}

/// What one event is.
enum Chunk {
    /// At most one of the two is missing.
    Delta {
        text: Option<String>,
        finish: Option<String>,
    },
    Ping,
    Done,
    Error,
    Garbage,
}

fn read(event: &ServerEvent) -> Chunk {
    if event.name == "error" {
        return Chunk::Error;
    }
    if event.name == "ping" {
        return Chunk::Ping;
    }
    if event.data.trim() == "[DONE]" {
        return Chunk::Done;
    }
    let Some(chunk) = json::parse(event.data.as_bytes()) else { return Chunk::Garbage };
    // Some servers write `"error": null` into every chunk.
    if chunk.get("error").is_some_and(|error| !error.is_null()) {
        return Chunk::Error;
    }
    let Some(choices) = chunk.get("choices").and_then(|choices| choices.elements()) else { return Chunk::Garbage };
    // Chunks of usage or of a filter's findings have no choice.
    let Some(choice) = choices.first() else { return Chunk::Ping };
    let (Ok(text), Ok(finish)) = (
        text(choice.get("delta").filter(|delta| delta.is_object()).and_then(|delta| delta.get("content"))),
        text(choice.get("finish_reason")),
    ) else {
        return Chunk::Garbage;
    };
    match (text, finish) {
        (None, None) => Chunk::Ping,
        (text, finish) => Chunk::Delta { text, finish },
    }
}

/// A text that may be missing, null or empty, all the same. Another type is an error: text may hide in it, and an
/// answer with holes must not pass for a whole one.
fn text(value: Option<Value>) -> Result<Option<String>, ()> {
    match value.filter(|value| !value.is_null()) {
        None => Ok(None),
        Some(value) => value.string().map(|text| Some(text).filter(|text| !text.is_empty())).ok_or(()),
    }
}
