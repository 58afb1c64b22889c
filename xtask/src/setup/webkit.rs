//! WebKit, the engine of Safari, as Debian packages it: WebKitGTK's small browser and its driver.
//!
//! It has no WebGPU, so it shows what Safari's visitors without one see. It needs a display: `xvfb` is one without a
//! screen.

use std::path::{Path, PathBuf};

use super::{Part, apt};
use crate::machine::Machine;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "WebKit",
    purpose: "is the third browser engine of the browser tests, Safari's",
    takes: "2 minutes",
    optional: true,
    after: &[],
    find: |machine| found(machine).map(|webkit| webkit.browser.display().to_string()),
    obtain: |machine| {
        apt::install(machine, PACKAGES)
            .map_err(|error| format!("The tests in WebKit are skipped: its driver is missing. {error}"))
    },
};

const PACKAGES: &[&str] = &["webkit2gtk-driver", "libwebkit2gtk-4.1-0", "xvfb", "xauth"];

/// What the browser tests are told: `INFERKIT_WEBKIT_DRIVER` and `INFERKIT_WEBKIT_BROWSER`.
pub struct WebKit {
    /// `WebKitWebDriver`, which speaks W3C WebDriver.
    pub driver: PathBuf,
    /// The browser that it drives.
    pub browser: PathBuf,
}

/// Driver and browser, when both are there and a display can be had.
pub fn found(machine: &Machine) -> Option<WebKit> {
    let named = |variable| std::env::var_os(variable).map(PathBuf::from).filter(|file| file.is_file());
    if let (Some(driver), Some(browser)) = (named("INFERKIT_WEBKIT_DRIVER"), named("INFERKIT_WEBKIT_BROWSER")) {
        return Some(WebKit { driver, browser });
    }
    let driver = machine.which("WebKitWebDriver")?;
    let has_display = std::env::var_os("DISPLAY").is_some() || machine.which("Xvfb").is_some();
    let browser = browsers().into_iter().find(|file| file.is_file())?;
    has_display.then_some(WebKit { driver, browser })
}

/// Where distributions put `MiniBrowser`.
fn browsers() -> Vec<PathBuf> {
    let arch = std::env::consts::ARCH;
    let folders = [format!("/usr/lib/{arch}-linux-gnu"), "/usr/libexec".into(), "/usr/lib".into(), "/usr/lib64".into()];
    let at = |folder: &String, version: &str| Path::new(folder).join(version).join("MiniBrowser");
    folders.iter().flat_map(|folder| ["webkit2gtk-4.1", "webkitgtk-6.0"].map(|version| at(folder, version))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_is_looked_for_where_debian_puts_it() {
        let place = format!("/usr/lib/{}-linux-gnu/webkit2gtk-4.1/MiniBrowser", std::env::consts::ARCH);
        assert!(browsers().contains(&PathBuf::from(place)));
    }
}
