//! Fonts for screenshots: without them, Arabic, Chinese and emoji are photographed as empty boxes.

use super::{Part, apt};
use crate::machine::Machine;
use crate::process;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "fonts",
    purpose: "show every script in screenshots",
    takes: "half a minute",
    optional: true,
    after: &[],
    find,
    obtain: |machine| apt::install(machine, PACKAGES),
};

const PACKAGES: &[&str] =
    &["fontconfig", "fonts-dejavu", "fonts-noto-core", "fonts-noto-color-emoji", "fonts-droid-fallback"];

/// One character, in hexadecimal, of each script that a screenshot may show: Latin, Arabic, Han, Hiragana, emoji.
const PROBES: &[&str] = &["41", "627", "4e2d", "3042", "1f680"];

fn find(machine: &Machine) -> Option<String> {
    if cfg!(any(target_os = "macos", target_os = "windows")) {
        return Some("the system's own".into());
    }
    let has = |code: &str| {
        let mut command = machine.command("fc-list");
        process::capture(command.args([&format!(":charset={code}"), "family"]))
            .is_ok_and(|list| !list.trim().is_empty())
    };
    PROBES.iter().all(|code| has(code)).then(|| "Latin, Arabic, Han, Hiragana and emoji".into())
}
