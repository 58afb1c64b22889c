//! `inferkit.js`, the loader: its sources in `public/loader/`, joined into one classic script.
//!
//! The sources are parts of one function and share their names; `order.txt` says in which order they stand, one file a
//! line. Whatever is declared in one is known to those after it, and to none of the page's own scripts.

use std::fs;
use std::path::Path;

/// Joins the sources of `public/loader/` into `dist/inferkit.js`.
///
/// # Errors
/// A sentence: a file that is named and not there, or there and not named.
pub fn write(root: &Path, dist: &Path) -> Result<(), String> {
    let folder = root.join("public").join("loader");
    let read = |name: &str| {
        let file = folder.join(name);
        fs::read_to_string(&file).map_err(|error| format!("{} cannot be read: {error}.", file.display()))
    };
    let order = read("order.txt")?;
    let names: Vec<&str> = order.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".js") && !names.contains(&name.as_str()) {
            return Err(format!("public/loader/order.txt does not name {name}."));
        }
    }
    let sources = names.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let file = dist.join("inferkit.js");
    fs::write(&file, joined(&sources)).map_err(|error| format!("{} cannot be written: {error}.", file.display()))
}

/// The sources inside one function that runs at once: a classic script's own names would be the page's.
fn joined(sources: &[String]) -> String {
    format!("(() => {{\n'use strict';\n{}}})();\n", sources.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_share_one_function() {
        let sources = ["// One.\nconst one = 1;\n".to_owned(), "use(one);\n".to_owned()];
        assert_eq!(joined(&sources), "(() => {\n'use strict';\n// One.\nconst one = 1;\nuse(one);\n})();\n");
    }

    #[test]
    fn every_source_is_named_and_every_name_is_a_source() {
        let folder = std::env::temp_dir().join(format!("inferkit-loader-test-{}", std::process::id()));
        let (sources, dist) = (folder.join("public").join("loader"), folder.join("dist"));
        fs::create_dir_all(&sources).unwrap();
        fs::create_dir_all(&dist).unwrap();
        fs::write(sources.join("order.txt"), "b.js\na.js\n").unwrap();
        fs::write(sources.join("a.js"), "a();\n").unwrap();
        assert!(write(&folder, &dist).unwrap_err().contains("b.js cannot be read"));
        fs::write(sources.join("b.js"), "b();\n").unwrap();
        write(&folder, &dist).unwrap();
        assert!(fs::read_to_string(dist.join("inferkit.js")).unwrap().contains("b();\na();\n"));
        fs::write(sources.join("c.js"), "c();\n").unwrap();
        assert_eq!(write(&folder, &dist).unwrap_err(), "public/loader/order.txt does not name c.js.");
        fs::remove_dir_all(folder).unwrap();
    }
}
