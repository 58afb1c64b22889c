//! Faults on demand: what a network, a proxy or a tired server does to an answer, done on purpose.
//!
//! Everything here stands between the handlers and the wire, as such faults do. The handlers know nothing of it: an
//! answer that is cut off here was made whole, and whoever asks again with its idempotency key hears all of it.
//! Mounted only with `--test-controls`.

use crate::{
    completions::event,
    connection::Reset,
    trace::{Trace, WithoutId, with_body},
};
use async_stream::stream;
use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use futures_util::StreamExt;
use inferkit_widget::error::Code;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::VecDeque, future::pending, io, sync::Arc, time::Duration};
use tokio::{task::yield_now, time::sleep};

/// Where a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    /// `GET /v1/widget/config`.
    Config,
    /// `POST /v1/sessions`.
    Sessions,
    /// `POST /v1/chat/completions`.
    Completions,
}

impl Place {
    /// The place of a path, if it is one.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/v1/widget/config" => Some(Self::Config),
            "/v1/sessions" => Some(Self::Sessions),
            "/v1/chat/completions" => Some(Self::Completions),
            _ => None,
        }
    }
}

/// One line of a test's plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    on: Place,
    /// How many requests it happens to; without a number, all that come.
    times: Option<u32>,
    #[serde(rename = "do")]
    act: Act,
}

/// What happens.
///
/// `after_events` counts the events of a stream: the first has the role and no text, the second the first words. A
/// body that is no stream is one event. Pings are not counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Act {
    /// This error instead of an answer.
    Error(Error),
    /// Headers come late.
    SlowHeadersMs(u64),
    /// Nothing comes any more, not even a ping, and the connection stands.
    Stall {
        #[serde(default)]
        after_events: usize,
    },
    /// The connection breaks.
    Cut {
        #[serde(default)]
        after_events: usize,
        /// In the middle of the next event.
        #[serde(default)]
        in_event: bool,
    },
    /// The body ends as if it were whole.
    Truncate {
        #[serde(default)]
        after_events: usize,
    },
    /// An event that can't be read, before the next.
    Garbage {
        #[serde(default)]
        after_events: usize,
    },
    /// A proxy's page with this status.
    Html(u16),
    /// The connection breaks before any header.
    Reset(bool),
    /// The server says in its stream that it failed.
    StreamError {
        code: String,
        #[serde(default)]
        after_events: usize,
    },
    /// Every event comes late.
    SlowEventsMs(u64),
}

/// An error on demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Error {
    /// Of the catalog, or one that nobody knows.
    code: String,
    /// The catalog's, or 500.
    status: Option<u16>,
    message: Option<String>,
    /// The header's value, right or wrong: a number or a text.
    retry_after: Option<Value>,
    #[serde(default)]
    request_id: Where,
}

/// Where the request's id stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Where {
    Body,
    Header,
    None,
    #[default]
    Both,
}

/// The faults still to come, of one key.
#[derive(Debug, Default)]
pub struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    /// Puts a new plan in place of the old one.
    pub fn plan(&self, faults: Vec<Fault>) {
        *self.0.lock() = faults.into();
    }

    /// The fault of the next request to a place.
    fn take(&self, place: Place) -> Option<Act> {
        let mut faults = self.0.lock();
        faults.retain(|fault| fault.times != Some(0));
        let fault = faults.iter_mut().find(|fault| fault.on == place)?;
        fault.times = fault.times.map(|times| times - 1);
        Some(fault.act.clone())
    }

    /// Lets a request be answered, or not.
    pub(crate) async fn inject(&self, place: Place, trace: Arc<Trace>, request: Request, next: Next) -> Response {
        let Some(act) = self.take(place) else { return next.run(request).await };
        trace.note(|outcome| outcome.fault = serde_json::to_value(&act).ok());
        match act {
            Act::Error(error) => error.response(&trace),
            Act::Html(status) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                (status, Html(format!("<html><head><title>{status}</title></head><body>nginx</body></html>")))
                    .into_response()
            }
            Act::Reset(true) => {
                let broken = Body::from_stream(stream! { yield Err::<Bytes, _>(broken()); });
                let mut response = Response::new(broken);
                response.extensions_mut().insert(Reset);
                response
            }
            Act::SlowHeadersMs(ms) => {
                sleep(Duration::from_millis(ms)).await;
                next.run(request).await
            }
            act => {
                let response = next.run(request).await;
                // A refusal is what it is: only an answer can be spoilt.
                if !response.status().is_success() {
                    return response;
                }
                response.map(|body| Body::from_stream(spoilt(body, act, trace)))
            }
        }
    }
}

impl Error {
    fn response(&self, trace: &Trace) -> Response {
        let catalog = self.code.parse::<Code>().ok().and_then(Code::status);
        let status = self.status.or(catalog).and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let generic = if status.is_server_error() { "Internal error" } else { "An error on demand." };
        let mut error = json!({ "code": self.code, "message": self.message.as_deref().unwrap_or(generic) });
        if matches!(self.request_id, Where::Body | Where::Both) {
            error["request_id"] = json!(trace.request_id);
        }
        trace.note(|outcome| outcome.code = Some(self.code.clone()));

        let mut response = with_body(status.into_response(), &json!({ "error": error }));
        let retry_after = self.retry_after.as_ref().map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        if let Some(value) = retry_after.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers_mut().insert(RETRY_AFTER, value);
        }
        if matches!(self.request_id, Where::Body | Where::None) {
            response.extensions_mut().insert(WithoutId);
        }
        response
    }
}

/// The body as it arrives. Its handler sends one event per frame.
fn spoilt(body: Body, act: Act, trace: Arc<Trace>) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    stream! {
        let mut frames = body.into_data_stream();
        let mut events = 0;
        while let Some(frame) = frames.next().await {
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) => {
                    yield Err(io::Error::other(error));
                    return;
                }
            };
            if !frame.starts_with(b":") {
                match &act {
                    Act::Stall { after_events } if events == *after_events => pending::<()>().await,
                    Act::Cut { after_events, in_event } if events == *after_events => {
                        if *in_event {
                            yield Ok(frame.slice(..frame.len() / 2));
                        }
                        // What was sent gets out before the connection breaks.
                        yield_now().await;
                        yield Err(broken());
                        return;
                    }
                    Act::Truncate { after_events } if events == *after_events => return,
                    Act::Garbage { after_events } if events == *after_events => {
                        yield Ok(Bytes::from_static(b"data: {\"choices\":[{\"delta\":{\"cont\n\n"));
                    }
                    Act::StreamError { code, after_events } if events == *after_events => {
                        trace.note(|outcome| outcome.code = Some(code.clone()));
                        let (message, request_id) = ("Internal error", &trace.request_id);
                        yield Ok(event(&json!({
                            "error": { "code": code, "message": message, "request_id": request_id },
                        })));
                        return;
                    }
                    Act::SlowEventsMs(ms) => sleep(Duration::from_millis(*ms)).await,
                    _ => {}
                }
                events += 1;
            }
            yield Ok(frame);
        }
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "broken on demand")
}
