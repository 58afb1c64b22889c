//! What a visitor downloads, against its budgets, and what must not be in it.
//!
//! Sizes are after Brotli at quality 11, by Node's encoder, which is the reference one. One KB is 1024 bytes.

use std::fs;
use std::path::Path;

use super::Report;
use crate::machine::Machine;
use crate::process;
use crate::setup::node;

/// Files that are downloaded together, and how large they may be.
struct Budget {
    name: &'static str,
    kilobytes: u64,
    /// Files that must be among them, or the sum would mean nothing.
    required: &'static [&'static str],
    /// Whether a file of `dist/`, by its path from there, belongs to them.
    includes: fn(&str) -> bool,
}

const BUDGETS: &[Budget] = &[
    Budget {
        name: "first paint",
        // What the interface costs, and why: `src/ui/mod.rs`.
        kilobytes: 94,
        required: &["inferkit.js", "panel.js", "shelf.js", "widget.js", WIDGET],
        includes: |file| {
            file == "inferkit.js"
                || file == "panel.js"
                || file == "shelf.js"
                || file.ends_with(".css")
                || is_snippet(file)
                || is_module(file, "widget")
        },
    },
    Budget { name: "loader", kilobytes: 4, required: &["inferkit.js"], includes: |file| file == "inferkit.js" },
    Budget {
        name: "look-up",
        kilobytes: 53,
        required: &["knowledge.js", "knowledge_bg.wasm"],
        includes: |file| is_snippet(file) || is_module(file, "knowledge"),
    },
    Budget {
        name: "remote answers",
        kilobytes: 45,
        required: &["remote.js", "remote_bg.wasm"],
        includes: |file| is_snippet(file) || is_module(file, "remote"),
    },
    Budget {
        name: "engine",
        kilobytes: 120,
        required: &["engine.js", "engine_bg.wasm", "engine-worker.js"],
        includes: |file| is_snippet(file) || is_module(file, "engine"),
    },
];

/// The module that paints first.
const WIDGET: &str = "widget_bg.wasm";

/// What only the engine may contain: the GPU crate's name, and the attribute that every compute shader has.
const FORBIDDEN: &[&str] = &["wgpu", "@compute"];

/// The stage.
pub fn run(machine: &Machine) -> Report {
    let mut report = Report::default();
    let dist = machine.dist();
    let files = files_below(&dist, "");
    for budget in BUDGETS {
        report.add(check_budget(machine, &dist, &files, budget));
    }
    report.add(check_purity(&dist.join(WIDGET)));
    report
}

fn check_budget(machine: &Machine, dist: &Path, files: &[String], budget: &Budget) -> Result<(), String> {
    let chosen = chosen(files, budget)?;
    let sizes = compressed(machine, dist, &chosen)?;
    let total: u64 = sizes.iter().sum();
    let parts: Vec<_> = chosen.iter().zip(&sizes).map(|(file, size)| format!("{file} {}", kilobytes(*size))).collect();
    let sentence = format!(
        "{}: {} KB of {} KB (Brotli 11, 1 KB = 1024 bytes): {}",
        budget.name,
        kilobytes(total),
        budget.kilobytes,
        parts.join(", ")
    );
    println!("{sentence}");
    if total <= budget.kilobytes * 1024 { Ok(()) } else { Err(sentence) }
}

fn chosen<'a>(files: &'a [String], budget: &Budget) -> Result<Vec<&'a str>, String> {
    if let Some(missing) = budget.required.iter().find(|name| !files.iter().any(|file| file == *name)) {
        return Err(format!("{}: dist/{missing} is missing.", budget.name));
    }
    Ok(files.iter().map(String::as_str).filter(|file| (budget.includes)(file)).collect())
}

/// Glue and module of one binary, and scripts of ours that carry its name (`engine-worker.js`).
fn is_module(file: &str, name: &str) -> bool {
    let kind = Path::new(file).extension().and_then(|extension| extension.to_str());
    file.starts_with(name) && matches!(kind, Some("js" | "wasm"))
}

/// JavaScript that crates bring along; which module imports it is not told, so it counts for both.
fn is_snippet(file: &str) -> bool {
    file.starts_with("snippets/")
}

fn check_purity(module: &Path) -> Result<(), String> {
    let bytes = fs::read(module).map_err(|error| format!("{} could not be read: {error}", module.display()))?;
    match FORBIDDEN.iter().find(|word| contains(&bytes, word.as_bytes())) {
        Some(word) => Err(format!("{WIDGET} contains `{word}`: part of the engine got into the first paint.")),
        None => {
            println!("{WIDGET} contains neither {}", FORBIDDEN.join(" nor "));
            Ok(())
        }
    }
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

/// Sizes in bytes after compression, in the order of the files.
fn compressed(machine: &Machine, dist: &Path, files: &[&str]) -> Result<Vec<u64>, String> {
    const SCRIPT: &str = "const z = require('zlib'), fs = require('fs');
        const quality = { params: { [z.constants.BROTLI_PARAM_QUALITY]: 11 } };
        for (const file of process.argv.slice(1)) console.log(z.brotliCompressSync(fs.readFileSync(file), quality).length);";
    let node = node::program(machine).ok_or("Node.js is missing: run `cargo xtask setup`.")?;
    let mut command = machine.command(node);
    command.args(["-e", SCRIPT, "--"]).args(files.iter().map(|file| dist.join(file)));
    let printed = process::capture(&mut command)?;
    let sizes: Vec<u64> = printed.lines().filter_map(|line| line.parse().ok()).collect();
    if sizes.len() == files.len() { Ok(sizes) } else { Err("Node.js did not compress every file.".into()) }
}

/// Paths of all files below `folder`, from there, with slashes, in order.
fn files_below(folder: &Path, prefix: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.path().is_dir() {
            true => files.extend(files_below(&entry.path(), &format!("{name}/"))),
            false => files.push(name),
        }
    }
    files.sort();
    files
}

/// With one decimal, rounded up, so that what is printed is never less than what it is.
fn kilobytes(bytes: u64) -> String {
    let tenths = (bytes * 10).div_ceil(1024);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &str) -> Vec<String> {
        names.split(' ').map(String::from).collect()
    }

    #[test]
    fn each_budget_takes_its_files_and_no_others() {
        let all = files(
            "demo.js embed.html engine-frame.js engine-worker.js engine.html engine.js engine_bg.wasm inferkit.d.ts \
             inferkit.js knowledge.js knowledge_bg.wasm panel.js remote.js remote_bg.wasm shelf.js snippets/a/b.js \
             style.css widget.js widget_bg.wasm",
        );
        let expected = [
            "inferkit.js panel.js shelf.js snippets/a/b.js style.css widget.js widget_bg.wasm",
            "inferkit.js",
            "knowledge.js knowledge_bg.wasm snippets/a/b.js",
            "remote.js remote_bg.wasm snippets/a/b.js",
            "engine-frame.js engine-worker.js engine.js engine_bg.wasm snippets/a/b.js",
        ];
        assert_eq!(BUDGETS.len(), expected.len());
        for (budget, expected) in BUDGETS.iter().zip(expected) {
            assert_eq!(chosen(&all, budget).unwrap(), files(expected), "{}", budget.name);
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_no_saving() {
        let error = chosen(&files("inferkit.js panel.js shelf.js widget.js"), &BUDGETS[0]).unwrap_err();
        assert_eq!(error, "first paint: dist/widget_bg.wasm is missing.");
    }

    #[test]
    fn kilobytes_are_never_rounded_down() {
        let check = |bytes: u64, expected: &str| assert_eq!(kilobytes(bytes), expected, "{bytes}");
        check(0, "0.0");
        check(1, "0.1");
        check(1024, "1.0");
        check(1025, "1.1");
        check(75 * 1024 + 1, "75.1");
    }

    #[test]
    fn words_are_found_anywhere() {
        assert!(contains(b"\0asm...wgpu", b"wgpu"));
        assert!(contains(b"@compute @workgroup_size(64)", b"@compute"));
        assert!(!contains(b"\0asm wgp", b"wgpu"));
    }
}
