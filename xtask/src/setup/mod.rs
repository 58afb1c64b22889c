//! What builds and tests need from the machine: one file per part, one row per part in [`PARTS`].
//!
//! Each part is first looked for. What is there and fits is used; else it is installed the short way, else the long
//! way; else one sentence says what to do, and the commands that do without the part still work. What is downloaded or
//! compiled goes into the per-user cache under versioned names, never into the repository.

pub mod apt;
pub mod browser;
pub mod fonts;
pub mod model;
pub mod node;
pub mod npm;
pub mod openai;
pub mod pip;
pub mod terser;
pub mod trunk;
pub mod vulkan;
pub mod wasm_bindgen;
pub mod wasm_opt;
pub mod wasm_std;

use std::time::Instant;

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
    /// Finds it and says in a few words what was found.
    pub find: fn(&Machine) -> Option<String>,
    /// Installs it, or says in one sentence what to do.
    pub obtain: fn(&Machine) -> Result<(), String>,
}

/// Everything, in the order in which it is set up: what others are installed with comes first.
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

/// Finds or installs the given parts and returns those that could not be had.
pub fn ensure(machine: &Machine, parts: &[&Part]) -> Vec<Missing> {
    parts.iter().filter_map(|part| ensure_one(machine, part).err()).collect()
}

/// As [`ensure`], for commands that cannot go on without.
///
/// # Errors
/// All the sentences of the missing parts.
pub fn require(machine: &Machine, parts: &[&Part]) -> Result<(), String> {
    let missing = ensure(machine, parts);
    if missing.is_empty() {
        return Ok(());
    }
    let sentences: Vec<_> = missing.iter().map(|part| format!("{} is missing. {}", part.name, part.sentence)).collect();
    Err(sentences.join("\n"))
}

fn ensure_one(machine: &Machine, part: &Part) -> Result<(), Missing> {
    if let Some(found) = (part.find)(machine) {
        println!("  ok       {:<18} {found}", part.name);
        return Ok(());
    }
    println!("  getting  {:<18} {}; usually takes {}", part.name, part.purpose, part.takes);
    let started = Instant::now();
    let sentence = match (part.obtain)(machine) {
        Err(sentence) => sentence,
        Ok(()) => match (part.find)(machine) {
            Some(found) => {
                println!("  got      {:<18} {found}, in {} s", part.name, started.elapsed().as_secs());
                return Ok(());
            }
            None => "It was installed, but is not found: this is a mistake in `cargo xtask setup`.".into(),
        },
    };
    println!("  missing  {:<18} {sentence}", part.name);
    Err(Missing { name: part.name, sentence, optional: part.optional })
}
