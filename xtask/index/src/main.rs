//! The command line: see [`HELP`].

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use inferkit_index::{ask, bench, files, index, source};
use lexopt::prelude::*;

const HELP: &str = "\
inferkit-index SITE --out DIR [--vectors FILE] [--ask URL]
    Make an index of the pages in the folder SITE, HTML or Markdown, for the widget's option `knowledge.url`.
inferkit-index bench --pages DIR --questions FILE [--json] [--vectors FILE] [--ask URL]
    Measure how well an index of DIR answers the questions of FILE.

  --vectors FILE   word vectors in the language of most pages, in GloVe's text format, or that compressed by gzip:
                   questions in words that the pages do not use are answered by words that they do use.
  --ask URL        a server with OpenAI's /chat/completions, such as http://localhost:8080/v1, that writes questions which
                   each passage answers. The key that it wants, if any, is taken from INFERKIT_ASK_KEY.
  --ask-model NAME the model, where the server has several.
  --ask-cache FILE what keeps the questions, so that only for new passages some are asked for; without --ask, the questions
                   in it are used as they are. inferkit-questions.json, unless it says otherwise.";

/// What was asked for besides the pages.
#[derive(Default)]
struct Aids {
    vectors: Option<PathBuf>,
    url: Option<String>,
    model: Option<String>,
    cache: Option<PathBuf>,
}

enum Command {
    Help,
    Index { site: PathBuf, out: PathBuf, aids: Aids },
    Bench { pages: PathBuf, questions: PathBuf, json: bool, aids: Aids },
}

fn main() -> ExitCode {
    let done = parse().map_err(|error| format!("{error}\n\n{HELP}")).and_then(run);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn parse() -> Result<Command, lexopt::Error> {
    let (mut site, mut out, mut pages, mut questions, mut json) = (None, None, None, None, false);
    let mut aids = Aids::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("out") => out = Some(PathBuf::from(parser.value()?)),
            Long("pages") => pages = Some(PathBuf::from(parser.value()?)),
            Long("questions") => questions = Some(PathBuf::from(parser.value()?)),
            Long("vectors") => aids.vectors = Some(parser.value()?.into()),
            Long("ask") => aids.url = Some(parser.value()?.string()?),
            Long("ask-model") => aids.model = Some(parser.value()?.string()?),
            Long("ask-cache") => aids.cache = Some(parser.value()?.into()),
            Long("json") => json = true,
            Value(value) if site.is_none() => site = Some(value),
            other => return Err(other.unexpected()),
        }
    }
    let missing = |what: &str| lexopt::Error::from(format!("{what} is missing."));
    match site {
        None => Ok(Command::Help),
        Some(command) if command == "bench" => Ok(Command::Bench {
            pages: pages.ok_or_else(|| missing("--pages DIR"))?,
            questions: questions.ok_or_else(|| missing("--questions FILE"))?,
            json,
            aids,
        }),
        Some(site) => Ok(Command::Index { site: site.into(), out: out.ok_or_else(|| missing("--out DIR"))?, aids }),
    }
}

fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Help => println!("{HELP}"),
        Command::Index { site, out, aids } => {
            let mut read = read(&site)?;
            let aids = prepare(aids, &mut read)?;
            let files = index::build(&read.pages, &aids).map_err(|refused| refused.to_string())?;
            let written = files::write(&out, &files)?;
            for remark in &read.remarks {
                let skipped = if remark.skipped { "left out: " } else { "" };
                println!("{}: {skipped}{}.", remark.file, remark.what);
            }
            let skipped = read.remarks.iter().filter(|remark| remark.skipped).count();
            println!(
                "{} pages, {skipped} left out; {} files with {} KB in {}: {} new, {} as before, {} removed.",
                read.pages.len(),
                files.len(),
                written.bytes.div_ceil(1_000),
                out.display(),
                written.new,
                written.kept,
                written.removed
            );
        }
        Command::Bench { pages, questions, json, aids } => {
            let mut site = read(&pages)?;
            let aids = prepare(aids, &mut site)?;
            let measured = bench::measure(&site.pages, &aids, &bench::questions(&questions)?)?;
            if json {
                println!("{}", serde_json::to_string_pretty(&measured).map_err(|error| error.to_string())?);
            } else {
                println!("{}", table(&measured));
            }
        }
    }
    Ok(())
}

/// Has questions written for the pages, where there is somebody to ask or something was written before.
fn prepare(aids: Aids, site: &mut source::Site) -> Result<index::Aids, String> {
    let Aids { vectors, url, model, cache } = aids;
    let mut made = index::Aids { vectors, ..index::Aids::default() };
    if url.is_some() || cache.is_some() {
        let key = std::env::var("INFERKIT_ASK_KEY").ok();
        let cache = cache.unwrap_or_else(|| PathBuf::from("inferkit-questions.json"));
        let server = ask::Server { url, model, key, cache };
        let (questions, remarks) = ask::questions(&site.pages, &server, progress("asking for"))?;
        made.questions = questions;
        site.remarks.extend(remarks);
    }
    Ok(made)
}

/// Reads a folder; on a terminal, with a line that says where it is.
fn read(folder: &std::path::Path) -> Result<source::Site, String> {
    source::read(folder, progress("reading"))
}

/// A line on a terminal that says what is being done, and nothing elsewhere. The line is gone once it is dropped.
fn progress(what: &'static str) -> impl FnMut(&str) {
    struct Line(bool);
    impl Drop for Line {
        fn drop(&mut self) {
            if self.0 {
                // Only a decoration: a terminal that is gone misses nothing.
                let _ = write!(std::io::stderr(), "\r\x1b[K");
            }
        }
    }
    let line = Line(std::io::stderr().is_terminal());
    let mut count = 0;
    move |file| {
        count += 1;
        if line.0 {
            let _ = write!(std::io::stderr(), "\r\x1b[K{what} {count} {file}");
        }
    }
}

fn table(measured: &bench::Measured) -> String {
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let rows = [
        ("by section, Hit@1".to_owned(), percent(measured.hit_1)),
        ("by section, Hit@3".to_owned(), percent(measured.hit_3)),
        ("by section, MRR@10".to_owned(), format!("{:.3}", measured.mrr_10)),
        ("by page, Hit@3".to_owned(), percent(measured.page_hit_3)),
        (format!("refused, of {} that the pages answer", measured.answerable), percent(measured.refused_wrongly)),
        (format!("refused, of {} that they do not", measured.unanswerable), percent(measured.refused_rightly)),
        ("before the first question".to_owned(), format!("{:.1} KB", measured.bytes_first as f64 / 1e3)),
        ("for a question, in the mean".to_owned(), format!("{:.1} KB", measured.bytes_question / 1e3)),
    ];
    rows.map(|(what, value)| format!("{what:<44}{value:>9}")).join("\n")
}
