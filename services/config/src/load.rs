//! Loading a configuration file.

use crate::document::{Document, MAX_FILE_BYTES};
use crate::error::{ConfigErrors, Fault};
use crate::section::Section;
use crate::source::Source;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads the file at `path` with `read`.
///
/// # Errors
/// All errors in the file, see [`Document::parse`] and [`Document::read`], or why it cannot be opened.
pub fn load<T>(path: impl AsRef<Path>, read: impl FnOnce(&mut Section<'_>) -> T) -> Result<T, ConfigErrors> {
    let path = path.as_ref();
    Document::parse(path, &text(path)?)?.read(read)
}

/// The same, but secret files are not opened, and each secret reads as empty: for checking a file on a different host
/// than its own.
pub fn check<T>(path: impl AsRef<Path>, read: impl FnOnce(&mut Section<'_>) -> T) -> Result<T, ConfigErrors> {
    let path = path.as_ref();
    Document::parse(path, &text(path)?)?.without_secrets().read(read)
}

/// The text of the file; reads only as much as needed to detect that it is too long.
fn text(path: &Path) -> Result<String, ConfigErrors> {
    let read = || -> io::Result<String> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        String::from_utf8(bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))
    };
    read().map_err(|error| {
        let source = Source { name: path.display().to_string(), text: "" };
        ConfigErrors::new(&source, vec![Fault::of_file(format!("cannot be read: {error}"), None)])
    })
}
