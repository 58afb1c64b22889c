//! The stand-ins in `xtask/absent` are what cargo builds: a `[patch]` whose version no longer fits is passed over without
//! an error, and every visitor downloads the crates again.

/// What `Cargo.toml` has in the place of the registry's.
const STAND_INS: [&str; 2] = ["send_wrapper", "wasm-streams"];

#[test]
fn every_stand_in_is_the_only_version_of_its_crate() {
    let lock = include_str!("../Cargo.lock");
    assert!(!lock.contains("[[patch.unused]]"), "a patch in Cargo.toml fits nothing any more");
    for name in STAND_INS {
        let is_named = |package: &&str| package.lines().any(|line| line == format!("name = \"{name}\""));
        let packages: Vec<&str> = lock.split("[[package]]").filter(is_named).collect();
        let [package] = packages[..] else { panic!("{name} is locked in {} versions", packages.len()) };
        assert!(!package.contains("source = "), "{name} comes from a registry:{package}");
    }
}

/// A stand-in that nothing depends upon is a stand-in for nothing.
#[test]
fn leptos_depends_on_every_stand_in() {
    let lock = include_str!("../Cargo.lock");
    for name in STAND_INS {
        let dependent = lock.split("[[package]]").filter(|package| {
            let own = package.lines().any(|line| line == format!("name = \"{name}\""));
            !own && package.lines().any(|line| line == format!(" \"{name}\","))
        });
        assert!(dependent.count() > 0, "nothing needs {name}: take it out of Cargo.toml");
    }
}
