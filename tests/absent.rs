//! The stand-ins in `xtask/absent` are what cargo builds into the widget: a `[patch]` whose version no longer fits is
//! passed over without an error, and every visitor downloads the crates again.

use std::collections::BTreeSet;

const LOCK: &str = include_str!("../Cargo.lock");

/// What `Cargo.toml` has in the place of the registry's.
const STAND_INS: [&str; 2] = ["send_wrapper", "wasm-streams"];

/// A package of `Cargo.lock`.
struct Package {
    name: &'static str,
    version: &'static str,
    from_registry: bool,
    /// Names, with the version where there are several.
    dependencies: Vec<&'static str>,
}

impl Package {
    /// Reads what follows a `[[package]]`.
    fn read(lines: &'static str) -> Self {
        let value = |key: &str| {
            let line = lines.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
            line.and_then(|line| line.strip_suffix('"'))
        };
        let quoted = |line: &'static str| line.strip_prefix(" \"")?.strip_suffix("\",");
        Self {
            name: value("name").unwrap_or_default(),
            version: value("version").unwrap_or_default(),
            from_registry: value("source").is_some(),
            dependencies: lines.lines().filter_map(quoted).collect(),
        }
    }

    /// Whether a dependency of some package is this one.
    fn is(&self, dependency: &str) -> bool {
        match dependency.split_once(' ') {
            Some((name, version)) => name == self.name && version == self.version,
            None => dependency == self.name,
        }
    }
}

/// Leptos and everything that it needs.
fn leptos(packages: &[Package]) -> Vec<&Package> {
    let (mut waiting, mut seen) = (vec!["leptos"], BTreeSet::new());
    let mut found = Vec::new();
    while let Some(dependency) = waiting.pop() {
        for package in packages.iter().filter(|package| package.is(dependency)) {
            if seen.insert((package.name, package.version)) {
                waiting.extend(&package.dependencies);
                found.push(package);
            }
        }
    }
    found
}

#[test]
fn leptos_is_built_with_every_stand_in_and_no_original() {
    assert!(!LOCK.contains("[[patch.unused]]"), "a patch in Cargo.toml fits nothing any more");
    let packages: Vec<Package> = LOCK.split("[[package]]").skip(1).map(Package::read).collect();
    let needed = leptos(&packages);
    assert!(needed.len() > 50, "Leptos needs more than {} packages", needed.len());
    for name in STAND_INS {
        let named: Vec<_> = needed.iter().filter(|package| package.name == name).collect();
        assert!(!named.is_empty(), "Leptos needs no {name} any more: take it out of Cargo.toml");
        for package in named {
            assert!(!package.from_registry, "{name} {} comes from the registry", package.version);
        }
    }
}
