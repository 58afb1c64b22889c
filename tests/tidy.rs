//! The arrows between the folders, and the habits that keep the tree a place to live in.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Which folders of `src` a folder may name by `crate::…`, besides itself.
const ARROWS: &[(&str, &[&str])] = &[
    ("embed", &["answer", "chat", "error", "gate", "knowledge", "wire"]),
    // `embed` for the site's wishes about looks, which are data.
    ("ui", &["chat", "embed", "error", "knowledge", "lives", "locale"]),
    ("chat", &["answer", "error", "gate", "knowledge", "wire"]),
    ("page", &["answer", "chat", "embed", "error", "gate", "knowledge", "lives", "locale", "remote", "ui", "wire"]),
    ("gate", &["error", "frame", "lives"]),
    ("answer", &["error", "frame", "lives", "wire"]),
    ("engine", &["error", "wire"]),
    ("wire", &["error"]),
    ("remote", &["answer", "error", "gate", "lives", "wire"]),
    ("frame", &["lives"]),
    ("lives", &[]),
    ("knowledge", &["lives", "wire"]),
    ("error", &[]),
    ("locale", &["error"]),
];

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the tree") {
            let path = entry.expect("an entry of the tree").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file is UTF-8");
                found.push((path.strip_prefix(root).expect("below the root").to_path_buf(), text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// Everything before the file's own tests, without comments.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Names that follow `prefix` in code: `crate::wire`, `crate::{error, wire::X}` and deeper.
fn named(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        let word = |text: &str| {
            let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
            text[..end].to_owned()
        };
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = 0;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    names.insert(word(group[start..at].trim_start()));
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.insert(word(group[start..at].trim_start()));
                    start = at + 1;
                }
                _ => {}
            }
        }
    }
    names.remove("");
    names
}

#[test]
fn the_arrows_between_folders_hold() {
    let mut wrong = Vec::new();
    for (folder, allowed) in ARROWS {
        for (path, text) in sources(&format!("src/{folder}")) {
            for name in named(&code(&text), "crate::") {
                let folder_of_crate = ARROWS.iter().any(|(known, _)| *known == name);
                if folder_of_crate && name != *folder && !allowed.contains(&name.as_str()) {
                    wrong.push(format!("{}: {folder} may not name {name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_seams_name_a_browser_and_only_gpu_names_wgpu() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let code = code(&text);
        let place = path.to_string_lossy().replace('\\', "/");
        let browser = ["web_sys", "js_sys", "wasm_bindgen"].iter().any(|name| code.contains(name));
        let seam = place.ends_with("/web.rs") || place.starts_with("src/bin/") || place.starts_with("src/ui/");
        if browser && !seam {
            wrong.push(format!("{place} names the browser"));
        }
        if code.contains("wgpu::") && !place.starts_with("src/engine/gpu/") {
            wrong.push(format!("{place} names wgpu"));
        }
        if code.contains("leptos::") && !place.starts_with("src/ui/") && !place.starts_with("src/bin/") {
            wrong.push(format!("{place} names leptos"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_html_string_is_ever_set() {
    for (path, text) in sources("src") {
        for forbidden in ["inner_html", "set_inner_html", "insert_adjacent_html", "outer_html"] {
            assert!(!code(&text).contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
    let public = Path::new(env!("CARGO_MANIFEST_DIR")).join("public");
    let entries = |folder| fs::read_dir(folder).expect("a folder of scripts");
    for entry in entries(public.join("playground")).chain(entries(public.join("loader"))).chain(entries(public)) {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "js") {
            let text = fs::read_to_string(&path).expect("a script is UTF-8");
            for forbidden in ["innerHTML", "insertAdjacentHTML", "outerHTML", "document.write", "eval("] {
                assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
            }
        }
    }
}

/// Which modules of `xtask` a module may name by `crate::…`, besides itself.
const XTASK_ARROWS: &[(&str, &[&str])] = &[
    ("arguments", &[]),
    ("process", &[]),
    ("machine", &["process"]),
    ("setup", &["machine", "process"]),
    ("index", &["machine", "process"]),
    ("build", &["index", "machine", "process", "setup"]),
    ("gateway", &["machine", "process"]),
    ("serve", &["arguments", "build", "gateway", "machine", "process", "setup"]),
    ("test", &["build", "gateway", "machine", "process", "setup"]),
];

#[test]
fn the_arrows_inside_xtask_hold() {
    let mut wrong = Vec::new();
    for (path, text) in sources("xtask/src") {
        let inside = path.strip_prefix("xtask/src").expect("a file of xtask");
        let module = inside.iter().next().and_then(|first| first.to_str()).unwrap_or_default().trim_end_matches(".rs");
        if module == "main" {
            continue;
        }
        let Some((_, allowed)) = XTASK_ARROWS.iter().find(|(known, _)| *known == module) else {
            wrong.push(format!("{}: the table of arrows does not know {module}", path.display()));
            continue;
        };
        for name in named(&code(&text), "crate::") {
            if name != module && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{}: {module} may not name {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_is_in_a_table_of_arrows_and_on_the_page_of_the_architecture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(root.join("src")).expect("the sources").flatten();
    let folders =
        entries.filter(|entry| entry.path().is_dir()).filter_map(|entry| entry.file_name().into_string().ok());
    let page = fs::read_to_string(root.join("src/lib.rs")).expect("lib.rs");
    for folder in folders.filter(|folder| folder != "bin") {
        assert!(ARROWS.iter().any(|(known, _)| *known == folder), "the table of arrows does not know src/{folder}");
        let listed = [format!("//! - `{folder}`"), format!("//! - [`{folder}`]")];
        assert!(listed.iter().any(|line| page.contains(line)), "src/lib.rs does not say what src/{folder} is");
    }
}

#[test]
fn every_module_opens_with_its_purpose() {
    let rooms = ["src", "xtask/src", "xtask/index/src", "tests", "examples"];
    for (path, text) in rooms.into_iter().flat_map(sources) {
        assert!(text.starts_with("//!"), "{} does not open with //!", path.display());
    }
}

#[test]
fn the_loader_knows_its_version() {
    let sources = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("public/loader")).expect("public/loader");
    let text: String = sources.flatten().flat_map(|entry| fs::read_to_string(entry.path())).collect();
    let folder = concat!("'/", env!("CARGO_PKG_VERSION"), "/'");
    assert!(text.contains(folder), "the loader's own folder is {folder}");
}

#[test]
fn every_kernel_and_every_format_has_its_pair() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine");
    for folder in ["quant", "gpu/kernels"] {
        for entry in fs::read_dir(root.join(folder)).expect("a folder of the engine") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "wgsl") {
                assert!(path.with_extension("rs").exists(), "{} has no Rust twin", path.display());
            }
        }
    }
}

#[test]
fn names_are_found_in_every_form_of_use() {
    let check = |code: &str, expected: &[&str]| {
        assert_eq!(named(code, "crate::").into_iter().collect::<Vec<_>>(), expected, "{code}");
    };
    check("use crate::wire;", &["wire"]);
    check("use crate::{error::{Code, Failure}, wire::Message};", &["error", "wire"]);
    check("use crate::{\n    chat::State,\n    error::Code,\n};", &["chat", "error"]);
    check("let code = crate::error::Code::GpuLost;", &["error"]);
    check("nothing here", &[]);
    assert_eq!(code("// crate::ui\nuse crate::wire;\n#[cfg(test)]\nmod tests { use crate::ui; }"), "use crate::wire;");
}
