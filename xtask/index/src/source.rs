//! The pages of a folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::{
    html, markdown,
    page::{Page, common_ending},
};

/// Most bytes of a page: more is no text for a reader, and would hold the machine's memory.
pub const MOST_PAGE_BYTES: u64 = 8 << 20;

/// Most levels of folders.
const MOST_DEPTH: usize = 32;

/// A file that is no page of the index, or not quite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The file, relative to the folder.
    pub file: String,
    /// What is the matter with it.
    pub what: String,
    /// Whether it was left out.
    pub skipped: bool,
}

/// What a folder has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The pages with text, in the order of their addresses.
    pub pages: Vec<Page>,
    /// What the site's owner should know.
    pub remarks: Vec<Remark>,
}

/// Reads all pages of a folder and its folders. `read` is called with each one's name before it is read.
///
/// # Errors
/// A sentence, when the folder itself can't be read.
pub fn read(folder: &Path, mut reading: impl FnMut(&str)) -> Result<Site, String> {
    let mut found = Vec::new();
    let mut site = Site::default();
    list(folder, 0, &mut found).map_err(|error| format!("{} could not be read: {error}.", folder.display()))?;
    let mut named: Vec<(String, PathBuf)> = found.into_iter().map(|path| (relative(folder, &path), path)).collect();
    named.sort();
    for (file, path) in named {
        let Some(kind) = kind(&file) else { continue };
        reading(&file);
        let mut remark = |what: String, skipped| site.remarks.push(Remark { file: file.clone(), what, skipped });
        let text = match text(&path) {
            Ok((text, None)) => text,
            Ok((text, Some(what))) => {
                remark(what, false);
                text
            }
            Err(what) => {
                remark(what, true);
                continue;
            }
        };
        if html::nests_too_deep(&text) {
            remark("it opens elements thousands deep, and closes none".into(), true);
            continue;
        }
        let mut page = match kind {
            Kind::Html => html::read(&address(&file), &text),
            Kind::Markdown => markdown::read(&address(&file), &text),
        };
        for what in repeated(&mut page) {
            remark(what, false);
        }
        page.sections.retain(|section| !section.text.is_empty() || !section.path.is_empty());
        if page.sections.iter().all(|section| section.text.is_empty()) {
            remark("it has no text of its own".into(), true);
        } else {
            site.pages.push(page);
        }
    }
    let titles: Vec<&str> = site.pages.iter().map(|page| page.title.as_str()).collect();
    if let Some(ending) = common_ending(&titles) {
        for page in &mut site.pages {
            if let Some(own) = page.title.strip_suffix(&ending).filter(|own| !own.is_empty()) {
                page.title = own.to_owned();
            }
        }
    }
    Ok(site)
}

enum Kind {
    Html,
    Markdown,
}

fn kind(file: &str) -> Option<Kind> {
    match file.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "html" | "htm" | "xhtml" => Some(Kind::Html),
        "md" | "markdown" => Some(Kind::Markdown),
        _ => None,
    }
}

/// A page's address: its path, without `index.html`; a Markdown page's is where generators put it.
fn address(file: &str) -> String {
    let file = file.strip_suffix(".md").or(file.strip_suffix(".markdown")).map_or(file.to_owned(), |stem| {
        let (folder, name) = stem.rsplit_once('/').map_or(("", stem), |(folder, name)| (folder, name));
        let name = if name.eq_ignore_ascii_case("readme") { "index" } else { name };
        if folder.is_empty() { format!("{name}.html") } else { format!("{folder}/{name}.html") }
    });
    match file.strip_suffix("index.html") {
        Some(folder) if folder.ends_with('/') => folder.to_owned(),
        _ => file,
    }
}

/// Sections that the same anchor leads to: a browser goes to the first, so the others have none.
fn repeated(page: &mut Page) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for section in page.sections.iter_mut().filter(|section| !section.anchor.is_empty()) {
        if !seen.insert(section.anchor.clone()) {
            remarks.push(format!("two headings have the id \"{}\": links lead to the first", section.anchor));
            section.anchor.clear();
        }
    }
    remarks
}

fn list(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_link = path.is_symlink();
        if path.is_dir() && !hidden && !is_link && depth < MOST_DEPTH {
            list(&path, depth + 1, found)?;
        } else if path.is_file() && !hidden {
            found.push(path);
        }
    }
    Ok(())
}

fn relative(folder: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// A file's text, with a remark where it is not in the encoding that it should be in.
fn text(path: &Path) -> Result<(String, Option<String>), String> {
    let failed = |error| format!("it could not be read: {error}");
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > MOST_PAGE_BYTES {
        return Err(format!("it has {} MB, and a page may have {}", size >> 20, MOST_PAGE_BYTES >> 20));
    }
    Ok(decode(&fs::read(path).map_err(failed)?))
}

/// Bytes to text as a browser would: by a byte order mark, else by what the page says, else UTF-8, else Windows-1252.
fn decode(bytes: &[u8]) -> (String, Option<String>) {
    let said = said_encoding(&bytes[..bytes.len().min(1_024)]);
    let (encoding, is_said) = match said {
        Some(encoding) => (encoding, true),
        None => (UTF_8, false),
    };
    let (text, encoding, broken) = encoding.decode(bytes);
    if !broken {
        return (text.into_owned(), None);
    }
    if is_said {
        let what = format!("some of its bytes are no {}, as it says it is", encoding.name());
        return (text.into_owned(), Some(what));
    }
    let (text, _, _) = WINDOWS_1252.decode(bytes);
    (text.into_owned(), Some("it says no encoding and is no UTF-8, so Windows-1252 is taken".into()))
}

/// The encoding that `<meta charset>` or `<meta http-equiv>` names.
fn said_encoding(head: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let after = head.split("charset=").nth(1)?;
    let name = after.trim_start_matches(['"', '\'', ' ']);
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c))).unwrap_or(name.len());
    let encoding = Encoding::for_label(&name.as_bytes()[..end])?;
    // A page that could be read as ASCII so far is not UTF-16.
    Some(encoding.output_encoding())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(files: &[(&str, &[u8])]) -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, bytes).expect("a file");
        }
        read(folder.path(), |_| {}).expect("a folder")
    }

    #[test]
    fn pages_are_found_with_their_addresses() {
        let page = b"<title>A - Shop</title><main>Text</main>".as_slice();
        let files =
            ["b/index.html", "a.html", "c/d.htm", ".git/x.html", "e.css", "index.html"].map(|name| (name, page));
        let with_markdown = [&files[..], &[("docs/README.md", b"# M\nx"), ("docs/n.markdown", b"# N\nx")]].concat();
        let site = site(&with_markdown);
        let urls: Vec<&str> = site.pages.iter().map(|page| page.url.as_str()).collect();
        assert_eq!(
            urls,
            ["a.html", "b/", "c/d.htm", "docs/index.html", "docs/n.html", "index.html"]
                .map(|url| { if url == "docs/index.html" { "docs/" } else { url } })
        );
        assert_eq!((site.pages[0].title.as_str(), site.remarks), ("A", vec![]));
    }

    #[test]
    fn bad_pages_are_told_of_by_name_and_harm_no_other() {
        let site = site(&[
            ("broken.html", b"<main><p>Some <b>text</main></i><table><td>"),
            ("empty.html", b"<nav>Menu</nav>"),
            ("latin.html", b"<main>Caf\xe9</main>"),
            ("liar.html", b"<meta charset=utf-8><main>Caf\xe9 Bar</main>"),
            ("old.html", b"<meta charset=\"iso-8859-1\"><main>Caf\xe9</main>"),
            ("twice.html", b"<main><h2 id=a>A</h2>x<h2 id=a>B</h2>y</main>"),
            ("wide.html", b"\xff\xfe<\0p\0>\0W\0"),
            ("nul.html", b"\0\0\0<main>a\0b"),
        ]);
        let texts: Vec<(&str, &str)> =
            site.pages.iter().map(|page| (page.url.as_str(), page.sections[0].text.as_str())).collect();
        assert_eq!(
            texts,
            [
                ("broken.html", "Some text"),
                ("latin.html", "Café"),
                ("liar.html", "Caf\u{fffd} Bar"),
                ("nul.html", "ab"),
                ("old.html", "Café"),
                ("twice.html", "x"),
                ("wide.html", "W"),
            ]
        );
        let remarks: Vec<(&str, bool)> =
            site.remarks.iter().map(|remark| (remark.file.as_str(), remark.skipped)).collect();
        assert_eq!(remarks, [("empty.html", true), ("latin.html", false), ("liar.html", false), ("twice.html", false)]);
        assert_eq!(site.pages[5].sections[1].anchor, "");
    }

    #[test]
    fn a_page_that_is_too_large_is_left_out() {
        let huge = vec![b'x'; MOST_PAGE_BYTES as usize + 1];
        let deep = "<div>".repeat(100_000);
        let site = site(&[("deep.html", deep.as_bytes()), ("huge.html", &huge), ("small.html", b"<main>x")]);
        assert_eq!(site.pages.len(), 1);
        assert!(site.remarks.len() == 2 && site.remarks.iter().all(|remark| remark.skipped), "{:?}", site.remarks);
    }

    #[test]
    fn a_folder_that_is_not_there_is_said_so() {
        let error = read(Path::new("/nowhere/at/all"), |_| {}).expect_err("there is none");
        assert!(error.contains("/nowhere/at/all"), "{error}");
    }
}
