//! Counting what test programs report.

use std::fmt;
use std::ops::Add;

use serde_json::Value;

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Ended well.
    pub passed: u32,
    /// Ended badly.
    pub failed: u32,
    /// Were not run.
    pub skipped: u32,
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(out, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

/// Adds up the `test result:` lines of `cargo test`; none when there is no such line.
pub fn cargo_test(output: &[String]) -> Option<Tally> {
    output.iter().filter_map(|line| result_line(line)).reduce(Add::add)
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.00s`
fn result_line(line: &str) -> Option<Tally> {
    let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let mut tally = Tally::default();
    for count in counts.split("; ") {
        let Some((number, what)) = count.split_once(' ') else { continue };
        let Ok(number) = number.parse::<u32>() else { continue };
        match what {
            "passed" => tally.passed = number,
            "failed" => tally.failed = number,
            "ignored" => tally.skipped = number,
            _ => {}
        }
    }
    Some(tally)
}

/// The names of the tests of `cargo test` that failed.
pub fn failed_cargo_tests(output: &[String]) -> Vec<String> {
    let name = |line: &String| line.strip_prefix("test ")?.strip_suffix(" ... FAILED").map(String::from);
    output.iter().filter_map(name).collect()
}

/// The reasons in lines that start with `SKIPPED: `. libtest knows no skipping at run time: a test that finds that it
/// cannot run writes such a line to `std::io::stderr()` itself, which is not captured, and returns.
pub fn skipped(errors: &[String]) -> Vec<String> {
    // The line may follow libtest's `test name ... `, which has no end of line yet.
    errors.iter().filter_map(|line| line.split_once("SKIPPED: ")).map(|(_, reason)| reason.to_owned()).collect()
}

/// The last line of the browser tests: `{"passed": 12, "failed": 0, "skipped": 1}`.
pub fn browser_tests(output: &[String]) -> Option<Tally> {
    output.iter().rev().find_map(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        let count = |name: &str| u32::try_from(value.get(name)?.as_u64()?).ok();
        Some(Tally { passed: count("passed")?, failed: count("failed")?, skipped: count("skipped").unwrap_or(0) })
    })
}

/// What the browser tests say of those that passed only when they were run again.
pub fn unstable_browser_tests(output: &[String]) -> Vec<String> {
    output.iter().filter_map(|line| line.strip_prefix("UNSTABLE ")).map(String::from).collect()
}

/// The names of the browser tests that failed: the lines before the last.
pub fn failed_browser_tests(output: &[String]) -> Vec<String> {
    let mut names: Vec<String> = output
        .iter()
        .rev()
        .skip_while(|line| !line.starts_with("FAILED "))
        .map_while(|line| line.strip_prefix("FAILED "))
        .map(String::from)
        .collect();
    names.reverse();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(String::from).collect()
    }

    fn tally(passed: u32, failed: u32, skipped: u32) -> Option<Tally> {
        Some(Tally { passed, failed, skipped })
    }

    #[test]
    fn every_test_program_is_counted() {
        let check = |text: &str, expected: Option<Tally>| assert_eq!(cargo_test(&lines(text)), expected, "{text}");
        check("error: could not compile", None);
        check(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.00s",
            tally(12, 0, 1),
        );
        check(
            "running 2 tests\ntest a ... ok\n\
             test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
             test result: ok. 0 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            tally(1, 1, 2),
        );
    }

    #[test]
    fn failures_are_named() {
        let output = lines("test a::b ... ok\ntest a::c ... FAILED\ntest d - doctest ... FAILED\nerror: x ... FAILED");
        assert_eq!(failed_cargo_tests(&output), ["a::c", "d - doctest"]);
        let output = lines("FAILED x (late, 1 s)\n    stack\nok y\n\nFAILED x\nFAILED z\n{\"passed\":1,\"failed\":2}");
        assert_eq!(failed_browser_tests(&output), ["x", "z"]);
        let output =
            lines("ok y\nUNSTABLE x: failed beside other tests, and passed alone\n{\"passed\":2,\"failed\":0}");
        assert_eq!(unstable_browser_tests(&output), ["x: failed beside other tests, and passed alone"]);
        assert!(failed_browser_tests(&lines("ok y\n{\"passed\":1,\"failed\":0}")).is_empty());
    }

    #[test]
    fn skipping_at_run_time_is_heard() {
        let errors = lines("Compiling x\nSKIPPED: no model\ntest gpu ... SKIPPED: no adapter\nnothing SKIPPED here");
        assert_eq!(skipped(&errors), ["no model", "no adapter"]);
    }

    #[test]
    fn the_browser_tests_end_with_a_count() {
        let check = |text: &str, expected: Option<Tally>| assert_eq!(browser_tests(&lines(text)), expected, "{text}");
        check("ok a\n{\"passed\":2,\"failed\":1,\"skipped\":3}", tally(2, 1, 3));
        check("{\"passed\":2,\"failed\":1}\n\n", tally(2, 1, 0));
        check("{\"step\":\"a\"}\nboom", None);
        check("{\"passed\":-1,\"failed\":1}", None);
    }

    #[test]
    fn the_last_line_has_its_form() {
        assert_eq!(Tally { passed: 3, failed: 0, skipped: 0 }.to_string(), "3 passed, 0 failed");
        assert_eq!(Tally { passed: 3, failed: 1, skipped: 2 }.to_string(), "3 passed, 1 failed, 2 skipped");
    }
}
