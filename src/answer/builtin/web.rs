//! The browser under a [`Prompt`]: a session, what it is asked, and the stream of its answer.

use super::{Prompt, forget, is_too_long};
use crate::{
    answer::{
        exchange::{Exchange, HELD_MS, Line, now, turn},
        remote::Heard,
    },
    error::Reference,
    lives::Lives,
    wire::{Message, Role},
};
use js_sys::{Array, Object, Promise, Reflect};
use std::rc::Weak;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

// Whatever of it a browser lacks, or does otherwise, throws, and is caught.
#[wasm_bindgen]
extern "C" {
    /// A session; the class knows the model.
    type LanguageModel;

    #[wasm_bindgen(static_method_of = LanguageModel, catch)]
    fn availability(options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(static_method_of = LanguageModel, catch)]
    fn create(options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = promptStreaming)]
    fn prompt_streaming(this: &LanguageModel, question: &str, options: &Object) -> Result<Stream, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn destroy(this: &LanguageModel) -> Result<(), JsValue>;

    /// A stream of texts.
    type Stream;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader(this: &Stream) -> Result<Reader, JsValue>;

    /// Its one reader.
    type Reader;

    #[wasm_bindgen(method, catch)]
    fn read(this: &Reader) -> Result<Promise, JsValue>;
}

/// A session that is destroyed when it is let go of, however its answer ended.
struct Session(LanguageModel);

impl Drop for Session {
    fn drop(&mut self) {
        // One that the browser has destroyed need not be.
        let _ = self.0.destroy();
    }
}

/// Asks the browser's model; `hear` hears what comes of it, never before this has returned.
pub fn prompt(
    mut messages: Vec<Message>,
    language: String,
    lives: Lives,
    mint: fn() -> Reference,
    hear: impl Fn(Heard) + 'static,
) -> Exchange {
    Exchange::start(Prompt::new(now()), lives, mint, hear, |line, signal| async move {
        let mut ended = ask(&messages, &language, signal.as_ref(), &line).await;
        if ended.as_ref().is_err_and(|error| is_too_long(&text(error, "name"))) && forget(&mut messages) {
            ended = ask(&messages, &language, signal.as_ref(), &line).await;
        }
        // What the page has ended itself has no line any more.
        if let (Err(error), Some(line)) = (ended, line.upgrade()) {
            line.feed(|prompt, mint| prompt.refused(&text(&error, "name"), &text(&error, "message"), mint));
        }
        Ok(())
    })
}

async fn ask(
    messages: &[Message],
    language: &str,
    signal: Option<&AbortSignal>,
    line: &Weak<Line<Prompt>>,
) -> Result<(), JsValue> {
    let Some((question, before)) = messages.split_last() else { return Ok(()) };
    let options = expected(language)?;
    // What has been there may be gone, or be there in another language: creating a session would fetch it.
    let availability = JsFuture::from(LanguageModel::availability(&options)?).await?;
    if availability != "available" {
        return Err(js_sys::Error::new("it is not there any more").into());
    }
    let prompts = Array::new();
    for Message { role, content } in before {
        let role = match role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        prompts.push(&object(&[("role", role.into()), ("content", content.as_str().into())])?.into());
    }
    let signal = signal.map(JsValue::from).unwrap_or_default();
    Reflect::set(&options, &"initialPrompts".into(), &prompts)?;
    Reflect::set(&options, &"signal".into(), &signal)?;
    let session = Session(JsFuture::from(LanguageModel::create(&options)?).await?.into());
    let stream = session.0.prompt_streaming(&question.content, &object(&[("signal", signal)])?)?;
    let reader = stream.reader()?;
    let Some(own) = line.upgrade() else { return Ok(()) };
    own.feed(|prompt, _| {
        prompt.asked(now());
        Vec::new()
    });
    drop(own);
    let mut began = now();
    loop {
        let asked = now();
        let chunk = JsFuture::from(reader.read()?).await?;
        if now().saturating_sub(asked) > 1 {
            // The model was waited for, and the page has had its turns.
            began = now();
        }
        let piece = Reflect::get(&chunk, &"value".into())?;
        if piece.is_undefined() {
            return Ok(());
        }
        let Some(own) = line.upgrade() else { return Ok(()) };
        own.feed(|prompt, _| prompt.said(piece.as_string().unwrap_or_default(), now()));
        drop(own);
        if now().saturating_sub(began) >= HELD_MS {
            if !turn(line).await {
                return Ok(());
            }
            began = now();
        }
    }
}

/// What is said to it and heard of it: text, in this language. `public/panel.js` asks by the same.
fn expected(language: &str) -> Result<Object, JsValue> {
    let languages = Array::of1(&language.into());
    let text = Array::of1(&object(&[("type", "text".into()), ("languages", languages.into())])?.into());
    object(&[("expectedInputs", text.clone().into()), ("expectedOutputs", text.into())])
}

fn object(members: &[(&str, JsValue)]) -> Result<Object, JsValue> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object)
}

/// A text of what was thrown, which may be anything.
fn text(error: &JsValue, name: &str) -> String {
    Reflect::get(error, &name.into()).ok().and_then(|value| value.as_string()).unwrap_or_default()
}
