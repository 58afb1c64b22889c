//! What crosses a boundary: the messages between the page and the engine's worker.
//!
//! Both modules compile this file, so a field that one side forgets does not compile on the other.
//! They travel as bytes through a `MessagePort`, in postcard's format: it names no fields, so that neither module
//! carries a parser of text. [`PROTOCOL`] is compared in the first exchange, so that a page with an old module in its
//! cache gets a clear error instead of a misread message; for that to work the first variant of either side, and its
//! first field, never move.
//!
//! Where no module runs yet, or no longer, words do: a text `CODE MESSAGE` in place of bytes is the last that comes
//! from a worker ([`last_words`]).

use crate::error::Code;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fmt;

/// Raised by one whenever a message changes its meaning.
pub const PROTOCOL: u32 = 1;

/// A message as bytes.
#[must_use]
pub fn encode(message: &impl Serialize) -> Vec<u8> {
    // Writing to memory fails for types of unknown length only, of which there are none here.
    postcard::to_allocvec(message).unwrap_or_default()
}

/// A message from bytes.
///
/// # Errors
/// When they are none of this protocol.
pub fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, Unreadable> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        _ => Err(Unreadable),
    }
}

/// Bytes that are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message between the page and the engine can't be read")
    }
}

impl std::error::Error for Unreadable {}

/// Why a worker ended, from the text that it left: `CODE MESSAGE`.
#[must_use]
pub fn last_words(text: &str) -> (Code, String) {
    let (code, message) = text.split_once(' ').unwrap_or_default();
    match code.parse() {
        Ok(code) => (code, message.into()),
        Err(_) => (Code::EngineFailed, text.into()),
    }
}

/// Who said something in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The site's instructions.
    System,
    /// The visitor.
    User,
    /// The model.
    Assistant,
}

/// One turn of a conversation, as the model will read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// Plain text. A control token's name in here stays text.
    pub content: String,
}

/// Where a model comes from, and how to know that it arrived whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSource {
    /// An absolute address of a GGUF file.
    pub url: String,
    /// Lower-case hexadecimal SHA-256 of the whole file. Without it the bytes are not verified.
    pub sha256: Option<String>,
    /// The file's length in bytes, shown before the download begins.
    pub bytes: Option<u64>,
    /// What to call the model in `status` events.
    pub name: Option<String>,
}

/// What the site asks to compute with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BackendChoice {
    /// WebGPU on a real GPU, otherwise SIMD on the CPU.
    #[default]
    Auto,
    /// WebGPU or nothing, a software adapter included.
    WebGpu,
    /// SIMD on one thread.
    Cpu,
}

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BackendKind {
    /// Compute shaders.
    WebGpu,
    /// WebAssembly SIMD.
    Cpu,
}

/// How the next token is chosen. Defined in `engine::sampler`, whose GPU twin follows the same order of steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 is greedy.
    pub temperature: f32,
    /// How many candidates to keep, at most 64; 0 keeps 64.
    pub top_k: u32,
    /// Keep the likeliest candidates that together hold this much probability; 1 keeps all.
    pub top_p: f32,
    /// Drop candidates less likely than this share of the likeliest; 0 keeps all.
    pub min_p: f32,
    /// Divides a positive logit of a recent token, multiplies a negative one; 1 changes nothing.
    pub repetition_penalty: f32,
    /// The same seed gives the same answer on the same backend.
    pub seed: u32,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.7, top_k: 40, top_p: 0.95, min_p: 0.05, repetition_penalty: 1.1, seed: 0 }
    }
}

/// From the page to the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToEngine {
    /// Fetch and prepare a model. Answered by `Progress`, then `Loaded` or `Failed`.
    Load {
        /// The page's [`PROTOCOL`].
        protocol: u32,
        /// What to load.
        model: ModelSource,
        /// What to compute with.
        backend: BackendChoice,
        /// The most positions to keep; the model's own limit and the engine's also apply.
        context: Option<u32>,
        /// Go past the browser's HTTP cache: the last bytes from there were wrong.
        fresh: bool,
    },
    /// Answer the last message of a conversation. Answered by `Token`s, then `Done` or `Failed`.
    Generate {
        /// Chosen by the page; every answer to this carries it.
        id: u32,
        /// Oldest first, ending with the visitor's question.
        messages: Vec<Message>,
        /// How to choose tokens.
        sampling: Sampling,
        /// The most tokens to generate.
        max_tokens: u32,
        /// Texts that end the answer, not shown themselves.
        stop: Vec<String>,
    },
    /// End the running load or generation. Answered by `Stopped` or `Done`.
    Stop,
    /// Answered by `Stats`.
    Stats,
    /// Release everything and close the worker.
    Dispose,
}

/// From the engine to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromEngine {
    /// The worker runs and listens. Messages sent before this were kept.
    Ready {
        /// The engine's [`PROTOCOL`].
        protocol: u32,
    },
    /// A load moves on.
    Progress {
        /// Bytes of the model that have arrived.
        done: u64,
        /// Of how many, when known.
        total: Option<u64>,
    },
    /// A load ended well.
    Loaded {
        /// What computes.
        backend: BackendKind,
        /// The adapter's or the instruction set's name, for the developer.
        adapter: String,
        /// The model's name.
        model: String,
        /// Positions of context.
        context: u32,
    },
    /// A load ended because the page asked.
    Stopped,
    /// More of an answer. Never half a character.
    Token {
        /// Of the `Generate`.
        id: u32,
        /// To append.
        text: String,
    },
    /// An answer ended.
    Done {
        /// Of the `Generate`.
        id: u32,
        /// Why it ended.
        finish: Finish,
        /// Tokens of the rendered conversation.
        prompt_tokens: u32,
        /// How many of those were still in the cache from the turn before.
        reused_tokens: u32,
        /// Tokens of the answer.
        completion_tokens: u32,
    },
    /// A load or an answer failed.
    Failed {
        /// Of the `Generate`, or none for a load.
        id: Option<u32>,
        /// The cause.
        code: Code,
        /// For the developer.
        message: String,
    },
    /// What the engine costs.
    Stats(Stats),
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finish {
    /// The model ended it, or a stop text appeared.
    Stop,
    /// `max_tokens`, or the end of the context.
    Length,
    /// The visitor pressed Stop.
    Stopped,
}

/// Measurements of the engine, for tests, benchmarks and the curious.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// The wasm memory's size in bytes; it never shrinks, so this is its peak too.
    pub memory_bytes: u64,
    /// Compute dispatches of one decoded token (WebGPU only).
    pub dispatches_per_token: u32,
    /// Compute passes of one decoded token (WebGPU only).
    pub passes_per_token: u32,
    /// Tokens read per second in the last prefill.
    pub prefill_per_second: f64,
    /// Tokens generated per second in the last answer.
    pub decode_per_second: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn generate(content: String, seed: u32) -> ToEngine {
        ToEngine::Generate {
            id: seed,
            messages: vec![Message { role: Role::User, content: content.clone() }],
            sampling: Sampling { seed, ..Sampling::default() },
            max_tokens: 7,
            stop: vec![content],
        }
    }

    proptest! {
        #[test]
        fn what_is_said_is_heard(content: String, seed: u32, done: u64, total: Option<u64>) {
            let to = generate(content.clone(), seed);
            prop_assert_eq!(decode(&encode(&to)), Ok(to));
            let words = FromEngine::Failed { id: Some(seed), code: Code::GpuLost, message: content };
            prop_assert_eq!(decode(&encode(&words)), Ok(words));
            let progress = FromEngine::Progress { done, total };
            prop_assert_eq!(decode(&encode(&progress)), Ok(progress));
        }

        #[test]
        fn bytes_that_are_no_message_are_an_error(bytes: Vec<u8>) {
            let _heard: (Result<ToEngine, _>, Result<FromEngine, _>) = (decode(&bytes), decode(&bytes));
        }
    }

    #[test]
    fn a_message_that_is_cut_or_too_long_is_none() {
        let bytes = encode(&generate("Hello".into(), 3));
        for cut in 0..bytes.len() {
            assert_eq!(decode::<ToEngine>(&bytes[..cut]), Err(Unreadable), "cut at {cut}");
        }
        assert_eq!(decode::<ToEngine>(&[bytes.as_slice(), &[0]].concat()), Err(Unreadable));
    }

    #[test]
    fn the_protocol_stands_where_every_version_finds_it() {
        assert_eq!(encode(&FromEngine::Ready { protocol: 5 })[..2], [0, 5]);
        let model = ModelSource::default();
        let load = ToEngine::Load { protocol: 5, model, backend: BackendChoice::Auto, context: None, fresh: false };
        assert_eq!(encode(&load)[..2], [0, 5]);
    }

    #[test]
    fn last_words_are_a_code_and_a_message() {
        assert_eq!(last_words("network_error no way"), (Code::NetworkError, "no way".into()));
        assert_eq!(last_words("it broke"), (Code::EngineFailed, "it broke".into()));
        assert_eq!(last_words(""), (Code::EngineFailed, String::new()));
    }
}
