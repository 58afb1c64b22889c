//! One request from its sending to its end, without a network: what comes back goes in, what it means comes out.
//!
//! Whoever holds a network feeds it: [`Attempt::headers`], [`Attempt::bytes`] as often as some come, then
//! [`Attempt::closed`]; instead of any of them [`Attempt::unreached`] when the request itself failed, and
//! [`Attempt::check`] whenever the moment of [`Attempt::deadline`] has come. After [`Attempt::is_over`] nothing more
//! is said, whatever is fed.

use super::{
    config::SiteConfig,
    request::Request,
    retry_after,
    stream::{End, Stream, StreamItem, is_event_stream},
    watch::{Awaited, Watch},
};
use crate::{
    answer::exchange::Course,
    error::{Arrival, Code, Failure, MOST_BODY_BYTES, Reference, after_headers, crossing, json, normalize},
};
use serde::{Deserialize, Serialize};

/// The most bytes of a stream, whatever they say: an answer's words are a small part of its events.
const MOST_STREAM_BYTES: usize = 64 * 1024 * 1024;

/// What a request says to the conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Heard {
    /// The site's configuration. The last that is heard of its request.
    Config(SiteConfig),
    /// A session. The last that is heard of its request.
    Session {
        /// For the header of completions.
        token: String,
        /// How long it is good for.
        seconds: u64,
    },
    /// The next piece of an answer, never empty.
    Text(String),
    /// The answer is complete. The last that is heard of its request.
    Done,
    /// It failed. The last that is heard of its request.
    Failed {
        /// How.
        #[serde(with = "crossing")]
        failure: Failure,
        /// In how many seconds the server wants to be asked again, if it said so.
        retry_after: Option<u64>,
    },
}

impl Heard {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_last(&self) -> bool {
        !matches!(self, Self::Text(_))
    }
}

/// One request under way. Moments are milliseconds on any clock that only goes forward.
#[derive(Debug)]
pub struct Attempt {
    request: Request,
    watch: Watch,
    progress: Progress,
    /// Bytes of a stream so far.
    taken: usize,
}

#[derive(Debug)]
enum Progress {
    Sent,
    Whole(Whole),
    Stream(Stream),
    Over,
}

/// A body that is read to its end before it means anything.
#[derive(Debug)]
struct Whole {
    status: u16,
    request_id: Option<String>,
    retry_after: Option<u64>,
    bytes: Vec<u8>,
}

impl Attempt {
    /// A request that is sent now.
    #[must_use]
    pub fn new(request: Request, now: u64) -> Self {
        let awaited = match request {
            Request::Config | Request::Session => Awaited::Headers,
            Request::Completion => Awaited::CompletionHeaders,
        };
        Self { request, watch: Watch::new(awaited, now), progress: Progress::Sent, taken: 0 }
    }

    /// Whether all has been said.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.progress, Progress::Over)
    }

    /// When to [`check`](Self::check).
    #[must_use]
    pub fn deadline(&self) -> u64 {
        self.watch.deadline()
    }

    /// Status and headers came; `header` looks one up by name. `date`: seconds since 1970, for a Retry-After that
    /// names a moment.
    pub fn headers(&mut self, status: u16, header: impl Fn(&str) -> Option<String>, now: u64, date: u64) {
        if !matches!(self.progress, Progress::Sent) {
            return;
        }
        let request_id = header("X-Request-Id");
        let streams = self.request == Request::Completion
            && (200..300).contains(&status)
            && header("Content-Type").is_some_and(|content_type| is_event_stream(&content_type));
        let awaited = if streams { Awaited::Stream } else { Awaited::Whole };
        self.watch.headers(awaited, now);
        self.progress = match streams {
            true => Progress::Stream(Stream::new(request_id)),
            false => {
                let retry_after = retry_after(header("Retry-After").as_deref(), date);
                Progress::Whole(Whole { status, request_id, retry_after, bytes: Vec::new() })
            }
        };
    }

    /// Some of the body came. `mint` makes a reference for a failure that has no id of the server's.
    pub fn bytes(&mut self, bytes: &[u8], now: u64, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        self.watch.bytes(now);
        match &mut self.progress {
            Progress::Sent | Progress::Over => Vec::new(),
            Progress::Whole(whole) => {
                let room = MOST_BODY_BYTES.saturating_sub(whole.bytes.len());
                whole.bytes.extend(bytes.iter().take(room));
                // The rest of an endless body is of no use to anybody.
                if bytes.len() > room { self.closed(mint) } else { Vec::new() }
            }
            Progress::Stream(stream) => {
                let said = stream.push(bytes, mint);
                said.iter().for_each(|said| self.watch.said(said, now));
                let mut heard: Vec<Heard> = said.into_iter().filter_map(|said| heard(stream, said, mint)).collect();
                if heard.last().is_some_and(Heard::is_last) {
                    self.progress = Progress::Over;
                }
                self.taken = self.taken.saturating_add(bytes.len());
                if self.taken > MOST_STREAM_BYTES && !heard.last().is_some_and(Heard::is_last) {
                    heard.extend(self.closed(mint));
                }
                heard
            }
        }
    }

    /// The body has ended, or the connection broke.
    pub fn closed(&mut self, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        match std::mem::replace(&mut self.progress, Progress::Over) {
            Progress::Sent => vec![failed(normalize(0, |_| None, &[], Arrival::Unreached, mint))],
            Progress::Whole(whole) => vec![self.read(&whole, mint)],
            Progress::Stream(stream) => ended(stream, End::Closed, mint),
            Progress::Over => Vec::new(),
        }
    }

    /// The request was not sent, or not answered: the network, the address, CORS.
    pub fn unreached(&mut self, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        self.closed(mint)
    }

    /// The page slept, and whatever was on its way with it: a deadline that has passed is put off a little, once.
    pub fn forgive(&mut self, now: u64) {
        self.watch.forgive(now);
    }

    /// The server wants the request to go elsewhere. It does not: the conversation, and the session with it, belong to
    /// the server that the site has named.
    pub fn redirected(&mut self, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        self.progress = Progress::Over;
        let message = "the server answers with a redirect, which is not followed: set `apiBase` to where it leads";
        vec![failed(Failure::client(Code::ConfigInvalid, message, mint()))]
    }

    /// The deadline's moment may have come.
    pub fn check(&mut self, now: u64, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        let Some(code) = self.watch.check(now) else { return Vec::new() };
        match std::mem::replace(&mut self.progress, Progress::Over) {
            Progress::Sent => vec![failed(normalize(0, |_| None, &[], Arrival::TimedOut, mint))],
            Progress::Whole(whole) => {
                let message = "the server did not finish its answer in time";
                vec![failed(after_headers(code, message, whole.request_id.as_deref(), mint))]
            }
            Progress::Stream(stream) => ended(stream, End::Stalled, mint),
            Progress::Over => Vec::new(),
        }
    }

    /// What a body that was read whole says.
    fn read(&self, whole: &Whole, mint: &mut dyn FnMut() -> Reference) -> Heard {
        let good = (200..300).contains(&whole.status);
        let said = match self.request {
            Request::Config if good => SiteConfig::read(&whole.bytes).map(Heard::Config),
            Request::Session if good => session(&whole.bytes),
            _ => None,
        };
        said.unwrap_or_else(|| {
            let header = |name: &str| whole.request_id.clone().filter(|_| name == "X-Request-Id");
            let failure = normalize(whole.status, header, &whole.bytes, Arrival::Answer, mint);
            Heard::Failed { failure, retry_after: whole.retry_after }
        })
    }
}

impl Course for Attempt {
    fn is_over(&self) -> bool {
        self.is_over()
    }

    fn deadline(&self) -> u64 {
        self.deadline()
    }

    fn forgive(&mut self, now: u64) {
        self.forgive(now);
    }

    fn closed(&mut self, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        self.closed(mint)
    }

    fn check(&mut self, now: u64, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
        self.check(now, mint)
    }
}

fn session(body: &[u8]) -> Option<Heard> {
    let session = json::parse(body)?;
    let token = session.get("session_token")?.string().filter(|token| !token.is_empty())?;
    Some(Heard::Session { token, seconds: session.get("expires_in")?.integer()? })
}

fn ended(mut stream: Stream, how: End, mint: &mut dyn FnMut() -> Reference) -> Vec<Heard> {
    let said = stream.end(how, mint);
    said.and_then(|said| heard(&stream, said, mint)).into_iter().collect()
}

fn heard(stream: &Stream, said: StreamItem, mint: &mut dyn FnMut() -> Reference) -> Option<Heard> {
    match said {
        StreamItem::Text(text) => Some(Heard::Text(text)),
        StreamItem::Ping | StreamItem::Finished(_) => None,
        StreamItem::Done if stream.is_visible() => Some(Heard::Done),
        // An empty bubble would leave the visitor guessing.
        StreamItem::Done => {
            let message = "the answer ended before a word";
            Some(failed(after_headers(Code::InvalidResponse, message, stream.request_id(), mint)))
        }
        StreamItem::Failed(failure) => Some(failed(failure)),
    }
}

fn failed(failure: Failure) -> Heard {
    Heard::Failed { failure, retry_after: None }
}

#[cfg(test)]
mod tests;
