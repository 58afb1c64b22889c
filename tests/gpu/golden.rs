//! The answers that llama.cpp gives with the default model, token by token.

use crate::{GREEDY, device, gpu_model, support};
use inferkit_widget::{
    engine::{backend::Backend, gpu::Model, pace::Pace, template::Template, tokenizer::Tokenizer},
    wire::{Message, Role},
};
use pollster::block_on;
use serde::Deserialize;

/// An answer of llama.cpp, greedy and without a repetition penalty.
#[derive(Deserialize)]
struct Golden {
    messages: Vec<Spoken>,
    text: String,
}

/// A message as chat services write it.
#[derive(Deserialize)]
struct Spoken {
    role: String,
    content: String,
}

impl Spoken {
    fn message(&self) -> Message {
        let role = match self.role.as_str() {
            "system" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => panic!("nobody is {other}"),
        };
        Message { role, content: self.content.clone() }
    }
}

/// How many of an answer's tokens are compared: small differences in rounding add up.
const COMPARED: usize = 16;

/// A difference of logits within which the reference's own rounding may decide.
const NEAR_TIE: f32 = 0.3;

#[test]
fn the_default_model_answers_as_llama_cpp_does() {
    let test = "the_default_model_answers_as_llama_cpp_does";
    let Some(device) = device(test) else { return };
    let Some(file) = support::default_model_bytes(test) else { return };
    let header = support::header(&file);
    let tokenizer = Tokenizer::from_metadata(&header.metadata).expect("a tokenizer");
    let template = Template::detect(header.metadata.str("tokenizer.chat_template")).expect("a template");
    let goldens: Vec<Golden> =
        serde_json::from_str(include_str!("../golden/smollm2-135m-q4_1-greedy.json")).expect("golden answers");
    let mut gpu = gpu_model(&device, &file, 256);

    let mut same = 0;
    for (index, golden) in goldens.iter().enumerate() {
        let messages: Vec<Message> = golden.messages.iter().map(Spoken::message).collect();
        let prompt = template.tokens(&tokenizer, &messages).expect("a prompt");
        let Err(gap) = follow(&mut gpu, &tokenizer, &prompt, golden.text.as_bytes()) else {
            same += 1;
            continue;
        };
        let Gap { step, token, expected, logits } = gap;
        eprintln!("golden {index}, step {step}: {token:?}, not {expected:?}; {logits} apart");
        assert!(logits < NEAR_TIE, "that is no near tie");
    }
    eprintln!("{same} of {} golden answers are the same on {}", goldens.len(), device.name());
    // Where a device's arithmetic is not the CPU's to the last bit, near ties fall to either side.
    let astray = if device.is_software() { 1 } else { 3 };
    assert!(same + astray >= goldens.len(), "{same} of {} golden answers", goldens.len());
}

/// Where an answer leaves its reference.
struct Gap {
    step: usize,
    token: String,
    expected: String,
    /// How much likelier the token was than the expected one.
    logits: f32,
}

/// Whether the answer's first tokens spell the beginning of `text`, or all of it when the answer ends before.
fn follow(gpu: &mut Model, tokenizer: &Tokenizer, prompt: &[u32], text: &[u8]) -> Result<(), Gap> {
    let pace = Pace::new();
    let mut rest = text;
    let mut out = vec![block_on(gpu.start(prompt, 0, &GREEDY, &pace)).expect("a token")];
    loop {
        let token = out[out.len() - 1];
        let ended = tokenizer.is_end(token);
        if ended && rest.is_empty() {
            return Ok(());
        }
        let Some(after) = rest.strip_prefix(tokenizer.bytes(token)).filter(|_| !ended) else {
            return Err(gap(gpu, tokenizer, rest, token, out.len()));
        };
        rest = after;
        if out.len() == COMPARED {
            return Ok(());
        }
        block_on(gpu.next(1, &mut out, &pace)).expect("a token");
    }
}

fn gap(gpu: &mut Model, tokenizer: &Tokenizer, rest: &[u8], token: u32, step: usize) -> Gap {
    let name = |token: u32| String::from_utf8_lossy(tokenizer.bytes(token)).into_owned();
    let logits = block_on(gpu.logits()).expect("logits");
    let mut expected = Vec::new();
    tokenizer.encode(&String::from_utf8_lossy(rest), &mut expected);
    let expected = expected.first().copied().or_else(|| tokenizer.control("<|im_end|>")).expect("a token");
    Gap {
        step,
        token: name(token),
        expected: name(expected),
        logits: logits[token as usize] - logits[expected as usize],
    }
}
