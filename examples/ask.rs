//! Asks a model a question natively: `cargo run --release --example ask -- MODEL.gguf [--backend auto|webgpu|cpu] QUESTION…`

use inferkit_widget::{
    engine::{
        backend::Described,
        either::Either,
        error::EngineError,
        loader::{self, Expected},
        pace::Pace,
        session::{Answer, Question},
        source::FileSource,
    },
    wire::{BackendChoice, Message, Role, Sampling},
};
use std::{env, io::Write, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    let mut backend = BackendChoice::Auto;
    if let Some(at) = arguments.iter().position(|argument| argument == "--backend") {
        backend = match arguments.get(at + 1).map(String::as_str) {
            Some("cpu") => BackendChoice::Cpu,
            Some("webgpu") => BackendChoice::WebGpu,
            _ => BackendChoice::Auto,
        };
        arguments.drain(at..(at + 2).min(arguments.len()));
    }
    let Some((model, words)) = arguments.split_first().filter(|(_, words)| !words.is_empty()) else {
        eprintln!("usage: ask MODEL.gguf [--backend auto|webgpu|cpu] QUESTION…");
        return ExitCode::FAILURE;
    };
    match pollster::block_on(ask(Path::new(model), backend, &words.join(" "))) {
        Ok(answer) => {
            eprintln!(
                "\n{} + {} tokens, prefill {:.1} tokens/s, decode {:.1} tokens/s",
                answer.prompt_tokens,
                answer.completion_tokens,
                answer.prompt_tokens as f64 / answer.prefill_ms * 1000.0,
                answer.completion_tokens.saturating_sub(1) as f64 / answer.decode_ms * 1000.0,
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn ask(model: &Path, backend: BackendChoice, question: &str) -> Result<Answer, EngineError> {
    let pace = Pace::new();
    let source = FileSource::open(model)?;
    let open = async |plan: &_| Either::open(backend, plan, &pace).await;
    let mut session = loader::load(source, &Expected::default(), &pace, |_, _| {}, open).await?;
    eprintln!("{} on {}", session.name(), session.backend().adapter());
    let question = Question {
        messages: vec![Message { role: Role::User, content: question.into() }],
        sampling: Sampling { temperature: 0.0, repetition_penalty: 1.0, ..Sampling::default() },
        max_tokens: 128,
        stop: Vec::new(),
    };
    let say = |piece: &str| {
        print!("{piece}");
        let _closed = std::io::stdout().flush();
    };
    session.answer(&question, &pace, say).await
}
