//! Reads the files in which the kernel describes the host.

use crate::target::CollectError;
use std::ffi::OsString;
use std::fs::{File, read_dir};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Most bytes of one file; the rest is ignored.
pub(super) const MAX_FILE_BYTES: u64 = 4 << 20;
/// Most entries of one directory; the rest is ignored.
pub(super) const MAX_ENTRIES: usize = 65_536;

/// Where the pseudo file systems are mounted. Other directories are for tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// The directory of procfs.
    pub proc: PathBuf,
    /// The directory of sysfs.
    pub sys: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { proc: "/proc".into(), sys: "/sys".into() }
    }
}

/// The file's first [`MAX_FILE_BYTES`].
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same for a file that every host has.
pub(super) fn required(path: &Path) -> Result<Vec<u8>, CollectError> {
    read(path).map_err(|error| CollectError::Unreachable(format!("cannot read {}: {error}", path.display())))
}

/// The same for a file that not every host has, and none that has vanished since it was listed.
pub(super) fn optional(path: &Path) -> Vec<u8> {
    read(path).unwrap_or_default()
}

/// The value in a file of sysfs, which has one per file. `None` if there is none, or if it is not valid.
pub(super) fn value<T: FromStr>(path: &Path) -> Option<T> {
    number(read(path).ok()?.trim_ascii())
}

/// The names in a directory, sorted. Empty if there is no such directory.
pub(super) fn names(directory: &Path) -> Vec<OsString> {
    let Ok(entries) = read_dir(directory) else { return Vec::new() };
    let mut names: Vec<_> =
        entries.take(MAX_ENTRIES).filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    names.sort_unstable();
    names
}

/// The lines of a file.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'\n')
}

/// The words of a line.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// A number, or another value with a text form.
pub(super) fn number<T: FromStr>(word: &[u8]) -> Option<T> {
    str::from_utf8(word).ok()?.parse().ok()
}

/// The number after the word `key` at the start of a line: `MemTotal: 24684092 kB`, `oom_kill 0`.
pub(super) fn field(bytes: &[u8], key: &str) -> Option<u64> {
    lines(bytes).find_map(|line| {
        let mut words = words(line);
        (words.next()? == key.as_bytes()).then(|| number(words.next()?))?
    })
}

/// A name as a label value. The kernel allows names that are not UTF-8 and have control characters: both are escaped,
/// like `caf\xe9` and `two\u{a}lines`.
pub(super) fn label(name: &[u8]) -> String {
    let mut label = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() { label.extend(c.escape_unicode()) } else { label.push(c) }
        }
        label.extend(chunk.invalid().iter().map(|byte| format!(r"\x{byte:02x}")));
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_domain::Series;

    #[test]
    fn a_file_is_read_up_to_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("large");
        File::create(&path).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
        assert_eq!(read(&path).unwrap().len() as u64, MAX_FILE_BYTES);
    }

    #[test]
    fn a_directory_is_listed_up_to_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        for n in 0..=MAX_ENTRIES {
            File::create(directory.path().join(n.to_string())).unwrap();
        }
        assert_eq!(names(directory.path()).len(), MAX_ENTRIES);
    }

    #[test]
    fn an_error_names_the_file() {
        let error = required(Path::new("/nowhere/stat")).unwrap_err().to_string();
        assert!(error.starts_with("not reachable: cannot read /nowhere/stat: No such file"), "{error}");
    }

    #[test]
    fn names_that_are_not_text_are_escaped() {
        assert_eq!(label(b"/srv/caf\xe9"), r"/srv/caf\xe9");
        assert_eq!(label("/srv/café".as_bytes()), "/srv/café");
        assert_eq!(label(b"two\nlines"), r"two\u{a}lines");
    }

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let meminfo = b"MemTotal:       24684092 kB\nMemFree:  1 kB\nbad\xff line\nSwapTotal: none\n";
        assert_eq!(field(meminfo, "MemTotal:"), Some(24_684_092));
        assert_eq!(field(meminfo, "Mem"), None);
        assert_eq!(field(meminfo, "SwapTotal:"), None);
    }

    proptest! {
        #[test]
        fn any_name_makes_a_valid_label(name in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Series::new("host", "x", "", &[("mount", &label(&name))]).is_ok());
        }

        #[test]
        fn any_bytes_are_searched_for_a_field(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            field(&bytes, "x");
        }
    }
}
