//! `integrity.json`: the hash of every file of a build, as the HTML attribute `integrity` has it ([SRI]).
//!
//! A site that pins a version can pin its bytes too; and an import map takes the same hashes for what the loader imports.
//!
//! [SRI]: https://www.w3.org/TR/sri-2/

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};
use sha2::{Digest, Sha384};

/// What the list is called. It is not in itself.
const NAME: &str = "integrity.json";

/// Writes the list of the files in `folder`.
///
/// # Errors
/// A sentence.
pub fn write(folder: &Path) -> Result<(), String> {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}.", folder.display());
    let mut hashes = Map::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| *name != NAME) else { continue };
        if path.is_file() {
            hashes.insert(name.to_owned(), Value::from(integrity(&fs::read(&path).map_err(unreadable)?)));
        }
    }
    let list = folder.join(NAME);
    let text = format!("{:#}\n", Value::from(hashes));
    fs::write(&list, text).map_err(|error| format!("{} cannot be written: {error}.", list.display()))
}

fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", base64(&Sha384::digest(bytes)))
}

/// Base 64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = three.iter().chain(&[0, 0]).take(3).fold(0, |bits, &byte| bits << 8 | u32::from(byte));
        let letter = |place: usize| match place > three.len() {
            true => '=',
            false => char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]),
        };
        [letter(0), letter(1), letter(2), letter(3)]
    };
    bytes.chunks(3).flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_the_standards_own_examples() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded, "{plain}");
        }
    }

    #[test]
    fn a_hash_as_browsers_compare_it() {
        // The example of the specification, section 3.2.
        let expected = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO";
        assert_eq!(integrity(b"alert('Hello, world.');"), expected);
    }
}
