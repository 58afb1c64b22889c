//! The network under an [`Attempt`]: `fetch`, and its body.

use super::{Attempt, Heard, Outgoing};
use crate::{
    answer::exchange::{Exchange, HELD_MS, Line, now, turn},
    error::Reference,
    lives::Lives,
};
use js_sys::{Object, Reflect, Uint8Array};
use std::rc::Weak;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Headers, ReadableStreamDefaultReader, RequestCache, RequestCredentials, RequestInit, Response, Window,
};

/// How many bytes of a body are decoded at once: some words of an answer, each of which the page draws.
const SLICE: u32 = 1024;

/// Sends a request; `hear` hears what comes of it, never before this has returned.
pub fn send(outgoing: Outgoing, lives: Lives, mint: fn() -> Reference, hear: impl Fn(Heard) + 'static) -> Exchange {
    let attempt = Attempt::new(outgoing.request, now());
    Exchange::start(attempt, lives, mint, hear, |line: Weak<Line<Attempt>>, signal| async move {
        let response = fetch(&outgoing, signal.as_ref()).await?;
        let headers = response.headers();
        let header = |name: &str| headers.get(name).ok().flatten();
        let Some(own) = line.upgrade() else { return Ok(()) };
        if Reflect::get(&response, &"type".into())? == "opaqueredirect" {
            own.feed(|attempt, mint| attempt.redirected(mint));
            return Ok(());
        }
        own.feed(|attempt, _| {
            attempt.headers(response.status(), header, now(), date());
            Vec::new()
        });
        drop(own);
        read(&response, &line).await
    })
}

async fn fetch(outgoing: &Outgoing, signal: Option<&AbortSignal>) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &outgoing.headers {
        headers.append(name, value)?;
    }
    let init = RequestInit::new();
    init.set_method(if outgoing.body.is_some() { "POST" } else { "GET" });
    init.set_headers(&headers);
    init.set_credentials(RequestCredentials::Omit);
    match &outgoing.body {
        Some(body) => init.set_body(&body.as_str().into()),
        // A plan that was upgraded counts at once. With a POST, which no cache keeps, this would only add headers.
        None => init.set_cache(RequestCache::NoStore),
    }
    // A redirect would take the conversation, and the session with it, to wherever it leads. Set by name, for the type
    // of its value is one more feature of web-sys.
    Reflect::set(&init, &"redirect".into(), &"manual".into())?;
    init.set_signal(signal);
    JsFuture::from(window()?.fetch_with_str_and_init(&outgoing.url, &init)).await?.dyn_into()
}

async fn read(response: &Response, line: &Weak<Line<Attempt>>) -> Result<(), JsValue> {
    let Some(body) = response.body() else { return Ok(()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut began = now();
    loop {
        let asked = now();
        let chunk: Object = JsFuture::from(reader.read()).await?.unchecked_into();
        if now().saturating_sub(asked) > 1 {
            // The network was waited for, and the page has had its turns.
            began = now();
        }
        let bytes = Reflect::get(&chunk, &"value".into())?;
        if bytes.is_undefined() {
            return Ok(());
        }
        let bytes = Uint8Array::new(&bytes);
        let mut from = 0;
        // A reader that has much never lets anything else in by itself: it is read in slices, and the page gets its
        // turns.
        while from < bytes.length() {
            let to = bytes.length().min(from + SLICE);
            let Some(own) = line.upgrade() else { return Ok(()) };
            own.feed(|attempt, mint| attempt.bytes(&bytes.subarray(from, to).to_vec(), now(), mint));
            drop(own);
            from = to;
            if now().saturating_sub(began) >= HELD_MS {
                if !turn(line).await {
                    return Ok(());
                }
                began = now();
            }
        }
    }
}

fn window() -> Result<Window, JsValue> {
    web_sys::window().ok_or(JsValue::NULL)
}

/// Seconds since 1970.
fn date() -> u64 {
    (js_sys::Date::now() / 1_000.0) as u64
}
