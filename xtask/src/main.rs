//! The project's own commands, run as `cargo xtask <command>`.
//!
//! - [`arguments`] reads the command line and holds the help text.
//! - [`machine`] knows where things are: the repository, the cache, what is on `PATH`.
//! - [`process`] runs other programs.
//! - [`setup`] finds or installs the parts that a build or a test needs, one file per part.
//! - [`build`] calls Trunk; [`serve`] serves what it built; [`mod@test`] is every check there is, in order.
//! - [`index`] runs `xtask/index`, a program of its own: `index` and `bench`.
//! - [`gateway`] is the API beside both, built for this machine.
//!
//! Failures are sentences. Each says what could not be done and, where there is one, what to do about it.

mod arguments;
mod build;
mod gateway;
mod index;
mod machine;
mod process;
mod serve;
mod setup;
mod test;

use std::process::ExitCode;

use arguments::Command;
use machine::Machine;

fn main() -> ExitCode {
    let command = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(sentence) => {
            eprintln!("{sentence}\n\n{}", arguments::HELP);
            return ExitCode::from(2);
        }
    };
    match carry_out(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well; an error is something that kept the command from finishing.
fn carry_out(command: Command) -> Result<bool, String> {
    if command == Command::Help {
        println!("{}", arguments::HELP);
        return Ok(true);
    }
    let machine = Machine::find()?;
    match command {
        Command::Help => Ok(true),
        Command::Setup => Ok(setup::everything(&machine)),
        Command::Build { release } => build::command(&machine, release).map(|()| true),
        Command::Serve(options) => serve::command(&machine, &options).map(|()| true),
        Command::Index(arguments) => index::run(&machine, &arguments).map(|()| true),
        Command::Test { only } => test::command(&machine, &only),
    }
}
