//! Tiny models: two layers of random weights behind a real vocabulary, for wherever the words do not matter.

use super::{
    gguf_writer::{GgufWriter, Value},
    quantise::quantise,
};
use inferkit_widget::engine::{gguf::Header, quant::Format};
use std::{collections::HashSet, iter};

/// How many of the default model's tokens a tiny model keeps.
const TOKENS: usize = 4096;

/// The token types of `tokenizer.ggml.token_type`.
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;

/// ChatML in the shape that SmolLM2's file has it.
const CHAT_TEMPLATE: &str = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + \
    message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// How a tiny model's matrices are stored. Norms are always F32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TinyFormats {
    pub embedding: Format,
    /// Q, K, V and O.
    pub attention: Format,
    /// Gate, up and down.
    pub feed_forward: Format,
    /// A separate output, or none where the embedding serves.
    pub output: Option<Format>,
}

impl TinyFormats {
    /// All matrices in one format, tied.
    pub fn all(format: Format) -> Self {
        Self { embedding: format, attention: format, feed_forward: format, output: None }
    }
}

/// A tiny model's lengths, in elements. Rows of quantised matrices must be whole blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TinyShape {
    pub layers: usize,
    pub embedding: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    /// Five blocks: not a power of two, as real ones are not.
    pub feed_forward: usize,
    pub context: usize,
    pub rope_base: f32,
    pub rope_dims: usize,
}

impl Default for TinyShape {
    fn default() -> Self {
        Self {
            layers: 2,
            embedding: 64,
            heads: 4,
            kv_heads: 2,
            head_dim: 16,
            feed_forward: 160,
            context: 256,
            rope_base: 10_000.0,
            rope_dims: 16,
        }
    }
}

/// A vocabulary as pairs of metadata.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    pub len: usize,
    pub pairs: Vec<(&'static str, Value)>,
}

impl Vocabulary {
    /// The first tokens of a model's vocabulary and the merges that stay among them.
    pub fn of(header: &Header) -> Self {
        let metadata = &header.metadata;
        let tokens = metadata.strings("tokenizer.ggml.tokens").expect("tokens");
        let kept: Vec<&[u8]> = tokens.iter().take(TOKENS).collect();
        let known: HashSet<&[u8]> = kept.iter().copied().collect();
        let merges = metadata.strings("tokenizer.ggml.merges").expect("merges");
        let merges = merges.iter().filter(|merge| stays(merge, &known));
        let types = metadata.i32s("tokenizer.ggml.token_type").expect("token types");

        let mut pairs = vec![
            ("tokenizer.ggml.tokens", Value::strings(&kept)),
            ("tokenizer.ggml.token_type", Value::i32s(&types[..kept.len().min(types.len())])),
            ("tokenizer.ggml.merges", Value::strings(merges)),
        ];
        for key in ["tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.chat_template"] {
            pairs.extend(metadata.str(key).map(|text| (key, Value::string(text))));
        }
        for key in ["bos", "eos", "eot", "unknown", "padding"].map(id_key) {
            let id = metadata.u64(key).filter(|id| *id < kept.len() as u64);
            pairs.extend(id.map(|id| (key, Value::U32(id as u32))));
        }
        for key in ["tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_space_prefix"] {
            pairs.extend(metadata.bool(key).map(|truth| (key, Value::Bool(truth))));
        }
        Self { len: kept.len(), pairs }
    }

    /// Three controls, every byte, and a few merges: for machines without the default model.
    pub fn synthetic() -> Self {
        let controls = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
        let merges = ["Ġ t", "Ġ a", "h e", "i n", "r e", "o n", "Ġt he", "a t", "e r", "Ġ Ġ", "l l", "o ll", "Ċ Ċ"];
        let mut tokens: Vec<String> = controls.map(str::to_owned).to_vec();
        tokens.extend((0..=255).map(|byte| byte_character(byte).to_string()));
        tokens.extend(merges.map(|merge| merge.replace(' ', "")));
        let types: Vec<i32> = (0..tokens.len()).map(|id| if id < controls.len() { CONTROL } else { NORMAL }).collect();
        let pairs = vec![
            ("tokenizer.ggml.model", Value::string("gpt2")),
            ("tokenizer.ggml.pre", Value::string("smollm")),
            ("tokenizer.ggml.tokens", Value::strings(&tokens)),
            ("tokenizer.ggml.token_type", Value::i32s(&types)),
            ("tokenizer.ggml.merges", Value::strings(merges)),
            (id_key("bos"), Value::U32(1)),
            (id_key("eos"), Value::U32(2)),
            (id_key("unknown"), Value::U32(0)),
            (id_key("padding"), Value::U32(2)),
            ("tokenizer.ggml.add_bos_token", Value::Bool(false)),
            ("tokenizer.chat_template", Value::string(CHAT_TEMPLATE)),
        ];
        Self { len: tokens.len(), pairs }
    }
}

/// A tiny model with the first tokens of another model's vocabulary.
pub fn tiny_model(vocabulary_of: &Header, formats: TinyFormats, seed: u64) -> Vec<u8> {
    tiny_writer(&Vocabulary::of(vocabulary_of), TinyShape::default(), formats, seed).finish()
}

/// A tiny model that needs no other.
pub fn tiny_model_synthetic(formats: TinyFormats, seed: u64) -> Vec<u8> {
    tiny_writer(&Vocabulary::synthetic(), TinyShape::default(), formats, seed).finish()
}

/// A tiny model that is not written yet, for tests that want to change it first.
pub fn tiny_writer(vocabulary: &Vocabulary, shape: TinyShape, formats: TinyFormats, seed: u64) -> GgufWriter {
    let TinyShape { layers, embedding, heads, kv_heads, head_dim, feed_forward, context, rope_base, rope_dims } = shape;
    let count = |number: usize| Value::U32(u32::try_from(number).expect("a tiny number"));
    let mut writer = GgufWriter::new()
        .pair("general.architecture", Value::string("llama"))
        .pair("general.name", Value::string("Tiny"))
        .pair("llama.block_count", count(layers))
        .pair("llama.context_length", count(context))
        .pair("llama.embedding_length", count(embedding))
        .pair("llama.feed_forward_length", count(feed_forward))
        .pair("llama.attention.head_count", count(heads))
        .pair("llama.attention.head_count_kv", count(kv_heads))
        .pair("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5))
        .pair("llama.rope.freq_base", Value::F32(rope_base))
        .pair("llama.rope.dimension_count", count(rope_dims))
        .pair("llama.vocab_size", count(vocabulary.len));
    if head_dim * heads != embedding {
        writer = writer
            .pair("llama.attention.key_length", count(head_dim))
            .pair("llama.attention.value_length", count(head_dim));
    }
    writer.pairs.extend(vocabulary.pairs.iter().map(|(key, value)| (key.as_bytes().to_vec(), value.clone())));

    let mut weights = Weights { writer, random: Random(seed) };
    weights.matrix("token_embd.weight", vocabulary.len, embedding, formats.embedding);
    for layer in 0..layers {
        let name = |part: &str| format!("blk.{layer}.{part}.weight");
        weights.norm(&name("attn_norm"), embedding);
        weights.matrix(&name("attn_q"), heads * head_dim, embedding, formats.attention);
        weights.matrix(&name("attn_k"), kv_heads * head_dim, embedding, formats.attention);
        weights.matrix(&name("attn_v"), kv_heads * head_dim, embedding, formats.attention);
        weights.matrix(&name("attn_output"), embedding, heads * head_dim, formats.attention);
        weights.norm(&name("ffn_norm"), embedding);
        weights.matrix(&name("ffn_gate"), feed_forward, embedding, formats.feed_forward);
        weights.matrix(&name("ffn_up"), feed_forward, embedding, formats.feed_forward);
        weights.matrix(&name("ffn_down"), embedding, feed_forward, formats.feed_forward);
    }
    weights.norm("output_norm.weight", embedding);
    if let Some(format) = formats.output {
        weights.matrix("output.weight", vocabulary.len, embedding, format);
    }
    weights.writer
}

/// A writer and where its numbers come from.
struct Weights {
    writer: GgufWriter,
    random: Random,
}

impl Weights {
    /// (rows, cols) of variance `1 / cols`, so that a product with a unit state keeps its size.
    fn matrix(&mut self, name: &str, rows: usize, cols: usize, format: Format) {
        // A uniform number of [-1, 1) has variance 1/3.
        let scale = (3.0 / cols as f32).sqrt();
        let values: Vec<f32> = iter::repeat_with(|| self.random.signed() * scale).take(rows * cols).collect();
        self.push(name, &[cols as u64, rows as u64], format, &values);
    }

    /// (len) near 1.
    fn norm(&mut self, name: &str, len: usize) {
        let values: Vec<f32> = iter::repeat_with(|| 1.0 + 0.1 * self.random.signed()).take(len).collect();
        self.push(name, &[len as u64], Format::F32, &values);
    }

    fn push(&mut self, name: &str, dims: &[u64], format: Format, values: &[f32]) {
        let writer = std::mem::take(&mut self.writer);
        self.writer = writer.tensor(name, dims, format.id(), quantise(format, values));
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [-1, 1).
    pub fn signed(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Whether both parts of a merge, and what they make, are known tokens.
fn stays(merge: &[u8], known: &HashSet<&[u8]>) -> bool {
    let Some(space) = merge.iter().position(|byte| *byte == b' ') else { return false };
    let (left, right) = (&merge[..space], &merge[space + 1..]);
    known.contains(left) && known.contains(right) && known.contains([left, right].concat().as_slice())
}

/// The key of a token's id.
fn id_key(token: &str) -> &'static str {
    match token {
        "bos" => "tokenizer.ggml.bos_token_id",
        "eos" => "tokenizer.ggml.eos_token_id",
        "eot" => "tokenizer.ggml.eot_token_id",
        "unknown" => "tokenizer.ggml.unknown_token_id",
        _ => "tokenizer.ggml.padding_token_id",
    }
}

/// The character by which GPT-2's vocabulary writes a byte: printable ones are themselves, the others follow U+0100.
fn byte_character(byte: u8) -> char {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if printable(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|byte| !printable(*byte)).count() as u32;
    char::from_u32(0x100 + before).expect("a character between U+0100 and U+0143")
}
