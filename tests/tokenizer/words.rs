//! Vocabularies, each for our tokenizer and for the one that it is compared with.

use crate::{
    SAMPLES, read,
    support::{
        self,
        gguf_writer::{GgufWriter, Value},
    },
};
use inferkit_widget::engine::tokenizer::Tokenizer;
use std::{collections::BTreeMap, sync::LazyLock};
use tokenizers::{
    Tokenizer as Reference,
    models::bpe::{BPE, BpeTrainer, Vocab},
    normalizers::NormalizerWrapper,
    pre_tokenizers::{
        PreTokenizerWrapper,
        byte_level::ByteLevel,
        digits::Digits,
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
    tokenizer::{Model, SplitDelimiterBehavior, TokenizerImpl},
};

pub const NORMAL: i32 = 1;
pub const CONTROL: i32 = 3;
pub const USER_DEFINED: i32 = 4;

const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// A vocabulary and its merges, as a file has them.
#[derive(Clone)]
pub struct Words {
    pub name: &'static str,
    pub tokens: Vec<String>,
    pub types: Vec<i32>,
    pub merges: Vec<(String, String)>,
}

impl Words {
    pub fn writer(&self, pre: &str) -> GgufWriter {
        GgufWriter::new()
            .pair("tokenizer.ggml.model", Value::string("gpt2"))
            .pair("tokenizer.ggml.pre", Value::string(pre))
            .pair("tokenizer.ggml.tokens", Value::strings(&self.tokens))
            .pair("tokenizer.ggml.token_type", Value::i32s(&self.types))
            .pair("tokenizer.ggml.merges", Value::strings(self.merges.iter().map(|(l, r)| format!("{l} {r}"))))
    }

    pub fn ours(&self, pre: &str) -> Tokenizer {
        read(&self.writer(pre)).unwrap_or_else(|error| panic!("{} with {pre}: {error}", self.name))
    }

    pub fn reference(&self, pre: &str) -> Reference {
        let vocabulary: BTreeMap<String, u32> = self.tokens.iter().cloned().zip(0..).collect();
        let model = BPE::builder()
            .vocab_and_merges(vocabulary.into_iter().collect::<Vocab>(), self.merges.clone())
            .ignore_merges(pre == "llama-bpe")
            .build()
            .expect("a byte-pair model");
        let mut reference = Reference::new(model);
        reference.with_pre_tokenizer(Some(pre_tokenizer(pre)));
        reference
    }

    /// Adds a token at the end and returns its number.
    pub fn add(&mut self, text: &str, kind: i32) -> u32 {
        self.tokens.push(text.to_owned());
        self.types.push(kind);
        self.tokens.len() as u32 - 1
    }
}

/// The pre-tokenizer of the models' own `tokenizer.json`.
fn pre_tokenizer(pre: &str) -> PreTokenizerWrapper {
    let split = |pattern: &str| {
        let pattern = SplitPattern::Regex(pattern.to_owned());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false).expect("a pattern");
        Sequence::new(vec![split.into(), ByteLevel::new(false, false, false).into()]).into()
    };
    match pre {
        "smollm" => Sequence::new(vec![Digits::new(true).into(), ByteLevel::new(false, false, true).into()]).into(),
        "gpt-2" => ByteLevel::new(false, false, true).into(),
        "llama-bpe" => split(LLAMA3),
        "qwen2" => split(QWEN2),
        other => panic!("no pre-tokenizer {other}"),
    }
}

/// Trained by the other crate on the samples, with every byte.
pub static TRAINED: LazyLock<Words> = LazyLock::new(|| {
    let mut trainer = BpeTrainer::builder()
        .vocab_size(1500)
        .min_frequency(1)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build();
    let mut tokenizer: TokenizerImpl<BPE, NormalizerWrapper, ByteLevel, ByteLevel, ByteLevel> =
        TokenizerImpl::new(BPE::default());
    tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, false, true)));
    tokenizer.train(&mut trainer, SAMPLES.iter().map(|text| (*text).to_owned())).expect("a trained tokenizer");
    let json = serde_json::to_value(tokenizer.get_model()).expect("a description of the model");
    let merges = json["merges"].as_array().expect("merges").iter().map(|merge| {
        let part = |at: usize| merge[at].as_str().expect("a part of a merge").to_owned();
        (part(0), part(1))
    });
    let size = tokenizer.get_model().get_vocab_size() as u32;
    let tokens: Vec<String> = (0..size).map(|id| tokenizer.id_to_token(id).expect("a token")).collect();
    let merges: Vec<_> = merges.collect();
    assert!(merges.len() > 500, "the training made {} merges", merges.len());
    Words { name: "trained", types: vec![NORMAL; tokens.len()], tokens, merges }
});

/// The default model's.
static DEFAULT: LazyLock<Option<Words>> = LazyLock::new(|| {
    let file = support::default_model_bytes("the tokenizer with the default model's vocabulary")?;
    let metadata = support::header(&file).metadata;
    let texts = |key: &str| -> Vec<String> {
        let texts = metadata.strings(key).expect("texts").iter();
        texts.map(|text| String::from_utf8(text.to_vec()).expect("UTF-8")).collect()
    };
    let merges = texts("tokenizer.ggml.merges");
    let merges = merges.iter().map(|merge| merge.split_once(' ').expect("two parts"));
    Some(Words {
        name: "default model",
        tokens: texts("tokenizer.ggml.tokens"),
        types: metadata.i32s("tokenizer.ggml.token_type").expect("types").to_vec(),
        merges: merges.map(|(left, right)| (left.to_owned(), right.to_owned())).collect(),
    })
});

pub fn vocabularies() -> impl Iterator<Item = &'static Words> {
    [Some(&*TRAINED), DEFAULT.as_ref()].into_iter().flatten()
}
