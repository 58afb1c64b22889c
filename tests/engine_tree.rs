//! The arrows inside the engine, which have no circle, and its waits, which all end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Which rooms of `src/engine` (a folder, or a file without one) a room may name. None is missing, and no arrow is here
/// that the code does not have.
const ARROWS: &[(&str, &[&str])] = &[
    ("backend", &["error", "models", "pace"]),
    ("clock", &[]),
    ("cpu", &["backend", "error", "models", "pace", "quant", "rotary", "sampler"]),
    ("either", &["backend", "cpu", "error", "gpu", "models", "pace"]),
    ("error", &[]),
    ("gguf", &["error", "order", "quant"]),
    // No `sampler`: the kernel is its twin, and a test holds the two together.
    ("gpu", &["backend", "clock", "error", "models", "pace", "quant", "rotary"]),
    ("loader", &["backend", "error", "gguf", "models", "pace", "session", "source", "template", "tokenizer"]),
    ("models", &["error", "gguf", "order", "quant"]),
    ("order", &[]),
    ("pace", &["clock", "error"]),
    ("quant", &[]),
    ("rotary", &["models"]),
    ("sampler", &[]),
    ("session", &["backend", "clock", "error", "pace", "template", "tokenizer"]),
    ("source", &["error", "pace"]),
    ("template", &["error", "tokenizer"]),
    ("tokenizer", &["error", "gguf", "order", "pace"]),
    ("web", &["clock", "either", "error", "loader", "pace", "session", "source", "worker"]),
    ("worker", &["backend", "error", "pace", "session"]),
];

/// What may be awaited besides the engine's own functions: (file, the function's name, why it ends).
const AWAITED: &[(&str, &str, &str)] = &[
    ("pace.rs", "came", "polls a deadline and the stop beside the work"),
    ("clock/native.rs", "wait", "a thread of our own, which ends"),
    ("clock/web.rs", "turn", "a message to ourselves"),
    ("clock/web.rs", "new", "a timer"),
    ("worker.rs", "next", "an idle worker waits for the page, which ends it from outside"),
    ("worker.rs", "select", "the engine's own work, beside the beat that says that it lives"),
];

/// The files below a folder, by their path in it.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder of the engine") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file is UTF-8");
                found.push((path.strip_prefix(folder).expect("below the folder").to_path_buf(), code(&text)));
            }
        }
    }
    found.sort();
    found
}

/// A file without its comments and its own tests.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn engine() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine")
}

/// Everything that a file names by a path: `use` declarations taken apart, and paths within expressions.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for declaration in code.split(';').filter_map(|text| text.rsplit_once("use ").map(|(_, tree)| tree)) {
        let tree: String = declaration.split_whitespace().collect();
        branch("", &tree, &mut found);
    }
    for (at, _) in code.match_indices("super::").chain(code.match_indices("crate::")) {
        let whole = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        let end = code[at..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(code.len() - at);
        if whole {
            found.push(code[at..at + end].to_owned());
        }
    }
    found
}

/// The paths of a use tree.
fn branch(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let Some((stem, group)) = tree.split_once('{') else {
        return found.push(format!("{prefix}{tree}"));
    };
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                branch(&format!("{prefix}{stem}"), &group[start..at], found);
                start = at + 1;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
}

/// Which rooms of a folder its rooms name. `place` is the folder's path from the crate's root.
fn arrows(folder: &Path, place: &str) -> BTreeMap<String, BTreeSet<String>> {
    let files = files(folder);
    let room = |path: &Path| {
        let first = path.components().next().expect("a path").as_os_str().to_string_lossy().into_owned();
        first.strip_suffix(".rs").map_or(first.clone(), str::to_owned)
    };
    let rooms: BTreeSet<String> = files.iter().map(|(path, _)| room(path)).filter(|room| room != "mod").collect();
    let mut arrows: BTreeMap<String, BTreeSet<String>> =
        rooms.iter().map(|room| (room.clone(), BTreeSet::new())).collect();
    for (path, code) in &files {
        let from = room(path);
        // What only tests compile is not of the tree, and the folder's own file may name all.
        if path.ends_with("testing.rs") || !rooms.contains(&from) {
            continue;
        }
        // From a folder's `mod.rs` the folder's neighbours are one step up; from its other files, one more for each.
        let depth = path.components().count() - usize::from(path.ends_with("mod.rs"));
        let up = "super::".repeat(depth);
        let down = format!("crate::{place}::");
        for path in paths(code) {
            let Some(rest) = path.strip_prefix(&up).or_else(|| path.strip_prefix(&down)) else { continue };
            let name = rest.split("::").next().unwrap_or_default();
            if name != from && rooms.contains(name) {
                arrows.get_mut(&from).expect("a room").insert(name.to_owned());
            }
        }
    }
    arrows
}

/// A way that leads back to its start.
fn circle(arrows: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut left = arrows.clone();
    loop {
        let ends: Vec<String> = left
            .iter()
            .filter(|(_, named)| named.iter().all(|name| !left.contains_key(name)))
            .map(|(room, _)| room.clone())
            .collect();
        if ends.is_empty() {
            break;
        }
        left.retain(|room, _| !ends.contains(room));
    }
    (!left.is_empty()).then(|| left.into_keys().collect())
}

#[test]
fn the_arrows_between_the_engines_rooms_are_those_of_the_table() {
    let found = arrows(&engine(), "engine");
    let table: BTreeMap<String, BTreeSet<String>> = ARROWS
        .iter()
        .map(|(room, named)| ((*room).to_owned(), named.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    let mut wrong = Vec::new();
    for room in found.keys().chain(table.keys()).collect::<BTreeSet<_>>() {
        match (found.get(room), table.get(room)) {
            (Some(found), Some(table)) if found == table => {}
            (Some(found), Some(table)) => wrong.push(format!("{room} names {found:?}, the table has {table:?}")),
            (Some(_), None) => wrong.push(format!("{room} is not in the table")),
            _ => wrong.push(format!("{room} is in the table and not in the tree")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_folder_of_the_engine_has_a_circle() {
    assert_eq!(circle(&arrows(&engine(), "engine")), None, "in engine");
    for folder in ["cpu", "gguf", "gpu", "models", "template", "tokenizer"] {
        let found = circle(&arrows(&engine().join(folder), &format!("engine::{folder}")));
        assert_eq!(found, None, "in engine/{folder}");
    }
}

/// What is awaited: the name before the arguments of the last call, or of the variable, and where it stands.
fn awaited(code: &str) -> Vec<&str> {
    let before = code.match_indices(".await").map(|(at, _)| code[..at].trim_end());
    before
        .map(|mut text| {
            if text.ends_with(')') {
                let mut depth = 0;
                let open = text.char_indices().rev().find(|(_, c)| {
                    depth += match c {
                        ')' => 1,
                        '(' => -1,
                        _ => 0,
                    };
                    depth == 0
                });
                text = text[..open.map_or(0, |(at, _)| at)].trim_end();
            }
            let start = text.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
            &text[start..]
        })
        .collect()
}

#[test]
fn whatever_the_engine_awaits_is_its_own_and_ends() {
    let files = files(&engine());
    let own: BTreeSet<&str> = files
        .iter()
        .flat_map(|(_, code)| code.split("async fn ").skip(1))
        .map(|rest| &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(0)])
        // What a loader is told to open a backend with: a closure around functions of ours.
        .chain(["open", "create"])
        .collect();
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for (path, code) in files.iter().filter(|(path, _)| !path.ends_with("testing.rs")) {
        for name in awaited(code) {
            let excepted = AWAITED.iter().position(|(file, known, _)| path.ends_with(file) && *known == name);
            used.extend(excepted);
            if excepted.is_none() && !own.contains(name) {
                wrong.push(format!("{}: {name:?} is awaited without Pace::within", path.display()));
            }
        }
        // Other ways to wait for a stranger.
        for (name, rooms) in
            [("JsFuture", &["web.rs"][..]), ("poll_fn", &["pace.rs", "gpu/device.rs"]), ("block_on", &[])]
        {
            if code.contains(name) && !rooms.iter().any(|room| path.ends_with(room)) {
                wrong.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(used.len(), AWAITED.len(), "an exception that nothing needs any longer");
}

#[test]
fn a_stranger_that_is_awaited_is_found() {
    let code = "let a = pace.within(5, f(g(1)), late).await?;\nadapter\n    .request(&x)\n    .await;\nreceiver.await";
    assert_eq!(awaited(code), ["within", "request", "receiver"]);
}

#[test]
fn paths_are_found_in_every_form() {
    let code = "use super::{a::A, b::{self, c::{C, D}}, e};\nuse crate::{\n    engine::{f, g::G},\n    wire::W,\n};\nfn x() { super::super::h::y() }";
    let found = paths(code);
    for path in
        ["super::a::A", "super::b::self", "super::b::c::D", "super::e", "crate::engine::f", "crate::engine::g::G"]
    {
        assert!(found.iter().any(|known| known == path), "{path} in {found:?}");
    }
    assert!(found.iter().any(|known| known == "super::super::h::y"), "{found:?}");
    let ring = [("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")];
    let ring = ring.map(|(from, to)| (from.to_owned(), BTreeSet::from([to.to_owned()])));
    assert_eq!(circle(&ring.into()), Some(vec!["a".to_owned(), "b".to_owned(), "c".to_owned(), "d".to_owned()]));
    assert_eq!(
        circle(&BTreeMap::from([
            ("a".to_owned(), BTreeSet::from(["b".to_owned()])),
            ("b".to_owned(), BTreeSet::new())
        ])),
        None
    );
}
