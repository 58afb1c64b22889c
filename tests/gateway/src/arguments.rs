//! The command line.

use inferkit_widget::wire::BackendChoice;
use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
inferkit-gateway (--model FILE.gguf [--backend cpu|webgpu|auto] | --upstream URL --upstream-model NAME) [options]

    --model FILE            answer with the widget's own engine and this model
    --backend NAME          what it computes with; cpu when not given
    --upstream URL          pass questions on to an OpenAI-compatible server, such as http://127.0.0.1:8000/v1;
                            its key, if it wants one, is read from UPSTREAM_API_KEY
    --upstream-model NAME   what that server calls the model
    --keys FILE             JSON: settings by key; the demo keys are there without it
    --hostname NAME         where challenges may be shown, besides 127.0.0.1 and localhost; may be repeated
    --port N                on 127.0.0.1; 0 takes a free one, 8082 when not given
    --test-controls         let tests make keys, faults and errors, and read the books: never where others can reach
    --end-with-parent       end when the standard input does

The first line on the standard output is {\"api\":\"http://127.0.0.1:PORT\"}; then one line of JSON per request.";

/// Where answers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The widget's own engine.
    Model {
        /// A GGUF file.
        file: PathBuf,
        /// What computes.
        backend: BackendChoice,
    },
    /// Another server.
    Upstream {
        /// Where its API begins.
        base: String,
        /// Its name for the model.
        model: String,
    },
}

/// The command line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    pub source: Source,
    pub keys: Option<PathBuf>,
    pub hostnames: Vec<String>,
    pub port: u16,
    pub test_controls: bool,
    pub end_with_parent: bool,
}

/// Reads what follows the program's name; None when help is asked for.
///
/// # Errors
/// A sentence that names what was not understood.
pub fn read(words: impl IntoIterator<Item = String>) -> Result<Option<Arguments>, String> {
    let mut words = words.into_iter();
    let (mut file, mut backend, mut base, mut model) = (None, BackendChoice::Cpu, None, None);
    let (mut keys, mut hostnames, mut port) = (None, Vec::new(), 8082);
    let (mut test_controls, mut end_with_parent) = (false, false);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value."));
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--model" => file = Some(PathBuf::from(value()?)),
            "--backend" => backend = named(&value()?)?,
            "--upstream" => base = Some(value()?),
            "--upstream-model" => model = Some(value()?),
            "--keys" => keys = Some(PathBuf::from(value()?)),
            "--hostname" => hostnames.push(value()?),
            "--port" => {
                let text = value()?;
                port = text.parse().map_err(|_| format!("`--port {text}` is not a port."))?;
            }
            "--test-controls" => test_controls = true,
            "--end-with-parent" => end_with_parent = true,
            _ => return Err(format!("`{word}` is not understood.")),
        }
    }
    let source = match (file, base, model) {
        (Some(file), None, None) => Source::Model { file, backend },
        (None, Some(base), Some(model)) => Source::Upstream { base, model },
        _ => return Err("Give either `--model`, or `--upstream` and `--upstream-model`.".into()),
    };
    Ok(Some(Arguments { source, keys, hostnames, port, test_controls, end_with_parent }))
}

fn named(backend: &str) -> Result<BackendChoice, String> {
    match backend {
        "cpu" => Ok(BackendChoice::Cpu),
        "webgpu" => Ok(BackendChoice::WebGpu),
        "auto" => Ok(BackendChoice::Auto),
        other => Err(format!("`--backend {other}` is not one of cpu, webgpu and auto.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Option<Arguments>, String> {
        read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn an_engine_or_another_server() {
        let arguments = parsed("--model a.gguf --port 0 --test-controls --hostname a --hostname b").map(Option::unwrap);
        let expected = Arguments {
            source: Source::Model { file: "a.gguf".into(), backend: BackendChoice::Cpu },
            keys: None,
            hostnames: vec!["a".into(), "b".into()],
            port: 0,
            test_controls: true,
            end_with_parent: false,
        };
        assert_eq!(arguments, Ok(expected));
        let arguments = parsed("--upstream http://a/v1 --upstream-model m").map(|arguments| arguments.unwrap().source);
        assert_eq!(arguments, Ok(Source::Upstream { base: "http://a/v1".into(), model: "m".into() }));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let check = |line: &str, expected: &str| assert_eq!(parsed(line), Err(expected.into()), "{line}");
        check("", "Give either `--model`, or `--upstream` and `--upstream-model`.");
        check("--model", "`--model` needs a value.");
        check("--modle a", "`--modle` is not understood.");
        check("--port many", "`--port many` is not a port.");
        check("--backend cuda", "`--backend cuda` is not one of cpu, webgpu and auto.");
        assert_eq!(parsed("--help"), Ok(None));
    }
}
