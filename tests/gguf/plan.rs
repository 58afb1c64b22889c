//! Plans for the llama architecture: what a right file gives, and why wrong ones are refused.

use crate::support::{
    default_model_bytes,
    gguf_writer::{GgufWriter, Value},
    header,
    tiny::{TinyFormats, TinyShape, Vocabulary, tiny_writer},
};
use inferkit_widget::engine::{
    error::EngineError,
    models::{self, Hyperparameters, Plan, Slot},
    quant::Format,
};

fn tiny() -> GgufWriter {
    tiny_writer(&Vocabulary::synthetic(), TinyShape::default(), TinyFormats::all(Format::Q4_1), 1)
}

fn plan(writer: &GgufWriter) -> Result<Plan, EngineError> {
    models::plan(&header(&writer.finish()))
}

/// The model is refused, and the developer is told something that contains `message`.
fn refused(writer: GgufWriter, message: &str) {
    match plan(&writer) {
        Err(EngineError::Unsupported(shown)) => assert!(shown.contains(message), "{shown:?} does not say {message:?}"),
        other => panic!("{message:?} was expected, not {other:?}"),
    }
}

/// The tiny model with one setting changed is refused with `message`.
fn refused_with(key: &str, value: Value, message: &str) {
    refused(tiny().set(key, value), message);
}

/// The tiny model with that many heads of that length.
fn with_heads(heads: u32, head_dim: u32) -> GgufWriter {
    tiny()
        .set("llama.attention.head_count", Value::U32(heads))
        .set("llama.attention.key_length", Value::U32(head_dim))
        .set("llama.attention.value_length", Value::U32(head_dim))
}

/// The plan with offsets from the first tensor: settings come before the tensors and move them all.
fn relative(writer: &GgufWriter) -> Plan {
    let mut plan = plan(writer).unwrap();
    let start = plan.weights[0].offset;
    plan.weights.iter_mut().for_each(|weight| weight.offset -= start);
    plan
}

/// The tiny model with one setting changed gives the same plan.
fn the_same_with(key: &str, value: Value) {
    assert_eq!(relative(&tiny().set(key, value)), relative(&tiny()), "{key}");
}

#[test]
fn a_tiny_model_has_a_plan() {
    let file = tiny().finish();
    let header = header(&file);
    let Plan { config, weights } = models::plan(&header).unwrap();
    assert_eq!(
        config,
        Hyperparameters {
            name: "Tiny".into(),
            context: 256,
            embedding: 64,
            layers: 2,
            heads: 4,
            kv_heads: 2,
            head_dim: 16,
            feed_forward: 160,
            vocab: 272,
            rope_base: 10_000.0,
            rope_dims: 16,
            norm_eps: 1e-5,
        }
    );
    assert_eq!(weights.len(), 2 + 2 * 9);
    assert!(weights.is_sorted_by_key(|weight| weight.offset));
    let mut end = header.data_start;
    for weight in &weights {
        assert!(weight.offset >= end);
        end = weight.offset + weight.bytes;
        let blocks = weight.rows * weight.cols / weight.format.block_len();
        assert_eq!(weight.bytes, (blocks * weight.format.block_bytes()) as u64, "{:?}", weight.slot);
    }
    assert_eq!(end, file.len() as u64);
    let shape = |slot| weights.iter().find(|weight| weight.slot == slot).map(|weight| (weight.rows, weight.cols));
    assert_eq!(shape(Slot::Embedding), Some((272, 64)));
    assert_eq!(shape(Slot::K(1)), Some((32, 64)));
    assert_eq!(shape(Slot::Down(0)), Some((64, 160)));
    assert_eq!(shape(Slot::FfnNorm(1)), Some((1, 64)));
    assert_eq!((shape(Slot::Output), shape(Slot::RopeFreqs), shape(Slot::Q(2))), (None, None, None));
}

#[test]
fn optional_parts_are_planned() {
    let formats = TinyFormats { output: Some(Format::F16), ..TinyFormats::all(Format::Q8_0) };
    let shape = TinyShape { head_dim: 32, rope_dims: 8, ..TinyShape::default() };
    let writer = tiny_writer(&Vocabulary::synthetic(), shape, formats, 1)
        .tensor("rope_freqs.weight", &[4], 0, vec![0; 16])
        .set("llama.rope.scaling.type", Value::string("llama3"))
        .set("llama.rope.scaling.factor", Value::F32(32.0));
    let plan = plan(&writer).unwrap();
    assert_eq!((plan.config.head_dim, plan.config.q_dim(), plan.config.rope_dims), (32, 128, 8));
    let weight = |slot| plan.weights.iter().find(|weight| weight.slot == slot).unwrap();
    assert_eq!((weight(Slot::Output).format, weight(Slot::Output).rows), (Format::F16, 272));
    assert_eq!((weight(Slot::RopeFreqs).rows, weight(Slot::RopeFreqs).cols), (1, 4));
    assert_eq!((weight(Slot::O(0)).rows, weight(Slot::O(0)).cols), (64, 128));
}

#[test]
fn settings_may_be_left_out_where_there_is_a_default() {
    let all = TinyShape { kv_heads: 4, ..TinyShape::default() };
    let writer = tiny_writer(&Vocabulary::synthetic(), all, TinyFormats::all(Format::F32), 1);
    let whole = relative(&writer);
    let keys = ["attention.head_count_kv", "rope.freq_base", "rope.dimension_count", "vocab_size"];
    let bare = keys.iter().fold(writer, |writer, key| writer.without(&format!("llama.{key}")));
    assert_eq!(relative(&bare), whole);
    let nameless = plan(&tiny().without("general.name")).unwrap();
    assert_eq!(nameless.config.name, "llama");
}

#[test]
fn other_architectures_are_named() {
    refused_with("general.architecture", Value::string("mamba"), "architecture \"mamba\" is not supported");
    refused(tiny().without("general.architecture"), "architecture");
}

#[test]
fn settings_that_are_needed_are_missed() {
    for key in [
        "block_count",
        "context_length",
        "embedding_length",
        "feed_forward_length",
        "attention.head_count",
        "attention.layer_norm_rms_epsilon",
    ] {
        refused(tiny().without(&format!("llama.{key}")), &format!("llama.{key} is missing"));
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    for (key, most) in [
        ("block_count", 512),
        ("context_length", 1 << 24),
        ("embedding_length", 65_536),
        ("feed_forward_length", 65_536),
        ("attention.head_count", 65_536),
        ("attention.head_count_kv", 65_536),
        ("vocab_size", 1 << 20),
    ] {
        let key = format!("llama.{key}");
        for value in [0, most + 1, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            refused_with(&key, Value::U64(value), &format!("{key} is {value}; it must be between 1 and {most}"));
        }
        refused_with(&key, Value::I32(-1), &format!("{key} is i32, not a count"));
        refused_with(&key, Value::F32(2.0), &format!("{key} is f32, not a count"));
        refused_with(&key, Value::u32s(&[2, 2]), &format!("{key} is an array, not a count"));
    }
    for key in ["llama.rope.freq_base", "llama.attention.layer_norm_rms_epsilon"] {
        for value in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            refused_with(key, Value::F32(value), "it must be above zero");
        }
        refused_with(key, Value::U32(1), "is u32, not a number");
    }
}

#[test]
fn heads_that_do_not_fit_are_refused() {
    refused_with("llama.attention.head_count_kv", Value::U32(3), "4 query heads can't share 3 key heads evenly");
    refused_with("llama.attention.head_count_kv", Value::U32(8), "can't share");
    let five = tiny().set("llama.attention.head_count", Value::U32(5)).without("llama.attention.head_count_kv");
    refused(five, "a hidden state of 64 can't be shared by 5 heads");
    refused_with("llama.attention.value_length", Value::U32(32), "keys of 16 and values of 32 elements");
    refused_with("llama.attention.key_length", Value::U32(32), "keys of 32 and values of 16 elements");
    for head_dim in [15, 258] {
        refused(with_heads(4, head_dim), &format!("a head has {head_dim} elements"));
    }
    refused_with("llama.rope.dimension_count", Value::U32(7), "it must be even");
    refused_with("llama.rope.dimension_count", Value::U32(18), "it must be between 1 and 16");
    refused(with_heads(65_536, 256), "65536 heads of 256 elements are more than 65536 in all");
}

#[test]
fn vocabularies_that_disagree_are_refused() {
    refused_with("llama.vocab_size", Value::U32(271), "the embedding has 272 tokens, but llama.vocab_size is 271");
    refused_with("tokenizer.ggml.tokens", Value::strings(["a"]), "but the tokenizer has 1");
    refused(tiny().without_tensor("token_embd.weight"), "token_embd.weight is missing");
    let mut huge = tiny().without_tensor("token_embd.weight");
    huge = huge.tensor("token_embd.weight", &[1, (1 << 20) + 1], Format::F16.id(), vec![0; (2 << 20) + 2]);
    refused(huge, "1048577 tokens are more than 1048576");
}

#[test]
fn tensors_that_are_missing_or_unknown_are_named() {
    refused(tiny().without_tensor("blk.1.ffn_up.weight"), "the model lacks \"blk.1.ffn_up.weight\"");
    refused(tiny().without_tensor("output_norm.weight"), "the model lacks \"output_norm.weight\"");
    refused_with(
        "llama.block_count",
        Value::U32(4),
        "lacks \"blk.2.attn_norm.weight\", \"blk.2.attn_q.weight\", \"blk.2.attn_k.weight\" and 15 more",
    );
    refused_with("llama.block_count", Value::U32(1), "parts that the llama architecture does not: \"blk.1.");
    for name in [
        "blk.0.attn_q.bias",
        "blk.0.attn_q_norm.weight",
        "blk.0.ffn_gate_exps.weight",
        "blk.0.attn_norm.weight.x",
        "blk.00.attn_norm.weight",
        "blk.+1.attn_norm.weight",
        "blk.2.attn_norm.weight",
        "blk.65536.attn_norm.weight",
        "blk.attn_norm.weight",
        "output.bias",
        "",
    ] {
        refused(tiny().tensor(name, &[64], 0, vec![0; 256]), &format!("does not: {name:?}"));
    }
}

#[test]
fn tensors_of_the_wrong_shape_or_format_are_refused() {
    let reshaped = |name: &str, dims: &[u64]| {
        let mut writer = tiny();
        writer.tensor_mut(name).dims = dims.to_vec();
        writer
    };
    // As many elements, and therefore bytes, but turned round.
    refused(reshaped("blk.0.attn_k.weight", &[32, 64]), "blk.0.attn_k.weight has the shape [32, 64]");
    refused(reshaped("blk.0.attn_q.weight", &[64, 32, 2]), "ask for [64, 64]");
    let mut deep = reshaped("blk.0.attn_q.weight", &[64, 64, 2]);
    deep.tensor_mut("blk.0.attn_q.weight").bytes.resize(2 * 2560, 0);
    refused(deep, "has the shape [64, 64, 2]");
    refused(reshaped("blk.0.attn_q.weight", &[64 * 64]), "has the shape [4096]");
    assert!(plan(&reshaped("blk.0.attn_q.weight", &[64, 64, 1, 1])).is_ok());
    let mut half = tiny();
    half.tensor_mut("output_norm.weight").format = Format::F16.id();
    refused(half, "the tensor output_norm.weight is F16; norms and frequencies are supported in F32 only");
    refused(tiny().tensor("rope_freqs.weight", &[16], 0, vec![0; 64]), "ask for [8, 1]");
    refused(tiny().tensor("output.weight", &[64, 100], 1, vec![0; 12_800]), "ask for [64, 272]");
}

#[test]
fn variants_that_would_be_computed_wrongly_are_refused() {
    refused_with("llama.expert_count", Value::U32(8), "llama.expert_count is 8");
    refused_with("llama.use_parallel_residual", Value::Bool(true), "llama.use_parallel_residual is 1");
    refused_with("llama.attention.causal", Value::Bool(false), "llama.attention.causal is 0");
    refused_with("llama.attention.clamp_kqv", Value::F32(8.0), "llama.attention.clamp_kqv is 8");
    refused_with("llama.attention.max_alibi_bias", Value::F32(8.0), "max_alibi_bias is 8");
    refused_with("llama.final_logit_softcapping", Value::F32(30.0), "softcapping is 30");
    refused_with("llama.logit_scale", Value::F32(0.5), "llama.logit_scale is 0.5");
    refused_with("llama.logit_scale", Value::F32(f32::NAN), "llama.logit_scale is NaN");
    refused_with("llama.logit_scale", Value::string("1"), "llama.logit_scale is a string");
    refused_with("llama.attention.scale", Value::F32(0.5), "only 0.25 is supported");
    refused_with("llama.attention.sliding_window", Value::U32(128), "a sliding attention window of 128");
    refused_with("llama.rope.dimension_sections", Value::i32s(&[4, 4]), "dimension_sections is not supported");
    refused_with("llama.rope.scale_linear", Value::F32(4.0), "llama.rope.scale_linear is 4");
    refused_with("llama.rope.scaling.factor", Value::F32(4.0), "rope scaling \"linear\" by 4");
    refused_with("llama.rope.scaling.type", Value::string("yarn"), "rope scaling \"yarn\"");
    refused_with("llama.rope.scaling.type", Value::string("llama3"), "rope scaling \"llama3\"");
    refused_with("llama.rope.scaling.type", Value::U32(1), "llama.rope.scaling.type is u32, not a string");
}

#[test]
fn settings_that_change_nothing_are_accepted() {
    the_same_with("llama.expert_count", Value::U32(0));
    the_same_with("llama.attention.causal", Value::Bool(true));
    the_same_with("llama.attention.scale", Value::F32(0.25));
    the_same_with("llama.attention.sliding_window", Value::U32(256));
    the_same_with("llama.logit_scale", Value::F32(1.0));
    the_same_with("llama.rope.scaling.type", Value::string("none"));
    the_same_with("llama.rope.scaling.type", Value::string("linear"));
    the_same_with("llama.rope.scaling.factor", Value::F32(1.0));
    the_same_with("llama.attention.key_length", Value::U32(16));
    the_same_with("llama.tensor_data_layout", Value::string("Meta AI original pth"));
}

#[test]
fn the_default_model_has_a_plan() {
    let Some(file) = default_model_bytes("the_default_model_has_a_plan") else { return };
    let Plan { config, weights } = models::plan(&header(&file)).unwrap();
    assert_eq!(
        config,
        Hyperparameters {
            name: "Smollm2 135M 8k Lc100K Mix1 Ep2".into(),
            context: 8192,
            embedding: 576,
            layers: 30,
            heads: 9,
            kv_heads: 3,
            head_dim: 64,
            feed_forward: 1536,
            vocab: 49_152,
            rope_base: 100_000.0,
            rope_dims: 64,
            norm_eps: 1e-5,
        }
    );
    assert_eq!(weights.len(), 272);
    let count = |format| weights.iter().filter(|weight| weight.format == format).count();
    assert_eq!(Format::ALL.map(count), [61, 0, 1, 0, 210]);
}
