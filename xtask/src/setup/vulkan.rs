//! A Vulkan driver for the native tests of the GPU kernels; Mesa's lavapipe serves where there is no GPU.

use std::fs;
use std::path::Path;

use super::{Part, apt};
use crate::machine::Machine;

/// The row in the table of parts.
pub const PART: Part = Part {
    name: "Vulkan driver",
    purpose: "runs the GPU kernels in native tests",
    takes: "a minute",
    optional: true,
    after: &[],
    find,
    obtain: |machine| apt::install(machine, &["mesa-vulkan-drivers", "libvulkan1"]),
};

/// Where the Vulkan loader looks for the descriptions of installed drivers.
const DRIVERS: &[&str] = &["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/// Where the loader itself may lie.
const LIBRARIES: &[&str] =
    &["/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];

fn find(_machine: &Machine) -> Option<String> {
    if cfg!(target_os = "macos") {
        return Some("Metal serves in its place".into());
    }
    LIBRARIES.iter().find(|folder| Path::new(folder).join("libvulkan.so.1").exists())?;
    let configured = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].iter().find(|name| std::env::var_os(name).is_some());
    if let Some(variable) = configured {
        return Some(format!("named by {variable}"));
    }
    let drivers = DRIVERS.iter().flat_map(fs::read_dir).flatten().flatten();
    let mut names: Vec<_> = drivers.filter_map(|file| driver_name(&file.file_name().to_string_lossy())).collect();
    names.sort();
    names.dedup();
    // Hardware drivers are installed together, on machines that have none of the hardware too: lavapipe always answers.
    (!names.is_empty()).then(|| names.join(", "))
}

/// `lvp_icd.x86_64.json` describes the driver `lvp`.
fn driver_name(file: &str) -> Option<String> {
    let name = file.strip_suffix(".json")?;
    Some(name.split(['.', '_']).next().unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drivers_name_is_the_start_of_its_files_name() {
        assert_eq!(driver_name("lvp_icd.x86_64.json").as_deref(), Some("lvp"));
        assert_eq!(driver_name("nvidia_icd.json").as_deref(), Some("nvidia"));
        assert_eq!(driver_name("README"), None);
    }
}
