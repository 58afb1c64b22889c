//! What crosses a boundary: the messages between the page and the engine's worker.
//!
//! Both modules compile this file, so a field that one side forgets does not compile on the other.
//! They travel as JSON text through a `MessagePort`, a variant as the name of its fields' object: other representations
//! of enums cost the first-paint module kilobytes. [`PROTOCOL`] is compared in the first exchange, so that a
//! page with an old module in its cache gets a clear error instead of a misread message.

use crate::error::Code;
use serde::{Deserialize, Serialize};

/// Raised by one whenever a message changes its meaning.
pub const PROTOCOL: u32 = 1;

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
#[serde(rename_all = "lowercase")]
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
#[serde(rename_all = "lowercase")]
pub enum BackendKind {
    /// Compute shaders.
    WebGpu,
    /// WebAssembly SIMD.
    Cpu,
}

/// How the next token is chosen. Defined in `engine::sampler`, whose GPU twin follows the same order of steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
#[serde(rename_all = "snake_case")]
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
#[serde(rename_all = "snake_case")]
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
#[serde(rename_all = "snake_case")]
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
