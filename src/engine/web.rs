//! The worker's browser: a port to the page, and a download.

use super::{
    clock,
    either::Either,
    error::EngineError,
    loader,
    pace::Pace,
    session::Session,
    source::{ByteSource, CHUNK},
    worker::{self, Inbox, LoadRequest, Platform},
};
use crate::{
    error::Code,
    wire::{self, FromEngine},
};
use js_sys::{Reflect, Uint8Array};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, DedicatedWorkerGlobalScope, MessageEvent, MessagePort, ReadableStreamDefaultReader, Request,
    RequestCache, RequestCredentials, RequestInit, RequestMode, Response,
};

/// How long a server may take to answer a model's request, and how long it may then say nothing.
const STALL_MS: u32 = 30_000;

/// Serves one page through its port, for as long as the worker lives.
pub fn serve(port: MessagePort) {
    PORT.with_borrow_mut(|slot| *slot = Some(port.clone()));
    let (inbox, messages) = Inbox::new();
    let accept = inbox.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        match wire::decode(&Uint8Array::new(&event.data()).to_vec()) {
            Ok(message) => accept.accept(message),
            Err(unreadable) => {
                post(&FromEngine::Failed { id: None, code: Code::EngineFailed, message: unreadable.to_string() })
            }
        }
    });
    // Setting the handler starts the port: whatever the page said before now arrives now.
    port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    spawn_local(worker::run(Browser, inbox, messages));
}

/// Tells the page of a panic, as the last thing that this module does.
pub fn report_panic(message: &str) {
    send(&JsValue::from_str(&format!("{} {message}", Code::EngineFailed.as_str())));
}

thread_local! {
    static PORT: RefCell<Option<MessagePort>> = const { RefCell::new(None) };
}

fn post(message: &FromEngine) {
    send(&Uint8Array::from(wire::encode(message).as_slice()));
}

fn send(data: &JsValue) {
    PORT.with(|slot| {
        if let Ok(slot) = slot.try_borrow()
            && let Some(port) = slot.as_ref()
        {
            // A port whose other end is gone takes it in silence.
            let _gone = port.post_message(data);
        }
    });
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// The worker's platform.
struct Browser;

impl Platform for Browser {
    type Backend = Either;

    async fn load(
        &self,
        request: &LoadRequest,
        pace: &Pace,
        progress: impl FnMut(u64, Option<u64>),
    ) -> Result<Session<Either>, EngineError> {
        let source = Download::open(&request.model.url, request.fresh, pace).await?;
        let open = async |plan: &_| Either::open(request.backend, plan, pace).await;
        loader::load(source, &(&request.model).into(), pace, progress, open).await
    }

    fn post(&self, message: FromEngine) {
        post(&message);
    }

    async fn pause(&self, ms: u32) {
        clock::after(ms).await;
    }
}

/// A model on its way. Dropping it ends the transfer.
struct Download {
    controller: AbortController,
    reader: ReadableStreamDefaultReader,
    total: Option<u64>,
    received: u64,
    /// What the last read brought, as far as it has not been handed on.
    arrived: Option<(Uint8Array, u32)>,
}

impl Drop for Download {
    fn drop(&mut self) {
        self.controller.abort();
    }
}

impl Download {
    async fn open(url: &str, fresh: bool, pace: &Pace) -> Result<Self, EngineError> {
        let bug = |_| EngineError::Internal("the browser refuses to build a request".into());
        let controller = AbortController::new().map_err(bug)?;
        let init = RequestInit::new();
        init.set_mode(RequestMode::Cors);
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(if fresh { RequestCache::Reload } else { RequestCache::Default });
        init.set_signal(Some(&controller.signal()));
        let request = Request::new_with_str_and_init(url, &init)
            .map_err(|_| EngineError::Download("the model's address is not one".into()))?;

        let fetch = JsFuture::from(scope().fetch_with_request(&request));
        let silent = || EngineError::Download("the model's server does not answer".into());
        let answer = pace.within(STALL_MS, fetch, silent).await.inspect_err(|_| controller.abort())?;
        let response: Response = answer
            .map_err(|error| EngineError::Network(format!("the model can't be requested: {}", text_of(&error))))?
            .unchecked_into();
        if !response.ok() {
            return Err(EngineError::Download(format!("the model's server answered {}", response.status())));
        }
        let length = response.headers().get("content-length").ok().flatten();
        let total = length.and_then(|digits| digits.parse().ok());
        let body = response.body().ok_or_else(|| EngineError::Download("the model's answer is empty".into()))?;
        let reader = body.get_reader().unchecked_into();
        Ok(Self { controller, reader, total, received: 0, arrived: None })
    }

    /// The next piece that the network brings; none at the end.
    async fn read(&self, pace: &Pace) -> Result<Option<Uint8Array>, EngineError> {
        let read = JsFuture::from(self.reader.read());
        let silent = || EngineError::Download("the model's server has gone silent".into());
        let result = pace
            .within(STALL_MS, read, silent)
            .await?
            .map_err(|error| EngineError::Download(format!("the download broke off: {}", text_of(&error))))?;
        let done = Reflect::get(&result, &"done".into()).is_ok_and(|done| done.is_truthy());
        if done {
            return Ok(None);
        }
        let value = Reflect::get(&result, &"value".into()).unwrap_or_default();
        Ok(value.dyn_into().ok())
    }
}

impl ByteSource for Download {
    fn total(&self) -> Option<u64> {
        self.total
    }

    async fn next(&mut self, chunk: &mut Vec<u8>, pace: &Pace) -> Result<bool, EngineError> {
        if self.arrived.is_none() {
            let Some(piece) = self.read(pace).await? else {
                return match self.total {
                    Some(total) if self.received < total => Err(EngineError::Download(format!(
                        "the download ended after {} of {total} bytes",
                        self.received
                    ))),
                    _ => Ok(false),
                };
            };
            self.arrived = Some((piece, 0));
        }
        if let Some((piece, from)) = self.arrived.take() {
            let to = piece.length().min(from + CHUNK as u32);
            chunk.resize((to - from) as usize, 0);
            piece.subarray(from, to).copy_to(chunk);
            self.received += u64::from(to - from);
            if to < piece.length() {
                self.arrived = Some((piece, to));
            }
        }
        // An empty piece is not the end.
        Ok(true)
    }
}

/// What a thrown value says of itself, for the developer.
fn text_of(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.unwrap_or_else(|| "no reason given".into())
}
