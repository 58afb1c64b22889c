//! The `llama` architecture: Llama, SmolLM2, Mistral and everything else that is exported under that name.
//!
//! A block is RMSNorm, grouped-query attention with rotary positions, residual; RMSNorm, SwiGLU, residual. The name
//! also covers variants with experts, biases, windows or scaled positions. Those are refused here, by name, because
//! running them as if they were plain would give fluent nonsense: every tensor has to have a purpose, and every
//! setting that would change the arithmetic has to be neutral.

use super::{Hyperparameters, Plan, Slot, Weight};
use crate::engine::{
    error::EngineError,
    gguf::{Header, Metadata, TensorInfo, Value},
    order,
    quant::Format,
};

/// Most transformer blocks.
const MAX_LAYERS: usize = 512;

/// Most elements of a hidden state, of all heads together, or of a feed-forward state.
const MAX_LENGTH: usize = 1 << 16;

/// Most elements of a head: what the attention kernels keep in registers and workgroup memory.
const MAX_HEAD_DIM: usize = 256;

/// Most tokens.
const MAX_VOCAB: usize = 1 << 20;

/// Most positions.
const MAX_CONTEXT: usize = 1 << 24;

/// What the rotary base is when the file does not say: the original Llama's.
const DEFAULT_ROPE_BASE: f32 = 10_000.0;

/// A slot of the block with that number.
type InBlock = fn(u16) -> Slot;

/// The tensors of a block: what follows `blk.N.`, and the slot. All are required.
const BLOCK: &[(&str, InBlock)] = &[
    ("attn_norm.weight", Slot::AttnNorm),
    ("attn_q.weight", Slot::Q),
    ("attn_k.weight", Slot::K),
    ("attn_v.weight", Slot::V),
    ("attn_output.weight", Slot::O),
    ("ffn_norm.weight", Slot::FfnNorm),
    ("ffn_gate.weight", Slot::Gate),
    ("ffn_up.weight", Slot::Up),
    ("ffn_down.weight", Slot::Down),
];

/// The tensors outside the blocks: name, slot, whether it is required.
const GLOBAL: &[(&str, Slot, bool)] = &[
    ("token_embd.weight", Slot::Embedding, true),
    ("output_norm.weight", Slot::OutputNorm, true),
    ("output.weight", Slot::Output, false),
    ("rope_freqs.weight", Slot::RopeFreqs, false),
];

/// Settings that would change the arithmetic, without `llama.`, and the values that leave it alone.
const NEUTRAL: &[(&str, &[f64])] = &[
    ("expert_count", &[0.0]),
    ("expert_used_count", &[0.0]),
    ("use_parallel_residual", &[0.0]),
    ("attention.causal", &[1.0]),
    ("attention.clamp_kqv", &[0.0]),
    ("attention.max_alibi_bias", &[0.0]),
    ("attn_logit_softcapping", &[0.0]),
    ("final_logit_softcapping", &[0.0]),
    ("logit_scale", &[0.0, 1.0]),
    ("residual_scale", &[0.0, 1.0]),
    ("embedding_scale", &[0.0, 1.0]),
    ("rope.scale_linear", &[0.0, 1.0]),
];

/// Reads a header into a plan.
///
/// # Errors
///
/// [`EngineError::Unsupported`] when the file lacks something, contradicts itself, or describes a model that this
/// engine would compute wrongly.
pub(super) fn plan(header: &Header) -> Result<Plan, EngineError> {
    let settings = Settings { metadata: &header.metadata };
    let config = config(&settings, header)?;
    let tensors = assign(header, config.layers)?;
    refuse_variants(&settings, &config, has(&tensors, Slot::RopeFreqs))?;

    let by_offset = order::sorted(tensors.len(), &|a, b| tensors[a].1.offset.cmp(&tensors[b].1.offset));
    let weights = by_offset.into_iter().map(|place| {
        let (slot, tensor) = tensors[place];
        weight(slot, tensor, &config)
    });
    Ok(Plan { weights: weights.collect::<Result<_, _>>()?, config })
}

/// The metadata under `llama.`: a value of the wrong type is an error, not an absent one.
struct Settings<'a> {
    metadata: &'a Metadata,
}

impl Settings<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.metadata.get(&format!("llama.{key}"))
    }

    /// A length or a count between 1 and `most`, if the file gives it.
    fn count(&self, key: &str, most: usize) -> Result<Option<usize>, EngineError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let Some(number) = value.as_u64() else {
            return Err(unsupported(format!("llama.{key} is {}, not a count", value.type_name())));
        };
        match usize::try_from(number) {
            Ok(count) if (1..=most).contains(&count) => Ok(Some(count)),
            _ => Err(unsupported(format!("llama.{key} is {number}; it must be between 1 and {most}"))),
        }
    }

    fn required_count(&self, key: &str, most: usize) -> Result<usize, EngineError> {
        self.count(key, most)?.ok_or_else(|| unsupported(format!("llama.{key} is missing")))
    }

    /// A finite number above zero, if the file gives it.
    fn positive(&self, key: &str) -> Result<Option<f32>, EngineError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.as_f32() {
            Some(number) if number.is_finite() && number > 0.0 => Ok(Some(number)),
            Some(number) => {
                Err(unsupported(format!("llama.{key} is {}; it must be above zero", decimal(number.into()))))
            }
            None => Err(unsupported(format!("llama.{key} is {}, not a number", value.type_name()))),
        }
    }

    /// A number of any type; truth counts as 0 or 1.
    fn number(&self, key: &str) -> Result<Option<f64>, EngineError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let number = match value {
            Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
            // Only compared with small numbers, so rounding does no harm.
            other => other.as_f32().map(f64::from).or_else(|| other.as_u64().map(|number| number as f64)),
        };
        number
            .map(Some)
            .ok_or_else(|| unsupported(format!("llama.{key} is {}, not a number to reckon with", value.type_name())))
    }
}

/// The shape of the model.
fn config(settings: &Settings<'_>, header: &Header) -> Result<Hyperparameters, EngineError> {
    let embedding = settings.required_count("embedding_length", MAX_LENGTH)?;
    let heads = settings.required_count("attention.head_count", MAX_LENGTH)?;
    let kv_heads = settings.count("attention.head_count_kv", MAX_LENGTH)?.unwrap_or(heads);
    if heads % kv_heads != 0 {
        return Err(unsupported(format!("{heads} query heads can't share {kv_heads} key heads evenly")));
    }
    let head_dim = head_dim(settings, embedding, heads)?;
    let rope_dims = settings.count("rope.dimension_count", head_dim)?.unwrap_or(head_dim);
    if rope_dims % 2 != 0 {
        return Err(unsupported(format!("llama.rope.dimension_count is {rope_dims}; it must be even")));
    }
    let norm_eps = settings.positive("attention.layer_norm_rms_epsilon")?;

    Ok(Hyperparameters {
        name: header.metadata.str("general.name").unwrap_or("llama").to_owned(),
        context: settings.required_count("context_length", MAX_CONTEXT)?,
        embedding,
        layers: settings.required_count("block_count", MAX_LAYERS)?,
        heads,
        kv_heads,
        head_dim,
        feed_forward: settings.required_count("feed_forward_length", MAX_LENGTH)?,
        vocab: vocab(settings, header)?,
        rope_base: settings.positive("rope.freq_base")?.unwrap_or(DEFAULT_ROPE_BASE),
        rope_dims,
        norm_eps: norm_eps.ok_or_else(|| unsupported("llama.attention.layer_norm_rms_epsilon is missing".into()))?,
    })
}

/// The length of a head: given, or an equal share of the hidden state. Keys and values are given one by one.
fn head_dim(settings: &Settings<'_>, embedding: usize, heads: usize) -> Result<usize, EngineError> {
    let share = embedding.is_multiple_of(heads).then_some(embedding / heads);
    let key = settings.count("attention.key_length", MAX_LENGTH)?.or(share);
    let value = settings.count("attention.value_length", MAX_LENGTH)?.or(share);
    let (Some(head_dim), Some(value)) = (key, value) else {
        return Err(unsupported(format!("a hidden state of {embedding} can't be shared by {heads} heads")));
    };
    if value != head_dim {
        return Err(unsupported(format!("keys of {head_dim} and values of {value} elements are not supported")));
    }
    if head_dim % 2 != 0 || head_dim > MAX_HEAD_DIM {
        return Err(unsupported(format!("a head has {head_dim} elements; it must be even and at most {MAX_HEAD_DIM}")));
    }
    // Both factors are at most 2¹⁶, so the product fits 64 bits but perhaps not the address space.
    if head_dim as u64 * heads as u64 > MAX_LENGTH as u64 {
        return Err(unsupported(format!("{heads} heads of {head_dim} elements are more than {MAX_LENGTH} in all")));
    }
    Ok(head_dim)
}

/// The number of tokens, on which the embedding, the tokenizer and the setting have to agree.
fn vocab(settings: &Settings<'_>, header: &Header) -> Result<usize, EngineError> {
    let embedding = header.tensors.iter().find(|tensor| tensor.name == "token_embd.weight");
    let embedding = embedding.ok_or_else(|| unsupported("the tensor token_embd.weight is missing".into()))?;
    let rows = embedding.dims.get(1).copied().unwrap_or(1);
    let vocab = usize::try_from(rows).ok().filter(|vocab| *vocab <= MAX_VOCAB);
    let vocab = vocab.ok_or_else(|| unsupported(format!("{rows} tokens are more than {MAX_VOCAB}")))?;

    let tokens = header.metadata.strings("tokenizer.ggml.tokens").map(|tokens| tokens.len());
    for (said, who) in
        [(tokens, "the tokenizer has"), (settings.count("vocab_size", MAX_VOCAB)?, "llama.vocab_size is")]
    {
        if let Some(said) = said
            && said != vocab
        {
            return Err(unsupported(format!("the embedding has {vocab} tokens, but {who} {said}")));
        }
    }
    Ok(vocab)
}

/// Gives every tensor its slot. None may be left over, and no slot that is needed may stay empty.
fn assign(header: &Header, layers: usize) -> Result<Vec<(Slot, &TensorInfo)>, EngineError> {
    let mut tensors = Vec::new();
    let mut extra = Vec::new();
    for tensor in &header.tensors {
        match slot(&tensor.name, layers) {
            // Names are unique and each slot has one spelling, so no slot comes twice.
            Some(slot) => tensors.push((slot, tensor)),
            None => extra.push(tensor.name.clone()),
        }
    }
    let by_slot = order::sorted(tensors.len(), &|a, b| tensors[a].0.cmp(&tensors[b].0));
    let tensors: Vec<_> = by_slot.into_iter().map(|place| tensors[place]).collect();
    let missing: Vec<String> =
        required(layers).filter(|(_, slot)| !has(&tensors, *slot)).map(|(name, _)| name).collect();
    // A missing tensor tells more than an extra one: a misnamed tensor is both.
    if !missing.is_empty() {
        return Err(unsupported(format!("the model lacks {}", list(&missing))));
    }
    if !extra.is_empty() {
        return Err(unsupported(format!("the model has parts that the llama architecture does not: {}", list(&extra))));
    }
    Ok(tensors)
}

/// Whether a slot is taken. `tensors` are in the order of their slots.
fn has(tensors: &[(Slot, &TensorInfo)], slot: Slot) -> bool {
    tensors.binary_search_by(|(taken, _)| taken.cmp(&slot)).is_ok()
}

/// The slot of a tensor's name.
fn slot(name: &str, layers: usize) -> Option<Slot> {
    let Some(in_block) = name.strip_prefix("blk.") else {
        return GLOBAL.iter().find(|(known, ..)| *known == name).map(|(_, slot, _)| *slot);
    };
    let (number, part) = in_block.split_once('.')?;
    let layer: u16 = number.parse().ok()?;
    // `parse` also takes "+1" and "01", which no writer means.
    if layer.to_string() != number || usize::from(layer) >= layers {
        return None;
    }
    BLOCK.iter().find(|(known, _)| *known == part).map(|(_, slot)| slot(layer))
}

/// Every tensor that has to be there, by name and slot.
fn required(layers: usize) -> impl Iterator<Item = (String, Slot)> {
    let global = GLOBAL.iter().filter(|(.., required)| *required).map(|(name, slot, _)| ((*name).to_owned(), *slot));
    // MAX_LAYERS keeps the number within 16 bits.
    let blocks = (0..layers as u16)
        .flat_map(|layer| BLOCK.iter().map(move |(part, slot)| (format!("blk.{layer}.{part}"), slot(layer))));
    global.chain(blocks)
}

/// Refuses settings under which a plain Llama's arithmetic would be wrong.
fn refuse_variants(settings: &Settings<'_>, config: &Hyperparameters, has_rope_freqs: bool) -> Result<(), EngineError> {
    for (key, neutral) in NEUTRAL {
        if let Some(number) = settings.number(key)?
            && !neutral.contains(&number)
        {
            return Err(unsupported(format!("llama.{key} is {}, which is not supported", decimal(number))));
        }
    }
    // A window as long as the context hides nothing.
    if let Some(window) = settings.number("attention.sliding_window")?
        && window != 0.0
        && window < config.context as f64
    {
        return Err(unsupported(format!("a sliding attention window of {} is not supported", decimal(window))));
    }
    let usual = 1.0 / (config.head_dim as f64).sqrt();
    if let Some(scale) = settings.number("attention.scale")?
        && scale != 0.0
        && (scale / usual - 1.0).abs() > 1e-5
    {
        return Err(unsupported(format!(
            "llama.attention.scale is {}; only {} is supported",
            decimal(scale),
            decimal(usual)
        )));
    }
    if settings.get("rope.dimension_sections").is_some() {
        return Err(unsupported("llama.rope.dimension_sections is not supported".into()));
    }
    refuse_rope_scaling(settings, has_rope_freqs)
}

/// Rotary positions may be stretched in ways that are not computed here. Llama 3.1's way comes as a tensor of divisors.
fn refuse_rope_scaling(settings: &Settings<'_>, has_rope_freqs: bool) -> Result<(), EngineError> {
    // A factor without a type means linear scaling.
    let kind = match settings.get("rope.scaling.type") {
        None => "linear",
        Some(Value::String(kind)) => kind.as_str(),
        Some(other) => {
            return Err(unsupported(format!("llama.rope.scaling.type is {}, not a string", other.type_name())));
        }
    };
    let factor = settings.number("rope.scaling.factor")?.unwrap_or(1.0);
    let plain = match kind {
        "none" => true,
        "linear" => factor == 0.0 || factor == 1.0,
        "llama3" => has_rope_freqs,
        _ => false,
    };
    if plain {
        Ok(())
    } else {
        Err(unsupported(format!("rope scaling {kind:?} by {} is not supported", decimal(factor))))
    }
}

/// Checks a tensor's shape and format against its purpose.
fn weight(slot: Slot, tensor: &TensorInfo, config: &Hyperparameters) -> Result<Weight, EngineError> {
    let (rows, cols) = shape(slot, config);
    let is = |at: usize| tensor.dims.get(at).copied().unwrap_or(1);
    if is(0) != cols as u64 || is(1) != rows as u64 || tensor.dims.iter().skip(2).any(|dim| *dim != 1) {
        return Err(unsupported(format!(
            "the tensor {} has the shape {:?}, but the model's settings ask for [{cols}, {rows}]",
            tensor.name, tensor.dims
        )));
    }
    let is_vector = matches!(slot, Slot::OutputNorm | Slot::AttnNorm(_) | Slot::FfnNorm(_) | Slot::RopeFreqs);
    if is_vector && tensor.format != Format::F32 {
        return Err(unsupported(format!(
            "the tensor {} is {:?}; norms and frequencies are supported in F32 only",
            tensor.name, tensor.format
        )));
    }
    Ok(Weight { slot, format: tensor.format, rows, cols, offset: tensor.offset, bytes: tensor.bytes })
}

/// Rows and columns of a slot; vectors have one row.
fn shape(slot: Slot, config: &Hyperparameters) -> (usize, usize) {
    match slot {
        Slot::Embedding | Slot::Output => (config.vocab, config.embedding),
        Slot::OutputNorm | Slot::AttnNorm(_) | Slot::FfnNorm(_) => (1, config.embedding),
        Slot::RopeFreqs => (1, config.rope_dims / 2),
        Slot::Q(_) => (config.q_dim(), config.embedding),
        Slot::K(_) | Slot::V(_) => (config.kv_dim(), config.embedding),
        Slot::O(_) => (config.embedding, config.q_dim()),
        Slot::Gate(_) | Slot::Up(_) => (config.feed_forward, config.embedding),
        Slot::Down(_) => (config.embedding, config.feed_forward),
    }
}

/// A setting for a message, to six decimals: std's own printing of such numbers would add kilobytes to the module.
fn decimal(number: f64) -> String {
    const DECIMALS: usize = 6;
    let sign = if number < 0.0 { "-" } else { "" };
    if !number.is_finite() {
        return if number.is_nan() { "NaN".into() } else { format!("{sign}inf") };
    }
    // Beyond 10¹³ the conversion stays at the largest integer.
    let digits = format!("{:07}", (number.abs() * 1e6).round() as u64);
    let (whole, fraction) = digits.split_at(digits.len() - DECIMALS);
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

/// The first few of many names.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn unsupported(message: String) -> EngineError {
    EngineError::Unsupported(message)
}
