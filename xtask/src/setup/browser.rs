//! The browsers that the tests drive: any Chrome or Chromium, and a Firefox that has WebGPU.

use std::path::PathBuf;

use super::{Part, apt};
use crate::machine::{Machine, version};
use crate::process;

/// The row of Chromium in the table of parts.
pub const CHROMIUM: Part = Part {
    name: "Chromium",
    purpose: "runs the browser tests",
    takes: "2 minutes",
    optional: false,
    after: &[],
    find: |machine| chromium(machine).map(|file| file.display().to_string()),
    obtain: |machine| {
        apt::install(machine, &["chromium"]).map_err(|error| format!("Install Chrome or Chromium. {error}"))
    },
};

/// The row of Firefox in the table of parts.
pub const FIREFOX: Part = Part {
    name: "Firefox",
    purpose: "is a second, independent WebGPU for the browser tests",
    takes: "2 minutes",
    optional: true,
    after: &[],
    find: |machine| firefox(machine).map(|file| file.display().to_string()),
    obtain: |machine| {
        let advice = format!("Install Firefox {OLDEST_FIREFOX} or newer.");
        apt::install(machine, &["firefox-esr"]).map_err(|error| format!("{advice} {error}"))?;
        firefox(machine).map(drop).ok_or(advice)
    },
};

/// The first Firefox with WebGPU switched on in a release.
const OLDEST_FIREFOX: u32 = 141;

/// A Chromium or Chrome, when there is one.
pub fn chromium(machine: &Machine) -> Option<PathBuf> {
    if let Some(file) = named_by("INFERKIT_CHROMIUM") {
        return Some(file);
    }
    machine.first_of(&[
        "chromium",
        "chromium-browser",
        "google-chrome-stable",
        "google-chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ])
}

/// A Firefox that is recent enough, when there is one.
pub fn firefox(machine: &Machine) -> Option<PathBuf> {
    let named = named_by("INFERKIT_FIREFOX");
    let file = named.or_else(|| {
        machine.first_of(&["firefox", "firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox"])
    })?;
    let printed = process::capture(machine.command(&file).arg("--version")).ok()?;
    (*version(&printed)?.first()? >= OLDEST_FIREFOX).then_some(file)
}

/// A browser that the user chose.
fn named_by(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|file| file.is_file())
}
