//! The command line of `cargo xtask`.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::*;
use lexopt::{Parser, ValueExt};

/// What `cargo xtask help` prints.
pub const HELP: &str = "\
cargo xtask setup
    Find or install what builds and tests need. The second run takes seconds.
cargo xtask build [--release]
    Build all modules and everything beside them into dist/.
cargo xtask serve [--port N] [--model FILE] [--release]
    Build, then serve a demo site on localhost:N, the widget's own origin on 127.0.0.1:N+1 and an API on
    127.0.0.1:N+2, with every error and fault on demand. The API follows when the pages are there already.
    N is 8080 when not given; FILE is a GGUF file, SmolLM2-135M-Instruct when not given.
cargo xtask test [--only STAGE[,STAGE]]
    Every check, in order: fmt, types, clippy, clippy-wasm, deny, native, doc, build, size, browser.
    --only runs the named stages and what they depend on.
cargo xtask index SITE --out DIR
    Make an index of the pages in the folder SITE, HTML or Markdown.
cargo xtask bench knowledge --pages DIR --questions FILE [--json]
    Measure how well an index of DIR answers the questions of FILE.
cargo xtask help
    This text.

Environment: INFERKIT_CACHE is where setup keeps its downloads (default ~/.cache/inferkit-widget);
INFERKIT_MODEL is a GGUF file to use in place of the default model; INFERKIT_CHROMIUM, INFERKIT_FIREFOX,
and INFERKIT_WEBKIT_DRIVER with INFERKIT_WEBKIT_BROWSER name the browsers to test with.";

/// One command with its options.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Print [`HELP`].
    Help,
    /// Find or install every part.
    Setup,
    /// Build into `dist/`.
    Build {
        /// Optimise for size, as it ships.
        release: bool,
    },
    /// Build and serve.
    Serve(Serve),
    /// Run the program that makes indexes and measures them, with these arguments.
    Index(Vec<OsString>),
    /// Run the checks.
    Test {
        /// Names of stages; empty means all.
        only: Vec<String>,
    },
}

/// Options of `cargo xtask serve`.
#[derive(Debug, PartialEq, Eq)]
pub struct Serve {
    /// The demo site's port; the widget's own origin takes the next one, the API the one after.
    pub port: u16,
    /// A GGUF file in place of the default model.
    pub model: Option<PathBuf>,
    /// Serve the optimised build.
    pub release: bool,
}

/// Reads the arguments that follow `cargo xtask`.
///
/// # Errors
/// A sentence that names the argument which was not understood.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut parser = Parser::from_args(arguments);
    let said = |error: lexopt::Error| format!("{error}.");
    let mut name = None;
    let mut serve = Serve { port: 8080, model: None, release: false };
    let mut only = Vec::new();
    while let Some(argument) = parser.next().map_err(said)? {
        if let (None, Value(word)) = (&name, &argument)
            && word == "index"
        {
            return Ok(Command::Index(parser.raw_args().map_err(said)?.collect()));
        }
        match (name.as_deref(), argument) {
            (None, Short('h') | Long("help")) => return Ok(Command::Help),
            (None, Value(word)) => name = Some(word.string().map_err(said)?),
            (Some("help"), _) => return Ok(Command::Help),
            (Some("build" | "serve"), Long("release")) => serve.release = true,
            (Some("serve"), Long("port")) => serve.port = port(parser.value().map_err(said)?)?,
            (Some("serve"), Long("model")) => serve.model = Some(parser.value().map_err(said)?.into()),
            (Some("bench"), Value(word)) if word == "knowledge" => {
                let rest = parser.raw_args().map_err(said)?;
                return Ok(Command::Index(["bench".into()].into_iter().chain(rest).collect()));
            }
            (Some("test"), Long("only")) => {
                let stages = parser.value().and_then(ValueExt::string).map_err(said)?;
                only.extend(stages.split(',').map(str::trim).filter(|stage| !stage.is_empty()).map(String::from));
            }
            (_, unknown) => return Err(said(unknown.unexpected())),
        }
    }
    match name.as_deref() {
        None | Some("help") => Ok(Command::Help),
        Some("setup") => Ok(Command::Setup),
        Some("build") => Ok(Command::Build { release: serve.release }),
        Some("serve") => Ok(Command::Serve(serve)),
        Some("test") => Ok(Command::Test { only }),
        Some("bench") => Err("`bench` measures `knowledge`: say so, and with which pages and questions.".into()),
        Some(unknown) => Err(format!("There is no command `{unknown}`.")),
    }
}

fn port(value: OsString) -> Result<u16, String> {
    match value.to_str().and_then(|text| text.parse().ok()) {
        // The next two ports must exist too.
        Some(port @ 1..=65_533) => Ok(port),
        _ => Err(format!("`--port {}` is not a port between 1 and 65533.", value.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Result<Command, &str>) {
        let parsed = parse(line.split_whitespace().map(OsString::from));
        assert_eq!(parsed, expected.map_err(String::from), "{line}");
    }

    fn serving(port: u16, model: Option<&str>, release: bool) -> Result<Command, &'static str> {
        Ok(Command::Serve(Serve { port, model: model.map(PathBuf::from), release }))
    }

    #[test]
    fn commands_and_their_options() {
        check("", Ok(Command::Help));
        check("help", Ok(Command::Help));
        check("setup", Ok(Command::Setup));
        check("build", Ok(Command::Build { release: false }));
        check("build --release", Ok(Command::Build { release: true }));
        check("serve", serving(8080, None, false));
        check("serve --release --port 9000", serving(9000, None, true));
        check("serve --port=9000 --model a/b.gguf", serving(9000, Some("a/b.gguf"), false));
        let index = |line: &str| Ok(Command::Index(line.split_whitespace().map(OsString::from).collect()));
        check("index site --out there", index("site --out there"));
        check("index", index(""));
        check("bench knowledge --pages a --json", index("bench --pages a --json"));
        check("test", Ok(Command::Test { only: vec![] }));
        check("test --only size", Ok(Command::Test { only: vec!["size".into()] }));
        check("test --only=fmt,native", Ok(Command::Test { only: vec!["fmt".into(), "native".into()] }));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        check("bild", Err("There is no command `bild`."));
        check("setup --fast", Err("invalid option '--fast'."));
        check("bench", Err("`bench` measures `knowledge`: say so, and with which pages and questions."));
        check("bench speed", Err("unexpected argument \"speed\"."));
        check("build --release extra", Err("unexpected argument \"extra\"."));
        check("serve --port", Err("missing argument for option '--port'."));
        check("serve --port many", Err("`--port many` is not a port between 1 and 65533."));
        check("serve --port 0", Err("`--port 0` is not a port between 1 and 65533."));
        check("serve --port 65534", Err("`--port 65534` is not a port between 1 and 65533."));
    }
}
