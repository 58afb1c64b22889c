//! Writes a tiny model for the browser tests: `tiny_gguf OUT.gguf [--vocab-from MODEL.gguf] [--format q4_1] [--seed N]`.
//!
//! Two layers of random weights. With `--vocab-from`, the first 4096 tokens of that model; without, a synthetic
//! byte-level vocabulary. Formats: f32, f16, q8_0, q4_0, q4_1 for every matrix.

#[path = "../tests/support/mod.rs"]
mod support;

use inferkit_widget::engine::{
    gguf::{self, Header, Parsed},
    quant::Format,
};
use std::{env, error::Error, fs, io::Read, process::ExitCode};
use support::tiny::{TinyFormats, tiny_model, tiny_model_synthetic};

const USAGE: &str = "usage: tiny_gguf OUT.gguf [--vocab-from MODEL.gguf] [--format q4_1] [--seed N]";

/// What the command line asks for.
struct Options {
    out: String,
    vocab_from: Option<String>,
    format: Format,
    seed: u64,
}

fn main() -> ExitCode {
    match options(env::args().skip(1)).and_then(write) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tiny_gguf: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let (mut out, mut vocab_from, mut format, mut seed) = (None, None, Format::Q4_1, 1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value; {USAGE}"));
        match argument.as_str() {
            "--vocab-from" => vocab_from = Some(value()?),
            "--format" => format = named(&value()?)?,
            "--seed" => seed = value()?.parse()?,
            _ if out.is_none() && !argument.starts_with('-') => out = Some(argument),
            _ => return Err(format!("{argument:?} is not understood; {USAGE}").into()),
        }
    }
    Ok(Options { out: out.ok_or(USAGE)?, vocab_from, format, seed })
}

fn named(name: &str) -> Result<Format, String> {
    let found = Format::ALL.into_iter().find(|format| format!("{format:?}").eq_ignore_ascii_case(name));
    found.ok_or_else(|| format!("the format {name:?} is not one of {:?}", Format::ALL))
}

fn write(options: Options) -> Result<(), Box<dyn Error>> {
    let formats = TinyFormats::all(options.format);
    let file = match &options.vocab_from {
        Some(path) => tiny_model(&read_header(path)?, formats, options.seed),
        None => tiny_model_synthetic(formats, options.seed),
    };
    fs::write(&options.out, &file)?;
    println!("{}: {} bytes", options.out, file.len());
    Ok(())
}

/// Reads no more of a file than its header.
fn read_header(path: &str) -> Result<Header, Box<dyn Error>> {
    let mut file = fs::File::open(path)?;
    let len = file.metadata()?.len();
    let mut prefix = Vec::new();
    loop {
        match gguf::parse(&prefix, Some(len))? {
            Parsed::Header(header) => return Ok(header),
            Parsed::NeedMore(more) => file.by_ref().take((more - prefix.len()) as u64).read_to_end(&mut prefix)?,
        };
    }
}
