//! `cargo xtask test`: every check there is, in order, each with its duration.
//!
//! A failure does not hide later stages, except those that work on what the failed one should have made. What cannot be
//! run is skipped and said loudly. The last line is `N passed, N failed`, and `, N skipped` where anything was.

mod size;
mod stages;
mod tally;

use std::time::{Duration, Instant};

use crate::machine::Machine;
use crate::setup::{self, Missing, Part};
use stages::{STAGES, Stage};
use tally::Tally;

/// What a stage found.
#[derive(Default)]
pub struct Report {
    /// How many tests or checks ended how.
    pub tally: Tally,
    /// One sentence for each failure or group of failures.
    pub failures: Vec<String>,
    /// One sentence for each thing that was not run, with the reason.
    pub skips: Vec<String>,
    /// One sentence for each test that passed only when it was run again.
    pub unstable: Vec<String>,
}

impl Report {
    /// One check, which passed or failed.
    pub fn check(result: Result<(), String>) -> Self {
        let mut report = Self::default();
        report.add(result);
        report
    }

    /// Counts one more check.
    pub fn add(&mut self, result: Result<(), String>) {
        match result {
            Ok(()) => self.tally.passed += 1,
            Err(sentence) => {
                self.tally.failed += 1;
                self.failures.push(sentence);
            }
        }
    }

    /// Counts one thing that was not run.
    pub fn skip(&mut self, reason: String) {
        self.tally.skipped += 1;
        self.skips.push(reason);
    }

    fn skipped(reason: String) -> Self {
        let mut report = Self::default();
        report.skip(reason);
        report
    }
}

/// Runs the named stages and those they build on, or all; true when nothing failed.
///
/// # Errors
/// A sentence, when a name is unknown.
pub fn command(machine: &Machine, only: &[String]) -> Result<bool, String> {
    let stages = selected(only)?;
    let missing = prepare(machine, &stages);
    let mut done: Vec<(&Stage, Report, Duration)> = Vec::new();
    for stage in stages {
        println!("\n{}", heading(&format!("{}: {}", stage.name, stage.title)));
        let started = Instant::now();
        let report = run(machine, stage, &done, &missing);
        let took = started.elapsed();
        for skip in &report.skips {
            println!("SKIPPED: {skip}");
        }
        for failure in &report.failures {
            println!("FAILED: {failure}");
        }
        println!("   {} in {:.1} s", report.tally, took.as_secs_f64());
        done.push((stage, report, took));
    }
    Ok(summarise(&done))
}

/// The chosen stages in the table's order, with all that they come after.
fn selected(only: &[String]) -> Result<Vec<&'static Stage>, String> {
    if let Some(unknown) = only.iter().find(|name| !STAGES.iter().any(|stage| stage.name == name.as_str())) {
        let known: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        return Err(format!("There is no stage `{unknown}`; there are {}.", known.join(", ")));
    }
    let wanted = |stage: &Stage| only.is_empty() || only.iter().any(|name| name == stage.name);
    let mut chosen: Vec<&Stage> = Vec::new();
    // From the end, so that a stage is reached after all that need it.
    for stage in STAGES.iter().rev() {
        if wanted(stage) || chosen.iter().any(|later| later.after.contains(&stage.name)) {
            chosen.push(stage);
        }
    }
    chosen.reverse();
    Ok(chosen)
}

/// Sets up what the stages need, each part once.
fn prepare(machine: &Machine, stages: &[&Stage]) -> Vec<Missing> {
    let needed = |part: &Part| {
        let parts = stages.iter().flat_map(|stage| stage.needs.iter().chain(stage.wants));
        parts.into_iter().any(|other| other.name == part.name)
    };
    let parts: Vec<&Part> = setup::PARTS.iter().copied().filter(|part| needed(part)).collect();
    if parts.is_empty() {
        return Vec::new();
    }
    println!("{}", heading("setup"));
    setup::ensure(machine, &parts)
}

fn run(machine: &Machine, stage: &Stage, done: &[(&Stage, Report, Duration)], missing: &[Missing]) -> Report {
    let broken =
        done.iter().find(|(earlier, report, _)| stage.after.contains(&earlier.name) && report.tally.failed > 0);
    if let Some((earlier, ..)) = broken {
        return Report::skipped(format!("{} was not run, because {} failed.", stage.name, earlier.name));
    }
    let lacks = |part: &&&Part| missing.iter().find(|absent| absent.name == part.name);
    if let Some(absent) = stage.needs.iter().find_map(|part| lacks(&part)) {
        return Report::check(Err(format!("{} needs {}. {}", stage.name, absent.name, absent.sentence)));
    }
    let mut report = (stage.run)(machine);
    // A stage that counts its own skips has counted what these parts are wanted for; the reason is said all the same.
    let counted = report.tally.skipped > 0;
    for absent in stage.wants.iter().filter_map(|part| lacks(&part)) {
        let reason = format!("{} went without {}. {}", stage.name, absent.name, absent.sentence);
        if counted { report.skips.push(reason) } else { report.skip(reason) }
    }
    report
}

fn heading(title: &str) -> String {
    format!("── {title} {}", "─".repeat(70_usize.saturating_sub(title.chars().count())))
}

/// Prints the end of the run; true when nothing failed.
fn summarise(done: &[(&Stage, Report, Duration)]) -> bool {
    println!("\n{}", heading("summary"));
    for (stage, report, took) in done {
        println!("{:<12} {:>8.1} s  {}", stage.name, took.as_secs_f64(), report.tally);
    }
    for skip in done.iter().flat_map(|(_, report, _)| &report.skips) {
        println!("SKIPPED: {skip}");
    }
    for unstable in done.iter().flat_map(|(_, report, _)| &report.unstable) {
        println!("UNSTABLE: {unstable}");
    }
    for failure in done.iter().flat_map(|(_, report, _)| &report.failures) {
        println!("FAILED: {failure}");
    }
    let total = done.iter().fold(Tally::default(), |sum, (_, report, _)| sum + report.tally);
    println!("{total}");
    total.failed == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(only: &[&str], expected: &[&str]) {
        let only: Vec<_> = only.iter().map(ToString::to_string).collect();
        let names: Vec<_> = selected(&only).unwrap().iter().map(|stage| stage.name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_stage_brings_what_it_comes_after() {
        check(&["fmt"], &["fmt"]);
        check(&["size"], &["build", "size"]);
        check(&["browser", "fmt"], &["fmt", "build", "browser"]);
        let all: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        check(&[], &all);
        let error = selected(&["sizes".into()]).err().unwrap();
        assert!(error.starts_with("There is no stage `sizes`; there are fmt, "), "{error}");
    }

    #[test]
    fn stages_come_after_earlier_ones() {
        for (index, stage) in STAGES.iter().enumerate() {
            for name in stage.after {
                let earlier = STAGES.iter().position(|other| other.name == *name);
                assert!(earlier.is_some_and(|earlier| earlier < index), "{} after {name}", stage.name);
            }
        }
    }

    #[test]
    fn a_failed_stage_keeps_those_after_it_from_running() {
        let build = STAGES.iter().find(|stage| stage.name == "build").unwrap();
        let size = STAGES.iter().find(|stage| stage.name == "size").unwrap();
        let machine = Machine::find().unwrap();
        let done = [(build, Report::check(Err("no".into())), Duration::ZERO)];
        let report = run(&machine, size, &done, &[]);
        assert_eq!(report.tally, Tally { passed: 0, failed: 0, skipped: 1 });
        assert_eq!(report.skips, ["size was not run, because build failed."]);
    }

    #[test]
    fn a_missing_need_fails() {
        let build = STAGES.iter().find(|stage| stage.name == "build").unwrap();
        let missing = [Missing { name: "Trunk", sentence: "Install it.".into(), optional: false }];
        let report = run(&Machine::find().unwrap(), build, &[], &missing);
        assert_eq!(report.failures, ["build needs Trunk. Install it."]);
    }
}
