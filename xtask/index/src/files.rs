//! An index as a folder: written so that a widget never meets half of it, and read back for tests and benches.

use std::{
    collections::BTreeMap,
    fs,
    io::{ErrorKind, Read, Write},
    path::Path,
};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use inferkit_widget::knowledge::format::{MANIFEST, MOST_FILE_BYTES};

use crate::index::Files;

/// What writing changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that were there already.
    pub kept: usize,
    /// Files that are new.
    pub new: usize,
    /// Files of the index before, which nothing names any more.
    pub removed: usize,
    /// The bytes of all files, compressed.
    pub bytes: usize,
}

/// A file's bytes as they are served: raw DEFLATE.
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // A vector takes everything.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// What [`compress`] was given.
///
/// # Errors
/// A sentence, for what is no such file, or too large a one.
pub fn decompress(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let mut decoder = DeflateDecoder::new(bytes).take(MOST_FILE_BYTES as u64 + 1);
    decoder.read_to_end(&mut content).map_err(|error| format!("it can't be decompressed: {error}"))?;
    if content.len() > MOST_FILE_BYTES { Err("it is too large".into()) } else { Ok(content) }
}

/// Writes an index into a folder, which is made if it is not there. The manifest comes last and at once, so whoever reads
/// meanwhile has the whole index of before or the whole new one; what nothing names any more goes after that.
///
/// # Errors
/// A sentence. What was there before still works then.
pub fn write(folder: &Path, files: &Files) -> Result<Written, String> {
    let failed = |what: &Path, error: &std::io::Error| format!("{} could not be written: {error}.", what.display());
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let before = ours(folder)?;
    let mut written = Written::default();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        let part = folder.join(format!("{name}.part"));
        fs::write(&part, bytes).and_then(|()| fs::rename(&part, &path)).map_err(|error| failed(&path, &error))
    };
    for (name, content) in files.iter().filter(|(name, _)| *name != MANIFEST) {
        let bytes = compress(content);
        written.bytes += bytes.len();
        // The name is the content's: but an interrupted copy may have left a part of it.
        if before.get(name).is_some_and(|size| *size == bytes.len() as u64) {
            written.kept += 1;
        } else {
            put(name, &bytes)?;
            written.new += 1;
        }
    }
    let manifest = compress(files.get(MANIFEST).ok_or("There is no manifest to write.")?);
    written.bytes += manifest.len();
    put(MANIFEST, &manifest)?;
    for name in before.keys().filter(|name| !files.contains_key(*name)) {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Ok(()) => written.removed += 1,
            // A part of a file that is whole by now.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{} could not be removed: {error}.", path.display())),
        }
    }
    Ok(written)
}

/// The files of an index in a folder, with their sizes. Others are none of our business.
fn ours(folder: &Path) -> Result<BTreeMap<String, u64>, String> {
    let failed = |error| format!("{} could not be read: {error}.", folder.display());
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)?.flatten() {
        let Some(name) = entry.file_name().into_string().ok() else { continue };
        let digits = name.strip_suffix(".ik").or(name.strip_suffix(".ik.part"));
        let is_ours = digits.is_some_and(|digits| digits.len() == 12 && digits.bytes().all(|c| c.is_ascii_hexdigit()));
        if is_ours && let Ok(metadata) = entry.metadata() {
            found.insert(name, metadata.len());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(named: &[(&str, &str)]) -> Files {
        named.iter().map(|(name, content)| ((*name).to_owned(), content.as_bytes().to_vec())).collect()
    }

    #[test]
    fn an_index_is_replaced_and_what_is_not_its_own_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let (old, both, new) = ("00000000000a.ik", "00000000000b.ik", "00000000000c.ik");
        fs::write(folder.path().join("robots.txt"), "mine").expect("a file");
        let first = write(folder.path(), &files(&[(old, "o"), (both, "b"), (MANIFEST, "1")])).expect("a folder");
        assert_eq!((first.new, first.kept, first.removed), (2, 0, 0));
        // An interrupted run's.
        fs::write(folder.path().join(format!("{new}.part")), "x").expect("a file");
        fs::write(folder.path().join(both), "").expect("a file");
        let second = write(folder.path(), &files(&[(both, "b"), (new, "n"), (MANIFEST, "2")])).expect("a folder");
        assert_eq!((second.new, second.kept, second.removed), (2, 0, 1));
        let read = |name: &str| decompress(&fs::read(folder.path().join(name)).expect("a file")).expect("compressed");
        assert_eq!((read(both), read(new), read(MANIFEST)), (b"b".to_vec(), b"n".to_vec(), b"2".to_vec()));
        assert!(folder.path().join("robots.txt").exists() && !folder.path().join(old).exists());
        assert_eq!(
            write(folder.path(), &files(&[(both, "b"), (new, "n"), (MANIFEST, "2")])).expect("a folder").kept,
            2
        );
    }

    #[test]
    fn what_can_not_be_written_is_said_and_a_bomb_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("a file");
        assert!(write(&file, &files(&[(MANIFEST, "1")])).expect_err("no folder").contains("file"));
        assert!(write(folder.path(), &Files::new()).is_err());
        assert!(decompress(&compress(&vec![0; MOST_FILE_BYTES + 1])).is_err());
        assert_eq!(decompress(&compress(&vec![0; MOST_FILE_BYTES])).map(|bytes| bytes.len()), Ok(MOST_FILE_BYTES));
        assert!(decompress(b"\xff\xff nonsense").is_err());
    }
}
