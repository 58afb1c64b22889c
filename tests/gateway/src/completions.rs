//! `POST /v1/chat/completions`: the order of the checks, and OpenAI's form of an answer.

use crate::{
    Gateway,
    body::Json,
    caller::Caller,
    failure::Failure,
    idempotency::{Heard, Listener, Run},
    question::Question,
    trace::Trace,
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use inferkit_widget::{error::Code, wire::Finish};
use serde_json::{Value, json};
use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::time::timeout;

/// Silence on the wire after which a comment says that we are still there.
const PING: Duration = Duration::from_secs(10);

/// Answers a question.
///
/// # Errors
/// What the key or its plan may not do, a missing session, a limit, `bad_request`, and whatever keeps the model from
/// answering before its first word. What fails later is an event of the stream.
pub async fn create(State(gateway): State<Arc<Gateway>>, caller: Caller, body: Json) -> Result<Response, Failure> {
    caller.may_ask()?;
    caller.key.completion_rate.count(caller.settings.per_minute)?;
    if caller.settings.site_key.is_some() {
        caller.key.sessions.check(caller.trace.session.as_deref())?;
    }
    let question = Question::read(&body.0)?;
    let repeated = caller.trace.idempotency_key.as_deref();
    let mut listener = caller.key.runs.join_or(repeated, &body.0, || {
        // Only who starts an answer pays for it: a repetition costs nothing, and is served although the quota is empty.
        caller.key.quota.check(caller.settings.quota_tokens)?;
        Ok(start(&gateway, &caller, &question))
    })?;
    if !question.stream {
        return whole(&gateway, listener).await.map(|answer| axum::Json(answer).into_response());
    }
    // A model that fails at once fails with a status. One that takes its time gets its headers now, and pings.
    if let Ok(Heard::End(Err(failure))) = timeout(PING, listener.peek()).await {
        return Err(failure);
    }
    let events = Body::from_stream(events(gateway.answers.model(), listener, caller.trace));
    Ok(([(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")], events).into_response())
}

/// Has an answer made, by a task that outlives the request.
fn start(gateway: &Gateway, caller: &Caller, question: &Question) -> Arc<Run> {
    let run = Run::new(gateway.clock.date().as_secs());
    let (answering, key, trace) = (run.clone(), caller.key.clone(), caller.trace.clone());
    let (pieces, grace) = (gateway.answers.answer(question), gateway.options.grace);
    tokio::spawn(async move {
        let end = match AssertUnwindSafe(answering.take(pieces, grace)).catch_unwind().await {
            Ok(Some(end)) => end,
            Ok(None) => Err(Failure::new(Code::ProviderUnavailable, "nobody listened any more: given up")),
            Err(_) => Err(Failure::new(Code::InternalError, "the answer's task panicked")),
        };
        // The books first: who hears of the end and asks again must find them right.
        match (&end, &trace.idempotency_key) {
            (Ok(end), known) => {
                key.quota.charge(end.tokens());
                key.ledger.charge(known.as_ref().unwrap_or(&trace.request_id), end.tokens());
            }
            (Err(_), Some(known)) => key.runs.forget(known),
            (Err(_), None) => {}
        }
        if let (Err(failure), false) = (&end, answering.is_heard()) {
            trace.later(failure.context());
        }
        answering.finish(end);
    });
    run
}

/// The answer in one piece.
async fn whole(gateway: &Gateway, mut listener: Listener) -> Result<Value, Failure> {
    let mut content = String::new();
    let end = loop {
        match listener.next().await {
            Heard::Text(text) => content.push_str(&text),
            Heard::End(end) => break end?,
        }
    };
    Ok(json!({
        "id": listener.run.id,
        "object": "chat.completion",
        "created": listener.run.created,
        "model": gateway.answers.model(),
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": content },
            "finish_reason": reason(end.finish),
        }],
        "usage": {
            "prompt_tokens": end.prompt_tokens,
            "completion_tokens": end.completion_tokens,
            "total_tokens": end.tokens(),
        },
    }))
}

/// The answer event by event, one frame of the body each.
fn events(
    model: String,
    mut listener: Listener,
    trace: Arc<Trace>,
) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> {
    let (id, created) = (listener.run.id.clone(), listener.run.created);
    let chunk = move |delta: Value, finish: Option<&str>| {
        event(&json!({
            "id": id,
            "object": "chat.completion.chunk",
            "created": created,
            "model": model,
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
        }))
    };
    async_stream::stream! {
        yield Ok(chunk(json!({ "role": "assistant", "content": "" }), None));
        loop {
            match timeout(PING, listener.next()).await {
                Err(_silence) => yield Ok(Bytes::from_static(b": ping\n\n")),
                Ok(Heard::Text(text)) => yield Ok(chunk(json!({ "content": &*text }), None)),
                Ok(Heard::End(Ok(end))) => {
                    yield Ok(chunk(json!({}), Some(reason(end.finish))));
                    yield Ok(Bytes::from_static(b"data: [DONE]\n\n"));
                    break;
                }
                Ok(Heard::End(Err(failure))) => {
                    trace.failed(&failure);
                    yield Ok(event(&failure.body(&trace.request_id)));
                    break;
                }
            }
        }
    }
}

/// One event of a stream.
pub(crate) fn event(data: &Value) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Length => "length",
        Finish::Stop | Finish::Stopped => "stop",
    }
}
