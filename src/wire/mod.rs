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

/// What both modules must agree on: a hash over the bytes of one sample of every message, which the test
/// `the_protocol_is_derived_from_the_messages` computes. A message that changes its shape changes it; one that changes
/// its meaning alone must be given another shape or name.
pub const PROTOCOL: u32 = 0x7ba9_7649;

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

impl ModelSource {
    /// Names the file whose download a visitor agreed to: another address, or other bytes there, is another file.
    #[must_use]
    pub fn identity(&self) -> String {
        [self.url.as_str(), "#", self.sha256.as_deref().unwrap_or_default()].concat()
    }
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
    /// Fetch and prepare a model. Answered by `Alive`, `Progress`, then `Loaded`, `Stopped` or `Failed`.
    Load {
        /// The page's [`PROTOCOL`].
        protocol: u32,
        /// What to load.
        model: ModelSource,
        /// What to compute with.
        backend: BackendChoice,
        /// Go past the browser's HTTP cache: the last bytes from there were wrong.
        fresh: bool,
    },
    /// Answer the last message of a conversation. Answered by `Alive`, `Token`s, then `Done` or `Failed`.
    Generate {
        /// Chosen by the page; every answer to this carries it.
        id: u32,
        /// Oldest first, ending with the visitor's question.
        messages: Vec<Message>,
        /// How to choose tokens.
        sampling: Sampling,
        /// The most tokens to generate.
        max_tokens: u32,
    },
    /// End every load and generation that was asked for before. Always answered, by the end of each of them (`Stopped`
    /// for a load, `Done` with [`Finish::Stopped`] for a generation, or `Failed` if it failed just then); where there
    /// is nothing to end, by `Stopped` with `load: false`.
    Stop,
}

/// From the engine to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromEngine {
    /// The worker runs and listens. Messages sent before this were kept.
    Ready {
        /// The engine's [`PROTOCOL`].
        protocol: u32,
    },
    /// The worker has taken a `Load` or a `Generate`, or still works on it: said at once, and then every
    /// [`ALIVE_MS`]. A worker that owes an answer and says nothing at all for much longer is gone.
    Alive,
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
    /// The answer to a `Stop`, unless a generation's `Done` is.
    Stopped {
        /// Whether it is the end of a load. False where the stop found nothing to end.
        load: bool,
    },
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
}

/// How often a worker that has work says so, in milliseconds.
pub const ALIVE_MS: u32 = 1_000;

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finish {
    /// The model ended it, or a stop text did.
    Stop,
    /// `max_tokens`, or the end of the context.
    Length,
    /// The visitor pressed Stop.
    Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn generate(content: String, seed: u32) -> ToEngine {
        ToEngine::Generate {
            id: seed,
            messages: vec![Message { role: Role::User, content }],
            sampling: Sampling { seed, ..Sampling::default() },
            max_tokens: 7,
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
        let load = ToEngine::Load { protocol: 5, model, backend: BackendChoice::Auto, fresh: false };
        assert_eq!(encode(&load)[..2], [0, 5]);
    }

    /// A sample of every message of the page, each value unlike its neighbours'; the page's protocol left out.
    fn samples_of_the_page() -> Vec<ToEngine> {
        let load = |backend| ToEngine::Load {
            protocol: 0,
            model: ModelSource {
                url: "u".into(),
                sha256: Some("s".into()),
                bytes: Some(u64::MAX),
                name: Some("n".into()),
            },
            backend,
            fresh: true,
        };
        let generate = |role| ToEngine::Generate {
            id: u32::MAX,
            messages: vec![Message { role, content: "c".into() }],
            sampling: Sampling {
                temperature: 0.5,
                top_k: u32::MAX - 1,
                top_p: 0.25,
                min_p: 0.125,
                repetition_penalty: 2.0,
                seed: u32::MAX - 2,
            },
            max_tokens: u32::MAX - 3,
        };
        // A variant that is new does not compile here until it has its sample above.
        let _complete = |message: &ToEngine, backend: BackendChoice, role: Role| {
            match message {
                ToEngine::Load { .. } | ToEngine::Generate { .. } | ToEngine::Stop => {}
            }
            match backend {
                BackendChoice::Auto | BackendChoice::WebGpu | BackendChoice::Cpu => {}
            }
            match role {
                Role::System | Role::User | Role::Assistant => {}
            }
        };
        [BackendChoice::Auto, BackendChoice::WebGpu, BackendChoice::Cpu]
            .map(load)
            .into_iter()
            .chain([Role::System, Role::User, Role::Assistant].map(generate))
            .chain([ToEngine::Stop])
            .collect()
    }

    /// The same of the engine.
    fn samples_of_the_engine() -> Vec<FromEngine> {
        let loaded =
            |backend| FromEngine::Loaded { backend, adapter: "a".into(), model: "m".into(), context: u32::MAX };
        let done = |finish| FromEngine::Done {
            id: u32::MAX,
            finish,
            prompt_tokens: u32::MAX - 1,
            reused_tokens: u32::MAX - 2,
            completion_tokens: u32::MAX - 3,
        };
        let _complete = |message: &FromEngine, backend: BackendKind, finish: Finish| {
            match message {
                FromEngine::Ready { .. }
                | FromEngine::Alive
                | FromEngine::Progress { .. }
                | FromEngine::Loaded { .. }
                | FromEngine::Stopped { .. }
                | FromEngine::Token { .. }
                | FromEngine::Done { .. }
                | FromEngine::Failed { .. } => {}
            }
            match backend {
                BackendKind::WebGpu | BackendKind::Cpu => {}
            }
            match finish {
                Finish::Stop | Finish::Length | Finish::Stopped => {}
            }
        };
        [
            FromEngine::Ready { protocol: 0 },
            FromEngine::Alive,
            FromEngine::Progress { done: u64::MAX, total: Some(u64::MAX - 1) },
            FromEngine::Stopped { load: true },
            FromEngine::Token { id: u32::MAX, text: "t".into() },
            FromEngine::Failed { id: Some(u32::MAX), code: Code::GpuLost, message: "m".into() },
        ]
        .into_iter()
        .chain([BackendKind::WebGpu, BackendKind::Cpu].map(loaded))
        .chain([Finish::Stop, Finish::Length, Finish::Stopped].map(done))
        .collect()
    }

    #[test]
    fn the_protocol_is_derived_from_the_messages() {
        // FNV-1a, over the bytes, and over the names for fields that change places with their like.
        let mut hash = 0x811c_9dc5_u32;
        let mut add = |bytes: &[u8]| {
            for byte in bytes {
                hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
            }
        };
        for sample in samples_of_the_page() {
            add(&encode(&sample));
            add(format!("{sample:?}").as_bytes());
        }
        for sample in samples_of_the_engine() {
            add(&encode(&sample));
            add(format!("{sample:?}").as_bytes());
        }
        assert_eq!(PROTOCOL, hash, "a message has changed: PROTOCOL is now {hash:#010x}");
    }

    #[test]
    fn last_words_are_a_code_and_a_message() {
        assert_eq!(last_words("network_error no way"), (Code::NetworkError, "no way".into()));
        assert_eq!(last_words("it broke"), (Code::EngineFailed, "it broke".into()));
        assert_eq!(last_words(""), (Code::EngineFailed, String::new()));
    }
}
