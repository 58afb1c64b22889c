//! `inferkit-gateway`: reads its arguments, says where it listens, serves.

mod arguments;

use arguments::{Arguments, Source};
use inferkit_gateway::{
    Gateway, Options,
    answers::{Answers, Engine, Upstream},
    connection,
};
use inferkit_widget::wire::BackendChoice;
use serde_json::json;
use std::{env, fs, io, process::ExitCode, sync::Arc};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match arguments::read(env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{}", arguments::HELP);
            return ExitCode::SUCCESS;
        }
        Err(sentence) => {
            eprintln!("{sentence}\n\n{}", arguments::HELP);
            return ExitCode::from(2);
        }
    };
    match serve(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("inferkit-gateway: {sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), String> {
    let mut options = Options { test_controls: arguments.test_controls, ..Options::default() };
    options.hostnames.extend(arguments.hostnames);
    let gateway = match arguments.source {
        Source::Model { file, backend } => Gateway::new(engine(&file, backend)?, options),
        Source::Upstream { base, model } => {
            let key = env::var("UPSTREAM_API_KEY").ok().filter(|key| !key.is_empty());
            Gateway::new(Upstream::new(&base, &model, key)?, options)
        }
    };
    if let Some(file) = arguments.keys {
        let read = fs::read_to_string(&file).map_err(|error| error.to_string());
        read.and_then(|text| gateway.keys.read(&text)).map_err(|why| format!("{}: {why}", file.display()))?;
    }
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await;
    let listener = listener.map_err(|error| format!("port {}: {error}", arguments.port))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;

    if arguments.end_with_parent {
        end_with_parent();
    }
    if gateway.options.test_controls {
        eprintln!("*** TEST CONTROLS ARE ON: anybody who reaches {address} can make keys and read the books. ***");
    }
    println!("{}", json!({ "api": format!("http://{address}") }));
    connection::listen(listener, Arc::new(gateway)).await;
    Ok(())
}

fn engine(file: &std::path::Path, backend: BackendChoice) -> Result<impl Answers, String> {
    Engine::start(file, backend).map_err(|error| format!("{}: {error}", file.display()))
}

/// Ends this process when its standard input does: the pipe to whoever started it, in whatever way that one ends.
fn end_with_parent() {
    std::thread::spawn(|| {
        let _ended = io::copy(&mut io::stdin().lock(), &mut io::sink());
        std::process::exit(0);
    });
}
