//! The command line of `cargo xtask`.

use std::path::PathBuf;

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
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut arguments = Arguments::new(arguments);
    let Some(name) = arguments.next() else { return Ok(Command::Help) };
    let command = match name.as_str() {
        "help" | "--help" | "-h" => Command::Help,
        "setup" => Command::Setup,
        "build" => Command::Build { release: arguments.flag("--release") },
        "serve" => Command::Serve(serve(&mut arguments)?),
        "test" => {
            let only = arguments.value("--only")?.unwrap_or_default();
            let only = only.split(',').map(str::trim).filter(|stage| !stage.is_empty()).map(String::from).collect();
            Command::Test { only }
        }
        _ => return Err(format!("There is no command `{name}`.")),
    };
    match arguments.next() {
        Some(rest) if command != Command::Help => Err(format!("`{name}` does not know `{rest}`.")),
        _ => Ok(command),
    }
}

fn serve(arguments: &mut Arguments) -> Result<Serve, String> {
    let port = match arguments.value("--port")? {
        None => 8080,
        Some(text) => match text.parse::<u16>() {
            // The next two ports must exist too.
            Ok(port) if (1..u16::MAX - 1).contains(&port) => port,
            _ => return Err(format!("`--port {text}` is not a port between 1 and 65533.")),
        },
    };
    let model = arguments.value("--model")?.map(PathBuf::from);
    Ok(Serve { port, model, release: arguments.flag("--release") })
}

/// The arguments not yet understood.
struct Arguments(Vec<String>);

impl Arguments {
    /// `--name=value` becomes two arguments.
    fn new(arguments: impl IntoIterator<Item = String>) -> Self {
        let mut split = Vec::new();
        for argument in arguments {
            match argument.split_once('=') {
                Some((name, value)) if name.starts_with("--") => {
                    split.extend([name.to_owned(), value.to_owned()]);
                }
                _ => split.push(argument),
            }
        }
        Self(split)
    }

    fn next(&mut self) -> Option<String> {
        if self.0.is_empty() { None } else { Some(self.0.remove(0)) }
    }

    fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|argument| argument != name);
        self.0.len() != before
    }

    fn value(&mut self, name: &str) -> Result<Option<String>, String> {
        let Some(at) = self.0.iter().position(|argument| argument == name) else { return Ok(None) };
        if at + 1 >= self.0.len() {
            return Err(format!("`{name}` needs a value."));
        }
        self.0.remove(at);
        Ok(Some(self.0.remove(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Result<Command, &str>) {
        let parsed = parse(line.split_whitespace().map(String::from));
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
        check("test", Ok(Command::Test { only: vec![] }));
        check("test --only size", Ok(Command::Test { only: vec!["size".into()] }));
        check("test --only=fmt,native", Ok(Command::Test { only: vec!["fmt".into(), "native".into()] }));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        check("bild", Err("There is no command `bild`."));
        check("setup --fast", Err("`setup` does not know `--fast`."));
        check("build --release extra", Err("`build` does not know `extra`."));
        check("serve --port", Err("`--port` needs a value."));
        check("serve --port many", Err("`--port many` is not a port between 1 and 65533."));
        check("serve --port 0", Err("`--port 0` is not a port between 1 and 65533."));
        check("serve --port 65534", Err("`--port 65534` is not a port between 1 and 65533."));
    }
}
