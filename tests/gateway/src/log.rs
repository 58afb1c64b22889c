//! The log: one JSON object per line. No line holds a key or a session whole.

use serde_json::Value;
use std::{fmt, io::Write, sync::Arc};

/// Where lines go.
#[derive(Clone)]
pub struct Log(Arc<dyn Fn(&str) + Send + Sync>);

impl Log {
    /// To the standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self::to(|line| {
            // Whoever read the log may be gone; the server serves on.
            let _gone = writeln!(std::io::stdout().lock(), "{line}");
        })
    }

    /// To `write`, which is given each line without its end.
    pub fn to(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(write))
    }

    /// Writes an object, without its empty members.
    pub fn write(&self, mut line: Value) {
        if let Some(members) = line.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        (self.0)(&line.to_string());
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

/// A key as the log may have it: its kind and its last four characters, enough to find it in the dashboard.
#[must_use]
pub fn masked(key: &str) -> String {
    let kind = ["ik_pub_", "ik_sec_"].into_iter().find(|kind| key.starts_with(kind));
    let rest: Vec<char> = key.chars().skip(kind.unwrap_or_default().len()).collect();
    // Of a short one, the last four would be most of it.
    let end = if rest.len() >= 8 { rest[rest.len() - 4..].iter().collect() } else { String::new() };
    format!("{}…{end}", kind.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_key_is_never_whole() {
        let check = |key: &str, expected: &str| assert_eq!(masked(key), expected, "{key}");
        check("ik_pub_live_0123456789", "ik_pub_…6789");
        check("ik_sec_demo_key", "ik_sec_…_key");
        check("ik_pub_short", "ik_pub_…");
        check("sk-somebody-elses", "…lses");
        check("", "…");
    }
}
