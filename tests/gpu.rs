//! The model on a GPU against the CPU, which computes in the same arithmetic. Any adapter will do; lavapipe is one.

mod support;

use inferkit_widget::{
    engine::{
        backend::Backend,
        cpu::{Arithmetic, Cpu},
        error::EngineError,
        gguf::Header,
        gpu::{Device, Model, Pretence},
        models::{self, Plan},
        pace::Pace,
        quant::Format,
        sampler,
    },
    wire::Sampling,
};
use pollster::block_on;
use support::tiny::{Random, TinyFormats, TinyShape, Vocabulary, tiny_writer};

const GREEDY: Sampling =
    Sampling { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, repetition_penalty: 1.0, seed: 0 };

/// Opens a device, or says why the caller skips its test.
fn device_as(test: &str, pretence: Pretence) -> Option<Device> {
    match block_on(Device::open_as(pretence, &Pace::new())) {
        Ok(device) => Some(device),
        Err(error) => {
            support::skip::skip(test, &error.to_string());
            None
        }
    }
}

fn device(test: &str) -> Option<Device> {
    device_as(test, Pretence::default())
}

fn plan_of(file: &[u8]) -> Plan {
    let header: Header = support::header(file);
    models::plan(&header).expect("a plan")
}

/// Writes every tensor, cut into pieces of changing lengths so that blocks and rows are torn.
fn fill(backend: &mut impl Backend, plan: &Plan, file: &[u8], longest: u64) {
    let mut random = Random(7);
    for weight in &plan.weights {
        let bytes = &file[weight.offset as usize..][..weight.bytes as usize];
        let mut at = 0;
        while at < bytes.len() {
            let length = (1 + random.next() % longest) as usize;
            let end = bytes.len().min(at + length);
            backend.write(weight.slot, at as u64, &bytes[at..end]).expect("a write");
            at = end;
        }
    }
    block_on(backend.seal(&Pace::new())).expect("sealed");
}

fn gpu_model(device: &Device, file: &[u8], context: usize) -> Model {
    let plan = plan_of(file);
    let mut model = block_on(Model::new(device, &plan, context, &Pace::new())).expect("a model");
    fill(&mut model, &plan, file, 999);
    model
}

fn reference(file: &[u8], context: usize) -> Cpu {
    let plan = plan_of(file);
    let mut cpu = Cpu::new(&plan, context, Arithmetic::Integer).expect("a reference");
    fill(&mut cpu, &plan, file, 99_999);
    cpu
}

/// A prompt of random tokens.
fn prompt(length: usize, vocab: usize, seed: u64) -> Vec<u32> {
    let mut random = Random(seed);
    (0..length).map(|_| (random.next() % vocab as u64) as u32).collect()
}

/// Both vectors agree to within `tolerance` of the largest logit.
fn assert_close(what: &str, gpu: &[f32], cpu: &[f32], tolerance: f32) {
    assert_eq!(gpu.len(), cpu.len(), "{what}");
    let largest = cpu.iter().fold(0.0_f32, |largest, logit| largest.max(logit.abs()));
    let (index, worst) = gpu
        .iter()
        .zip(cpu)
        .map(|(gpu, cpu)| (gpu - cpu).abs())
        .enumerate()
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .expect("logits");
    assert!(
        worst <= tolerance * largest,
        "{what}: logit {index} is {} on the GPU and {} on the CPU; the largest is {largest}",
        gpu[index],
        cpu[index],
    );
    assert!(gpu.iter().all(|logit| logit.is_finite()), "{what}: not all logits are numbers");
}

/// What the logits of two backends may differ by, as a share of the largest.
///
/// Both round in the same places, and where the device's arithmetic is that of the standard and sums have the same
/// order, they agree to the last bit. Elsewhere, a difference in the last place may decide how an activation is
/// quantised, and then grows to what quantisation itself does.
fn tolerance(device: &Device) -> f32 {
    // A device may pose as software, but then its arithmetic does not.
    let exact =
        device.is_software() && block_on(Device::open(true, &Pace::new())).is_ok_and(|device| device.is_software());
    if exact { 2e-3 } else { 5e-2 }
}

/// Reads a prompt and generates a few tokens with both, comparing logits after each. The reference's choice decides.
fn compare(what: &str, tolerance: f32, gpu: &mut Model, cpu: &mut Cpu, prompt: &[u32], reuse: usize, tokens: usize) {
    let pace = Pace::new();
    let mut chosen = block_on(gpu.start(prompt, reuse, &GREEDY, &pace)).expect("a token");
    let mut expected = block_on(cpu.start(prompt, reuse, &GREEDY, &pace)).expect("a token");
    for step in 0..=tokens {
        let (ours, theirs) = (block_on(gpu.logits()).expect("logits"), block_on(cpu.logits()).expect("logits"));
        assert_close(&format!("{what}, token {step}"), &ours, &theirs, tolerance);
        if chosen != expected {
            // A near-tie may fall either way; then the two go different ways.
            let gap = (theirs[chosen as usize] - theirs[expected as usize]).abs();
            let largest = theirs.iter().fold(0.0_f32, |largest, logit| largest.max(logit.abs()));
            assert!(gap <= 2.0 * tolerance * largest, "{what}, token {step}: {chosen} for {expected}, {gap} apart");
            return;
        }
        if step == tokens {
            break;
        }
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        block_on(gpu.next(1, &mut ours, &pace)).expect("a token");
        block_on(cpu.next(1, &mut theirs, &pace)).expect("a token");
        (chosen, expected) = (ours[0], theirs[0]);
    }
    assert_eq!(gpu.filled(), cpu.filled(), "{what}");
}

fn tiny(shape: TinyShape, formats: TinyFormats) -> Vec<u8> {
    tiny_writer(&Vocabulary::synthetic(), shape, formats, 11).finish()
}

#[test]
fn every_format_gives_the_reference_s_logits() {
    let Some(device) = device("every_format_gives_the_reference_s_logits") else { return };
    for format in Format::ALL {
        let file = tiny(TinyShape::default(), TinyFormats::all(format));
        let (mut gpu, mut cpu) = (gpu_model(&device, &file, 64), reference(&file, 64));
        compare(&format!("{format:?}"), tolerance(&device), &mut gpu, &mut cpu, &prompt(21, 272, 3), 0, 6);
    }
}

#[test]
fn kernels_cut_for_either_kind_of_adapter_agree_with_the_reference() {
    for software in [true, false] {
        let pretence = Pretence { software: Some(software), ..Pretence::default() };
        let Some(device) = device_as("kernels_cut_for_either_kind_of_adapter", pretence) else { return };
        assert_eq!(device.is_software(), software);
        // Rows of 18 and 48 blocks, as the default model has them.
        let shape = TinyShape {
            embedding: 576,
            heads: 9,
            kv_heads: 3,
            head_dim: 64,
            feed_forward: 1536,
            ..TinyShape::default()
        };
        let file = tiny(TinyShape { rope_dims: 64, ..shape }, TinyFormats::all(Format::Q4_1));
        let (mut gpu, mut cpu) = (gpu_model(&device, &file, 96), reference(&file, 96));
        for length in [5, 17, 40] {
            compare(
                &format!("software: {software}"),
                tolerance(&device),
                &mut gpu,
                &mut cpu,
                &prompt(length, 272, 31),
                0,
                3,
            );
        }
    }
}

#[test]
fn the_default_model_gives_the_reference_s_logits() {
    let test = "the_default_model_gives_the_reference_s_logits";
    let Some(device) = device(test) else { return };
    let Some(file) = support::default_model_bytes(test) else { return };
    let (mut gpu, mut cpu) = (gpu_model(&device, &file, 64), reference(&file, 64));
    assert!(gpu.dispatches_per_token() <= 160);
    compare("the default model", tolerance(&device), &mut gpu, &mut cpu, &prompt(19, 49152, 2), 0, 4);
}

#[test]
fn formats_may_differ_within_a_model_and_rows_need_not_fill_blocks() {
    let Some(device) = device("formats_may_differ_within_a_model_and_rows_need_not_fill_blocks") else { return };
    let mixed = TinyFormats {
        embedding: Format::Q8_0,
        attention: Format::Q4_0,
        feed_forward: Format::F16,
        output: Some(Format::Q4_1),
    };
    // Partial rotation, five query heads to one of keys, a head of 12 and rows that end within a block.
    let odd = TinyShape {
        layers: 3,
        embedding: 60,
        heads: 5,
        kv_heads: 1,
        head_dim: 12,
        feed_forward: 100,
        context: 300,
        rope_dims: 8,
        rope_base: 500_000.0,
    };
    for (name, shape, formats) in [
        ("mixed", TinyShape::default(), mixed),
        ("odd, F32", odd, TinyFormats::all(Format::F32)),
        ("odd, F16", odd, TinyFormats { output: Some(Format::F16), ..TinyFormats::all(Format::F16) }),
    ] {
        let file = tiny(shape, formats);
        let (mut gpu, mut cpu) = (gpu_model(&device, &file, 96), reference(&file, 96));
        compare(name, tolerance(&device), &mut gpu, &mut cpu, &prompt(19, 272, 5), 0, 4);
    }
}

#[test]
fn q_k_and_v_may_have_different_formats() {
    let Some(device) = device("q_k_and_v_may_have_different_formats") else { return };
    // As quantisers do: V keeps more bits than Q and K. The tensor is borrowed from a second model.
    let formats = TinyFormats::all(Format::Q4_0);
    let vocabulary = Vocabulary::synthetic();
    let shape = TinyShape::default();
    let donor = tiny_writer(&vocabulary, shape, TinyFormats::all(Format::Q8_0), 12);
    for borrowed in [&["attn_v"][..], &["attn_k"], &["attn_q", "attn_v"], &["ffn_up"]] {
        let mut writer = tiny_writer(&vocabulary, shape, formats, 11);
        for part in borrowed {
            let name = format!("blk.1.{part}.weight");
            *writer.tensor_mut(&name) = donor.clone().tensor_mut(&name).clone();
        }
        let file = writer.finish();
        let (mut gpu, mut cpu) = (gpu_model(&device, &file, 64), reference(&file, 64));
        compare(&format!("{borrowed:?}"), tolerance(&device), &mut gpu, &mut cpu, &prompt(9, 272, 3), 0, 3);
    }
}

#[test]
fn a_prompt_s_length_and_its_reused_prefix_make_no_difference() {
    let Some(device) = device("a_prompt_s_length_and_its_reused_prefix_make_no_difference") else { return };
    let file = tiny(TinyShape::default(), TinyFormats::all(Format::Q4_1));
    let (mut gpu, mut cpu) = (gpu_model(&device, &file, 200), reference(&file, 200));
    for length in [1, 2, 7, 8, 9, 15, 16, 17, 33, 64, 65, 130, 196] {
        compare(
            &format!("{length} tokens"),
            tolerance(&device),
            &mut gpu,
            &mut cpu,
            &prompt(length, 272, length as u64),
            0,
            2,
        );
    }
    // The last conversation goes on, then its last words are changed, then all but its first.
    let long = prompt(196, 272, 196);
    for (reuse, length) in [(190, 195), (100, 101), (99, 140), (8, 30), (1, 2)] {
        let mut changed = long[..reuse].to_vec();
        changed.extend(prompt(length - reuse, 272, 1000 + length as u64));
        compare(&format!("{reuse} of {length} reused"), tolerance(&device), &mut gpu, &mut cpu, &changed, reuse, 3);
    }
}

#[test]
fn matrices_over_the_binding_limit_are_split() {
    let pretence = Pretence { max_binding: Some(64 << 10), ..Pretence::default() };
    let Some(small) = device_as("matrices_over_the_binding_limit_are_split", pretence) else { return };
    let shape =
        TinyShape { embedding: 160, feed_forward: 416, head_dim: 16, heads: 10, context: 100, ..TinyShape::default() };
    let formats =
        TinyFormats { output: Some(Format::Q8_0), feed_forward: Format::F16, ..TinyFormats::all(Format::F32) };
    let file = tiny(shape, formats);
    let (mut gpu, mut cpu) = (gpu_model(&small, &file, 96), reference(&file, 96));
    let whole = 2 * 5 + 4;
    assert!(gpu.dispatches_per_token() > whole + 6, "{} dispatches: nothing was split", gpu.dispatches_per_token());
    compare("split", tolerance(&small), &mut gpu, &mut cpu, &prompt(23, 272, 9), 0, 5);
}

#[test]
fn a_token_of_thirty_layers_is_one_pass_of_at_most_160_dispatches() {
    let Some(device) = device("a_token_of_thirty_layers_is_one_pass_of_at_most_160_dispatches") else { return };
    let file = tiny(TinyShape { layers: 30, ..TinyShape::default() }, TinyFormats::all(Format::Q4_1));
    let mut gpu = gpu_model(&device, &file, 64);
    assert_eq!(gpu.dispatches_per_token(), 30 * 5 + 4);
    let pace = Pace::new();
    block_on(gpu.start(&[1, 2, 3], 0, &GREEDY, &pace)).expect("a token");
    block_on(gpu.next(4, &mut Vec::new(), &pace)).expect("tokens");
    assert_eq!(gpu.passes_per_token(), 1);
}

/// Generates with the GPU, and repeats every choice with the CPU's sampler on the GPU's logits.
fn check_sampling(gpu: &mut Model, prompt: &[u32], sampling: &Sampling) {
    let pace = Pace::new();
    let mut tokens = prompt.to_vec();
    let mut chosen = block_on(gpu.start(prompt, 0, sampling, &pace)).expect("a token");
    for step in 0..24 {
        let mut logits = block_on(gpu.logits()).expect("logits");
        let expected = sampler::sample(&mut logits, sampling, &tokens, step);
        assert_eq!(chosen, expected, "step {step} of {sampling:?}");
        tokens.push(chosen);
        let mut fresh = Vec::new();
        block_on(gpu.next(1, &mut fresh, &pace)).expect("a token");
        chosen = fresh[0];
    }
}

#[test]
fn tokens_are_chosen_as_the_cpu_s_sampler_chooses() {
    let Some(device) = device("tokens_are_chosen_as_the_cpu_s_sampler_chooses") else { return };
    let warm = Sampling { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05, repetition_penalty: 1.1, seed: 1 };
    let header = support::default_model_bytes("the large vocabulary").map(|file| support::header(&file));
    let mut vocabularies = vec![Vocabulary::synthetic()];
    vocabularies.extend(header.as_ref().map(Vocabulary::of));
    for vocabulary in vocabularies {
        let file = tiny_writer(&vocabulary, TinyShape::default(), TinyFormats::all(Format::Q8_0), 5).finish();
        let mut gpu = gpu_model(&device, &file, 128);
        // Longer than the penalty's window, with repetitions.
        let mut long = prompt(70, 60, 4);
        long.extend_from_within(..10);
        for sampling in [
            GREEDY,
            Sampling { repetition_penalty: 1.3, ..GREEDY },
            warm.clone(),
            Sampling { seed: 2, ..warm.clone() },
            Sampling { top_k: 0, top_p: 1.0, min_p: 0.0, temperature: 2.0, ..warm.clone() },
            Sampling { top_k: 1, ..warm.clone() },
            Sampling { top_k: 1000, top_p: 0.5, seed: 77, ..warm.clone() },
            Sampling { min_p: 0.7, temperature: 1.5, seed: 9, ..warm.clone() },
            Sampling { min_p: 2.0, ..warm.clone() },
            Sampling { top_p: 0.0, ..warm.clone() },
            Sampling {
                temperature: f32::NAN,
                top_p: f32::NAN,
                min_p: f32::NAN,
                repetition_penalty: f32::NAN,
                ..warm.clone()
            },
            Sampling { repetition_penalty: 0.0, ..warm.clone() },
        ] {
            check_sampling(&mut gpu, &prompt(5, 60, 3), &sampling);
            check_sampling(&mut gpu, &long, &sampling);
        }
    }
}

#[test]
fn a_batch_gives_the_tokens_that_single_steps_give() {
    let Some(device) = device("a_batch_gives_the_tokens_that_single_steps_give") else { return };
    let file = tiny(TinyShape::default(), TinyFormats::all(Format::Q4_0));
    let mut gpu = gpu_model(&device, &file, 128);
    let pace = Pace::new();
    let warm = Sampling { temperature: 1.2, seed: 3, ..Sampling::default() };
    let mut run = |want: usize| {
        let mut tokens = vec![block_on(gpu.start(&[5, 6, 7], 0, &warm, &pace)).expect("a token")];
        while tokens.len() < 100 {
            let left = 100 - tokens.len();
            let before = tokens.len();
            block_on(gpu.next(want.min(left), &mut tokens, &pace)).expect("tokens");
            assert!((1..=want).contains(&(tokens.len() - before)));
            assert_eq!(gpu.filled(), 3 + tokens.len() - 1);
        }
        tokens
    };
    assert_eq!(run(1), run(8));
}

#[test]
fn a_stop_leaves_a_cache_that_can_be_used() {
    let Some(device) = device("a_stop_leaves_a_cache_that_can_be_used") else { return };
    let file = tiny(TinyShape::default(), TinyFormats::all(Format::Q4_1));
    let (mut gpu, mut cpu) = (gpu_model(&device, &file, 128), reference(&file, 128));
    let question = prompt(40, 272, 8);
    let stopped = Pace::new();
    stopped.stop();
    assert_eq!(block_on(gpu.start(&question, 0, &GREEDY, &stopped)), Err(EngineError::Stopped));
    assert!(gpu.filled() <= 40);
    let pace = Pace::new();
    assert!(matches!(block_on(gpu.next(1, &mut Vec::new(), &pace)), Err(EngineError::Internal(_))), "no answer runs");

    compare("after a stopped prompt", tolerance(&device), &mut gpu, &mut cpu, &question, 0, 2);
    let filled = gpu.filled();
    let mut tokens = Vec::new();
    assert_eq!(block_on(gpu.next(4, &mut tokens, &stopped)), Err(EngineError::Stopped));
    assert_eq!((gpu.filled(), tokens.len()), (filled, 0));
    compare("after a stopped answer", tolerance(&device), &mut gpu, &mut cpu, &question, 39, 4);
}

#[test]
fn the_cache_ends_where_it_ends() {
    let Some(device) = device("the_cache_ends_where_it_ends") else { return };
    let file = tiny(TinyShape::default(), TinyFormats::all(Format::F16));
    let mut gpu = gpu_model(&device, &file, 10);
    let pace = Pace::new();
    assert_eq!(gpu.capacity(), 10);
    assert!(matches!(block_on(gpu.start(&[1; 11], 0, &GREEDY, &pace)), Err(EngineError::Internal(_))));
    assert!(matches!(block_on(gpu.start(&[1, 999_999], 0, &GREEDY, &pace)), Err(EngineError::Internal(_))));
    block_on(gpu.start(&[1; 8], 0, &GREEDY, &pace)).expect("a token");
    let mut tokens = Vec::new();
    while tokens.len() < 2 {
        block_on(gpu.next(8, &mut tokens, &pace)).expect("a token");
    }
    assert_eq!((tokens.len(), gpu.filled()), (2, 10));
    assert!(matches!(block_on(gpu.next(1, &mut tokens, &pace)), Err(EngineError::Internal(_))));
}

#[test]
fn a_lost_device_ends_every_wait() {
    let Some(device) = device("a_lost_device_ends_every_wait") else { return };
    let file = tiny(TinyShape::default(), TinyFormats::all(Format::Q8_0));
    let mut gpu = gpu_model(&device, &file, 64);
    let pace = Pace::new();
    block_on(gpu.start(&[1, 2, 3], 0, &GREEDY, &pace)).expect("a token");
    assert_eq!(device.lost(), None);
    device.destroy();
    assert!(device.lost().is_some());
    let mut tokens = Vec::new();
    assert!(matches!(block_on(gpu.next(4, &mut tokens, &pace)), Err(EngineError::GpuLost(_))));
    assert!(matches!(block_on(gpu.start(&[1, 2], 0, &GREEDY, &pace)), Err(EngineError::GpuLost(_))));
    assert!(matches!(block_on(gpu.logits()), Err(EngineError::GpuLost(_))));
    assert!(matches!(block_on(Model::new(&device, &plan_of(&file), 64, &Pace::new())), Err(EngineError::GpuLost(_))));
}

#[test]
fn weights_that_do_not_come_as_promised_are_refused() {
    let Some(device) = device("weights_that_do_not_come_as_promised_are_refused") else { return };
    let file = tiny(TinyShape::default(), TinyFormats::all(Format::Q8_0));
    let plan = plan_of(&file);
    let mut gpu = block_on(Model::new(&device, &plan, 64, &Pace::new())).expect("a model");
    let slot = plan.weights[0].slot;
    assert!(matches!(gpu.write(slot, 1, &[0]), Err(EngineError::Internal(_))), "a gap");
    gpu.write(slot, 0, &[0; 100]).expect("the beginning");
    assert!(matches!(gpu.write(slot, 0, &[0; 100]), Err(EngineError::Internal(_))), "once more");
    let rest = vec![0; plan.weights[0].bytes as usize];
    assert!(matches!(gpu.write(slot, 100, &rest), Err(EngineError::Internal(_))), "too many");
    assert!(matches!(block_on(gpu.seal(&Pace::new())), Err(EngineError::Internal(_))), "too few");
    assert!(matches!(block_on(gpu.start(&[1], 0, &GREEDY, &Pace::new())), Err(EngineError::Internal(_))), "not sealed");
}

#[test]
fn the_default_model_answers_as_llama_cpp_does() {
    let test = "the_default_model_answers_as_llama_cpp_does";
    let Some(device) = device(test) else { return };
    let Some(file) = support::default_model_bytes(test) else { return };
    let mut gpu = gpu_model(&device, &file, 256);
    let (same, all) = support::golden::agreement(&mut gpu, &file, device.name());
    // Where a device's arithmetic is not the CPU's to the last bit, near ties fall to either side.
    let astray = if device.is_software() { 1 } else { 3 };
    assert!(same + astray >= all, "{same} of {all} golden answers");
}
