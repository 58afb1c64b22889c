//! What builds and tests need from the machine: one file per part, one row per part in [`PARTS`].
//!
//! Each part is first looked for. What is there and fits is used; else it is installed the short way, else the long
//! way; else one sentence says what to do, and the commands that do without the part still work. What is downloaded or
//! compiled goes into the per-user cache under versioned names, never into the repository.
//!
//! Parts that do not need each other are obtained side by side: most wait for a network, two compile.

pub mod apt;
pub mod browser;
pub mod compile;
pub mod fonts;
pub mod model;
pub mod node;
pub mod npm;
pub mod openai;
pub mod pip;
pub mod release;
pub mod terser;
pub mod trunk;
pub mod vulkan;
pub mod wasm_bindgen;
pub mod wasm_opt;
pub mod wasm_std;
pub mod webkit;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::machine::Machine;

/// Something that builds or tests need.
pub struct Part {
    /// What people call it.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// How long getting it usually takes.
    pub takes: &'static str,
    /// Whether a first-rate result is possible without it.
    pub optional: bool,
    /// Parts that it is obtained with. They come first where both are wanted.
    pub after: &'static [&'static Part],
    /// Finds it and says in a few words what was found.
    pub find: fn(&Machine) -> Option<String>,
    /// Installs it, or says in one sentence what to do.
    pub obtain: fn(&Machine) -> Result<(), String>,
}

/// Everything, in the order in which it is looked for.
pub const PARTS: &[&Part] = &[
    &wasm_std::PART,
    &wasm_bindgen::PART,
    &trunk::PART,
    &node::PART,
    &wasm_opt::PART,
    &terser::PART,
    &npm::PART,
    &browser::CHROMIUM,
    &browser::FIREFOX,
    &webkit::PART,
    &fonts::PART,
    &vulkan::PART,
    &model::PART,
    &openai::PART,
];

/// A part that could not be had.
pub struct Missing {
    /// The part's name.
    pub name: &'static str,
    /// Why, and what to do.
    pub sentence: String,
    /// See [`Part::optional`].
    pub optional: bool,
}

/// `cargo xtask setup`: true when nothing is missing but optional parts.
pub fn everything(machine: &Machine) -> bool {
    println!("Downloads and built tools are kept in {}.", machine.cache.display());
    let missing = ensure(machine, PARTS);
    for part in &missing {
        let weight = if part.optional { "optional" } else { "needed" };
        println!("\nMissing ({weight}): {}. {}", part.name, part.sentence);
    }
    let needed = missing.iter().filter(|part| !part.optional).count();
    match needed {
        0 => println!("\nReady: `cargo xtask serve` or `cargo xtask test`."),
        _ => println!("\nNot ready yet; the commands that need none of the above already work."),
    }
    needed == 0
}

/// Finds or installs the given parts and returns those that could not be had, in their order.
pub fn ensure(machine: &Machine, parts: &[&'static Part]) -> Vec<Missing> {
    let mut waiting: Vec<&'static Part> = parts.iter().copied().filter(|part| !is_there(machine, part)).collect();
    let mut running: Vec<(&'static Part, Instant)> = Vec::new();
    let mut missing = Vec::new();
    thread::scope(|scope| {
        let (tell, hear) = mpsc::channel();
        loop {
            for part in ready(&mut waiting, &running) {
                println!("  getting  {:<18} {}; usually takes {}", part.name, part.purpose, part.takes);
                running.push((part, Instant::now()));
                let tell = tell.clone();
                scope.spawn(move || {
                    let outcome = catch_unwind(AssertUnwindSafe(|| obtain(machine, part)));
                    // The other end lives as long as this scope.
                    let _ = tell.send((part, outcome.unwrap_or_else(|_| Err(MISTAKE.into()))));
                });
            }
            if running.is_empty() {
                break;
            }
            let (part, outcome) = match hear.recv_timeout(PATIENCE) {
                Ok(news) => news,
                Err(RecvTimeoutError::Timeout) => {
                    println!("           still at {}", still(&running));
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let since = running.iter().position(|(other, _)| other.name == part.name).map(|at| running.remove(at).1);
            match outcome {
                Ok(found) => {
                    let seconds = since.map_or(0, |since| since.elapsed().as_secs());
                    println!("  got      {:<18} {found}, in {seconds} s", part.name);
                }
                Err(sentence) => {
                    println!("  missing  {:<18} {sentence}", part.name);
                    missing.push(Missing { name: part.name, sentence, optional: part.optional });
                }
            }
        }
    });
    missing.sort_by_key(|part| parts.iter().position(|other| other.name == part.name));
    missing
}

/// After how long without news it is said what goes on.
const PATIENCE: Duration = Duration::from_secs(30);

const MISTAKE: &str = "This is a mistake in `cargo xtask setup`.";

/// Takes those out of `waiting` whose tools are there, or will not come.
fn ready(waiting: &mut Vec<&'static Part>, running: &[(&'static Part, Instant)]) -> Vec<&'static Part> {
    let open: Vec<&str> =
        waiting.iter().copied().chain(running.iter().map(|(part, _)| *part)).map(|part| part.name).collect();
    let (later, ready) =
        waiting.iter().copied().partition(|part| part.after.iter().any(|other| open.contains(&other.name)));
    *waiting = later;
    ready
}

/// Names and ages of what is being obtained, such as `Trunk (90 s), wasm-bindgen (90 s)`.
fn still(running: &[(&'static Part, Instant)]) -> String {
    let each = running.iter().map(|(part, since)| format!("{} ({} s)", part.name, since.elapsed().as_secs()));
    each.collect::<Vec<_>>().join(", ")
}

/// As [`ensure`], for commands that cannot go on without.
///
/// # Errors
/// All the sentences of the missing parts.
pub fn require(machine: &Machine, parts: &[&'static Part]) -> Result<(), String> {
    let missing = ensure(machine, parts);
    if missing.is_empty() {
        return Ok(());
    }
    let sentences: Vec<_> = missing.iter().map(|part| format!("{} is missing. {}", part.name, part.sentence)).collect();
    Err(sentences.join("\n"))
}

fn is_there(machine: &Machine, part: &Part) -> bool {
    let found = (part.find)(machine);
    if let Some(found) = &found {
        println!("  ok       {:<18} {found}", part.name);
    }
    found.is_some()
}

fn obtain(machine: &Machine, part: &Part) -> Result<String, String> {
    (part.obtain)(machine)?;
    (part.find)(machine).ok_or_else(|| format!("It was installed, but is not found. {MISTAKE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_are_obtained_with_comes_first() {
        let mut waiting: Vec<&'static Part> = vec![&npm::PART, &node::PART, &model::PART];
        let names = |parts: &[&Part]| parts.iter().map(|part| part.name).collect::<Vec<_>>();
        assert_eq!(names(&ready(&mut waiting, &[])), [node::PART.name, model::PART.name]);
        let running: Vec<(&'static Part, Instant)> = vec![(&node::PART, Instant::now())];
        assert_eq!(names(&ready(&mut waiting, &running)), [""; 0]);
        assert_eq!(names(&ready(&mut waiting, &[])), [npm::PART.name]);
        assert!(waiting.is_empty());
    }

    #[test]
    fn a_tool_of_a_part_is_a_part() {
        for tool in PARTS.iter().flat_map(|part| part.after) {
            assert!(PARTS.iter().any(|part| part.name == tool.name), "{} is not in the table", tool.name);
            assert!(tool.after.is_empty(), "{} waits itself: circles would wait for ever", tool.name);
        }
    }
}
