//! The answers that llama.cpp gives with the default model, token by token.

use inferkit_widget::{
    engine::{backend::Backend, pace::Pace, template::Template, tokenizer::Tokenizer},
    wire::{Message, Sampling},
};
use pollster::block_on;
use serde::Deserialize;

/// An answer of llama.cpp, greedy and without a repetition penalty.
#[derive(Deserialize)]
struct Golden {
    messages: Vec<Message>,
    text: String,
}

/// How many of an answer's tokens are compared: small differences in rounding add up.
const COMPARED: usize = 16;

/// A difference of logits within which the reference's own rounding may decide.
const NEAR_TIE: f32 = 0.3;

/// How many of the golden answers come out the same, and of how many. Says where and by how much others differ, which
/// must be a near tie. `file` is the default model, and `backend` has room for 256 positions of it.
pub fn agreement(backend: &mut impl Backend, file: &[u8], label: &str) -> (usize, usize) {
    let header = super::header(file);
    let tokenizer = Tokenizer::from_metadata(&header.metadata).expect("a tokenizer");
    let template = Template::detect(header.metadata.str("tokenizer.chat_template")).expect("a template");
    let goldens: Vec<Golden> =
        serde_json::from_str(include_str!("../golden/smollm2-135m-q4_1-greedy.json")).expect("golden answers");

    let mut same = 0;
    for (index, golden) in goldens.iter().enumerate() {
        let prompt = template.tokens(&tokenizer, &golden.messages).expect("a prompt");
        let Err(gap) = follow(backend, &tokenizer, &prompt, golden.text.as_bytes()) else {
            same += 1;
            continue;
        };
        let Gap { step, token, expected, logits } = gap;
        eprintln!("{label}, golden {index}, step {step}: {token:?}, not {expected:?}; {logits} apart");
        assert!(logits < NEAR_TIE, "that is no near tie");
    }
    eprintln!("{label}: {same} of {} golden answers are the same", goldens.len());
    (same, goldens.len())
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
fn follow(backend: &mut impl Backend, tokenizer: &Tokenizer, prompt: &[u32], text: &[u8]) -> Result<(), Gap> {
    let pace = Pace::new();
    let greedy = Sampling { temperature: 0.0, repetition_penalty: 1.0, ..Sampling::default() };
    let mut rest = text;
    let mut out = vec![block_on(backend.start(prompt, 0, &greedy, &pace)).expect("a token")];
    loop {
        let token = out[out.len() - 1];
        let ended = tokenizer.is_end(token);
        if ended && rest.is_empty() {
            return Ok(());
        }
        let Some(after) = rest.strip_prefix(tokenizer.bytes(token)).filter(|_| !ended) else {
            return Err(gap(backend, tokenizer, rest, token, out.len()));
        };
        rest = after;
        if out.len() == COMPARED {
            return Ok(());
        }
        block_on(backend.next(1, &mut out, &pace)).expect("a token");
    }
}

fn gap(backend: &mut impl Backend, tokenizer: &Tokenizer, rest: &[u8], token: u32, step: usize) -> Gap {
    let name = |token: u32| String::from_utf8_lossy(tokenizer.bytes(token)).into_owned();
    let logits = block_on(backend.logits()).expect("logits");
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
