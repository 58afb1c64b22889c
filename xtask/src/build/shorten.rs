//! Shorter names between a module and its glue.
//!
//! wasm-bindgen names every import by what it calls and a hash (`__wbg_postMessage_5b1f0a…`), in the module and in the
//! script beside it. Nobody else reads those names, and hashes do not compress: short ones save visitors about 3 KB of
//! each pair.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// The section of a module that lists imports.
const IMPORTS: u8 = 2;

/// A module's magic number and version.
const PREAMBLE: usize = 8;

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
        .ok_or_else(|| format!("{} has imports that cannot be read.", module.display()))?;
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

/// The module with every import renamed; none when it is no module.
fn rename_imports(module: &[u8], names: &mut Names) -> Option<Vec<u8>> {
    let mut out = module.get(..PREAMBLE)?.to_vec();
    let mut rest = Reader(module.get(PREAMBLE..)?);
    while let Some((&id, after)) = rest.0.split_first() {
        rest.0 = after;
        let mut section = rest.string()?.to_vec();
        if id == IMPORTS {
            section = rename_section(&section, names)?;
        }
        out.push(id);
        push_string(&mut out, &section);
    }
    Some(out)
}

/// Imports are a count and then, each: module, name, and what is imported.
fn rename_section(section: &[u8], names: &mut Names) -> Option<Vec<u8>> {
    let mut rest = Reader(section);
    let mut out = Vec::with_capacity(section.len());
    let count = rest.number()?;
    push_number(&mut out, count);
    for _ in 0..count {
        push_string(&mut out, rest.string()?);
        let long = std::str::from_utf8(rest.string()?).ok()?;
        push_string(&mut out, names.short(long).as_bytes());
        let (&kind, after) = rest.0.split_first()?;
        // wasm-bindgen imports functions only: a kind of 0, and the number of the type.
        if kind != 0 {
            return None;
        }
        rest.0 = after;
        out.push(kind);
        push_number(&mut out, rest.number()?);
    }
    rest.0.is_empty().then_some(out)
}

/// What is left of some bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// An unsigned LEB128 number of 32 bits.
    fn number(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in (0..32).step_by(7) {
            let (&byte, after) = self.0.split_first()?;
            self.0 = after;
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A length and so many bytes.
    fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (bytes, after) = self.0.split_at_checked(length)?;
        self.0 = after;
        Some(bytes)
    }
}

fn push_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn push_string(out: &mut Vec<u8>, bytes: &[u8]) {
    push_number(out, bytes.len() as u32);
    out.extend_from_slice(bytes);
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

    /// A module with a type section, two imports of type 0, and a custom section.
    fn module(first: &str, second: &str) -> Vec<u8> {
        let mut imports = vec![2];
        for name in [first, second] {
            push_string(&mut imports, b"./x_bg.js");
            push_string(&mut imports, name.as_bytes());
            imports.extend([0, 0]);
        }
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec();
        module.push(IMPORTS);
        push_string(&mut module, &imports);
        module.extend(b"\0\x02\x01n");
        module
    }

    #[test]
    fn imports_and_their_definitions_get_the_same_names() {
        let mut names = Names::default();
        let long = "__wbg_postMessage_".repeat(9);
        assert_eq!(rename_imports(&module(&long, "__wbg_now"), &mut names), Some(module("a", "b")));
        let script = format!("const imports = {{ __wbg_now: () => 1, {long}: (a) => a.__wbg_now_2 }}");
        let renamed = rename_definitions(&script, &names);
        assert_eq!(renamed.as_deref(), Ok("const imports = { b: () => 1, a: (a) => a.__wbg_now_2 }"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut names = Names::default();
        assert_eq!(rename_imports(&module("first", "second")[..20], &mut names), None);
        assert!(rename_imports(&module("first", "second"), &mut names).is_some());
        assert!(rename_definitions("({ first: 1 })", &names).is_err());
        assert!(rename_definitions("({ first: 1, second: first })", &names).is_err());
    }

    #[test]
    fn names_are_letters() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["a", "z", "aa", "zz", "aaa"]);
    }
}
