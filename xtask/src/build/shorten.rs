//! Shorter names between a module and its glue.
//!
//! wasm-bindgen names every import by what it calls and a hash (`__wbg_postMessage_5b1f0a…`), in the module and in the
//! script beside it. Nobody else reads those names, and hashes do not compress: short ones save visitors about 3 KB of
//! each pair.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use wasm_encoder::{EntityType, ImportSection, Module, RawSection};
use wasmparser::{Parser, Payload, TypeRef};

/// Renames the imports of `<name>_bg.wasm` in `folder`, and their definitions in `<name>.js`.
///
/// # Errors
/// A sentence, when either file is not what wasm-bindgen writes. Neither file is changed then.
pub fn shorten(folder: &Path, name: &str) -> Result<(), String> {
    let (module, script) = (folder.join(format!("{name}_bg.wasm")), folder.join(format!("{name}.js")));
    let bytes = fs::read(&module).map_err(|error| format!("{} cannot be read: {error}.", module.display()))?;
    let text = fs::read_to_string(&script).map_err(|error| format!("{} cannot be read: {error}.", script.display()))?;
    let mut names = Names::default();
    let renamed = rename_imports(&bytes, &mut names)
        .map_err(|problem| format!("The imports of {} cannot be read: {problem}.", module.display()))?;
    let text = rename_definitions(&text, &names).map_err(|problem| format!("{}: {problem}.", script.display()))?;
    fs::write(&module, renamed).map_err(|error| format!("{} cannot be written: {error}.", module.display()))?;
    fs::write(&script, text).map_err(|error| format!("{} cannot be written: {error}.", script.display()))
}

/// Short names by the long ones.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn short(&mut self, long: &str) -> String {
        let next = self.0.len();
        self.0.entry(long.to_owned()).or_insert_with(|| letters(next)).clone()
    }
}

/// `a` to `z`, `aa` to `zz` and so on.
fn letters(number: usize) -> String {
    let last = char::from(b'a' + (number % 26) as u8);
    match number / 26 {
        0 => last.to_string(),
        before => letters(before - 1) + &last.to_string(),
    }
}

/// The module with every import renamed. All other sections stay as they are, byte for byte.
///
/// wasm-bindgen imports functions only; what else may be imported is a sentence for whoever builds.
fn rename_imports(module: &[u8], names: &mut Names) -> Result<Vec<u8>, String> {
    let mut out = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(|error| error.to_string())?;
        if let Payload::ImportSection(imports) = payload {
            let mut renamed = ImportSection::new();
            for import in imports.into_imports() {
                let import = import.map_err(|error| error.to_string())?;
                let TypeRef::Func(number) = import.ty else {
                    return Err(format!("the import {} is no function", import.name));
                };
                renamed.import(import.module, &names.short(import.name), EntityType::Function(number));
            }
            out.section(&renamed);
        } else if let Some((id, range)) = payload.as_section() {
            let range = range.start as usize..range.end as usize;
            let data = module.get(range).ok_or("a section is longer than the file")?;
            out.section(&RawSection { id, data });
        }
    }
    Ok(out.finish())
}

/// The script with every import's definition renamed. Each must be there once, as the key of a property.
fn rename_definitions(script: &str, names: &Names) -> Result<String, String> {
    let mut out = String::with_capacity(script.len());
    let mut found = 0;
    let mut rest = script;
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..].find(|c| !is_word(c)).map_or(rest.len(), |length| start + length);
        let (before, word) = (&rest[..start], &rest[start..end]);
        out.push_str(before);
        match names.0.get(word) {
            Some(short) if rest[end..].trim_start().starts_with([':', '(']) => {
                out.push_str(short);
                found += 1;
            }
            Some(_) => return Err(format!("{word} is used where it is not defined")),
            None => out.push_str(word),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    if found == names.0.len() { Ok(out) } else { Err(format!("{found} of {} imports are defined", names.0.len())) }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with a type, two imports, and a custom section.
    fn module(first: (&str, EntityType), second: (&str, EntityType)) -> Vec<u8> {
        let mut imports = ImportSection::new();
        for (name, kind) in [first, second] {
            imports.import("./x_bg.js", name, kind);
        }
        let mut module = Module::new();
        // One type: a function that takes and returns nothing.
        module.section(&RawSection { id: 1, data: &[1, 0x60, 0, 0] });
        module.section(&imports);
        module.section(&RawSection { id: 0, data: b"\x01n\x07" });
        module.finish()
    }

    fn functions(first: &str, second: &str) -> Vec<u8> {
        module((first, EntityType::Function(0)), (second, EntityType::Function(0)))
    }

    #[test]
    fn imports_and_their_definitions_get_the_same_names() {
        let mut names = Names::default();
        let long = "__wbg_postMessage_".repeat(9);
        assert_eq!(rename_imports(&functions(&long, "__wbg_now"), &mut names), Ok(functions("a", "b")));
        let script = format!("const imports = {{ __wbg_now: () => 1, {long}: (a) => a.__wbg_now_2 }}");
        let renamed = rename_definitions(&script, &names);
        assert_eq!(renamed.as_deref(), Ok("const imports = { b: () => 1, a: (a) => a.__wbg_now_2 }"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut names = Names::default();
        assert!(rename_imports(&functions("first", "second")[..30], &mut names).is_err());
        assert!(rename_imports(b"no module", &mut names).is_err());
        let tag = EntityType::Tag(wasm_encoder::TagType { kind: wasm_encoder::TagKind::Exception, func_type_idx: 0 });
        let refused = rename_imports(&module(("first", EntityType::Function(0)), ("oops", tag)), &mut names);
        assert_eq!(refused, Err("the import oops is no function".into()));

        let mut names = Names::default();
        assert!(rename_imports(&functions("first", "second"), &mut names).is_ok());
        assert!(rename_definitions("({ first: 1 })", &names).is_err());
        assert!(rename_definitions("({ first: 1, second: first })", &names).is_err());
    }

    #[test]
    fn names_are_letters() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["a", "z", "aa", "zz", "aaa"]);
    }
}
