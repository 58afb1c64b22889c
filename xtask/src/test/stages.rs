//! The stages of `cargo xtask test`, one row each.

use std::path::Path;

use super::{Report, Tally, size, tally};
use crate::build;
use crate::gateway;
use crate::machine::Machine;
use crate::process;
use crate::setup::{Part, browser, fonts, model, node, npm, openai, vulkan, wasm_std, webkit};

/// One stage.
pub struct Stage {
    /// What `--only` calls it.
    pub name: &'static str,
    /// What it does, for its heading.
    pub title: &'static str,
    /// Stages whose results it works on.
    pub after: &'static [&'static str],
    /// Parts without which it fails.
    pub needs: &'static [&'static Part],
    /// Parts without which some of it is skipped.
    pub wants: &'static [&'static Part],
    /// Does it.
    pub run: fn(&Machine) -> Report,
}

/// All stages in order: quick ones first.
pub const STAGES: &[Stage] = &[
    Stage { name: "fmt", title: "formatting", after: &[], needs: &[], wants: &[], run: fmt },
    Stage {
        name: "types",
        title: "types of the scripts and of what a site writes",
        after: &[],
        needs: &[&node::PART, &npm::PART],
        wants: &[],
        run: types,
    },
    Stage { name: "clippy", title: "lints on the host", after: &[], needs: &[], wants: &[], run: clippy },
    Stage {
        name: "clippy-wasm",
        title: "lints of all modules for wasm32",
        after: &[],
        needs: &[&wasm_std::PART],
        wants: &[],
        run: clippy_wasm,
    },
    Stage {
        name: "deny",
        title: "licences, origins and advisories of the dependencies",
        after: &[],
        needs: &[],
        wants: &[],
        run: deny,
    },
    Stage {
        name: "native",
        title: "native tests",
        after: &[],
        needs: &[],
        wants: &[&node::PART, &npm::PART, &model::PART, &vulkan::PART],
        run: native,
    },
    Stage { name: "doc", title: "documentation", after: &[], needs: &[], wants: &[], run: doc },
    Stage {
        name: "build",
        title: "release build",
        after: &[],
        needs: build::NEEDS,
        wants: &[],
        run: |machine| Report::check(build::build(machine, true)),
    },
    Stage {
        name: "size",
        title: "what a visitor downloads",
        after: &["build"],
        needs: &[&node::PART],
        wants: &[],
        run: size::run,
    },
    Stage {
        name: "browser",
        title: "browser tests",
        after: &["build"],
        needs: &[&node::PART, &npm::PART],
        wants: &[&browser::CHROMIUM, &browser::FIREFOX, &webkit::PART, &fonts::PART, &model::PART, &openai::PART],
        run: browser_tests,
    },
];

fn fmt(machine: &Machine) -> Report {
    Report::check(process::run(machine.cargo().args(["fmt", "--all", "--check"])))
}

/// One check: each `tests/e2e/tsconfig*.json` has the scripts of one kind of place, whose globals differ.
fn types(machine: &Machine) -> Report {
    let folder = machine.browser_tests();
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut projects: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    projects.retain(|name| name.starts_with("tsconfig") && name.ends_with(".json"));
    projects.sort();
    Report::check(match projects.is_empty() {
        true => Err(format!("{} has no tsconfig.json.", folder.display())),
        false => projects.iter().try_for_each(|project| check_types(machine, &folder.join(project))),
    })
}

fn check_types(machine: &Machine, project: &Path) -> Result<(), String> {
    let node = node::program(machine).ok_or("Node.js is missing: run `cargo xtask setup`.")?;
    let compiler = machine.browser_tests().join("node_modules/typescript/bin/tsc");
    process::run(machine.command(node).arg(compiler).arg("-p").arg(project))
}

fn clippy(machine: &Machine) -> Report {
    let mut command = machine.cargo();
    Report::check(process::run(command.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])))
}

fn clippy_wasm(machine: &Machine) -> Report {
    let mut report = Report::default();
    // As they are built: each module without the other's code.
    for module in ["widget", "engine", "remote", "knowledge"] {
        report.add(build::wasm_cargo(machine).and_then(|mut command| {
            command.args(["clippy", "--package", "inferkit-widget", "--lib", "--bins", "--target", wasm_std::TARGET]);
            command.args(["--no-default-features", "--features", module, "--", "-D", "warnings"]);
            process::run(&mut command)
        }));
    }
    report
}

/// What `deny.toml` says. cargo-deny takes minutes to compile: it is used where it is, and never fetched.
fn deny(machine: &Machine) -> Report {
    let Some(program) = machine.which("cargo-deny") else {
        return Report::skipped("The dependencies were not judged: `cargo install --locked cargo-deny`.".into());
    };
    let check = |options: &[&str]| {
        let mut command = machine.command(&program);
        process::run(command.args(["--locked", "--workspace"]).args(options))
    };
    let mut report = Report::check(check(&["--offline", "check", "bans", "licenses", "sources"]));
    // The list of advisories is GitHub's; there is none to judge by where it can't be reached.
    match process::capture(machine.command(&program).args(["fetch", "db"])) {
        Ok(_) => report.add(check(&["--offline", "check", "advisories"])),
        Err(sentence) => report.skip(format!("There is no list of advisories ({sentence}).")),
    }
    report
}

fn native(machine: &Machine) -> Report {
    let mut command = machine.cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    match model::file(machine) {
        Some(file) => command.env("INFERKIT_MODEL", file),
        None => command.env_remove("INFERKIT_MODEL"),
    };
    let heard = match process::tee(&mut command) {
        Ok(heard) => heard,
        Err(sentence) => return Report::check(Err(sentence)),
    };
    let mut report = Report { tally: tally::cargo_test(&heard.output).unwrap_or_default(), ..Report::default() };
    if report.tally.failed > 0 {
        report.failures.extend(tally::failed_cargo_tests(&heard.output));
    } else if !heard.status.success() {
        // It did not compile, or a test program died before it could count.
        report.add(Err(process::ended(&command, heard.status)));
    }
    if report.tally.skipped > 0 {
        report.skips.push(format!("{} native tests are marked `#[ignore]`.", report.tally.skipped));
    }
    for reason in tally::skipped(&heard.errors) {
        // libtest counted it as passed.
        report.tally.passed = report.tally.passed.saturating_sub(1);
        report.skip(reason);
    }
    report
}

fn doc(machine: &Machine) -> Report {
    let mut command = machine.cargo();
    command.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
    Report::check(process::run(&mut command))
}

fn browser_tests(machine: &Machine) -> Report {
    let (Some(node), Some(chromium)) = (node::program(machine), browser::chromium(machine)) else {
        // The missing part is said by the caller.
        return Report::default();
    };
    let gateway = match gateway::build(machine) {
        Ok(program) => program,
        Err(sentence) => return Report::check(Err(sentence)),
    };
    let mut command = machine.command(node);
    command.arg(machine.browser_tests().join("run.mjs")).arg("--dist").arg(machine.dist());
    command.arg("--gateway").arg(gateway);
    command.env("INFERKIT_CHROMIUM", chromium);
    if let Some(firefox) = browser::firefox(machine) {
        command.env("INFERKIT_FIREFOX", firefox);
    }
    if let Some(webkit) = webkit::found(machine) {
        command.env("INFERKIT_WEBKIT_DRIVER", webkit.driver).env("INFERKIT_WEBKIT_BROWSER", webkit.browser);
    }
    if let Some(model) = model::file(machine) {
        command.arg("--model").arg(model);
    }
    if let Some(folder) = openai::folder(machine) {
        command.arg("--openai").arg(folder);
    }
    let heard = match process::tee(&mut command) {
        Ok(heard) => heard,
        Err(sentence) => return Report::check(Err(sentence)),
    };
    let counted = tally::browser_tests(&heard.output);
    let mut report = Report { tally: counted.unwrap_or_default(), ..Report::default() };
    if report.tally.failed > 0 {
        report.failures.extend(tally::failed_browser_tests(&heard.output));
    } else if !heard.status.success() {
        report.add(Err(process::ended(&command, heard.status)));
    } else if report.tally == Tally::default() {
        report.add(Err("The browser tests did not say how many passed.".into()));
    }
    report.unstable = tally::unstable_browser_tests(&heard.output);
    if report.tally.skipped > 0 {
        report.skips.push(format!("{} browser tests; the reasons stand above.", report.tally.skipped));
    }
    report
}
