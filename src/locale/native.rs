//! Numbers as a browser's `Intl` writes them in English: what stands in for it in native tests and tools.

/// A number with as many decimals, in a unit.
pub(super) fn quantity(_tag: &str, number: f64, decimals: u8, unit: &str) -> String {
    let unit = match unit {
        "kilobyte" => "kB",
        "megabyte" => "MB",
        "gigabyte" => "GB",
        other => other,
    };
    format!("{number:.*} {unit}", usize::from(decimals))
}

/// A whole number.
pub(super) fn whole(_tag: &str, number: u32) -> String {
    number.to_string()
}
