//! Loading a configuration file.

use crate::document::Document;
use crate::error::{ConfigErrors, Fault};
use crate::include;
use crate::section::Section;
use crate::source::Source;
use std::path::Path;

/// Reads the file at `path`, and the files that it includes, with `read`.
///
/// # Errors
/// All errors in the files, see [`Document::parse`] and [`Document::read`], or why one cannot be opened.
pub fn load<T>(path: impl AsRef<Path>, read: impl FnOnce(&mut Section<'_>) -> T) -> Result<T, ConfigErrors> {
    with_document(path.as_ref(), |document| document.read(read))
}

/// The same for a process: the directory of its name is the first in which secrets are looked for, see
/// [`Section::secret_file`].
pub fn load_for<T>(
    process: &str,
    path: impl AsRef<Path>,
    read: impl FnOnce(&mut Section<'_>) -> T,
) -> Result<T, ConfigErrors> {
    with_document(path.as_ref(), |document| document.of_process(process).read(read))
}

/// The same as [`load`], but secret files are not opened, and each secret reads as empty: for checking a file on a
/// different host than its own.
pub fn check<T>(path: impl AsRef<Path>, read: impl FnOnce(&mut Section<'_>) -> T) -> Result<T, ConfigErrors> {
    with_document(path.as_ref(), |document| document.without_secrets().read(read))
}

fn with_document<T>(
    path: &Path,
    read: impl FnOnce(Document<'_>) -> Result<T, ConfigErrors>,
) -> Result<T, ConfigErrors> {
    let text = include::text(path).map_err(|error| {
        let source = Source { name: path.display().to_string(), ..Source::default() };
        ConfigErrors::of(source, Fault::of_file(format!("cannot be read: {error}"), 0..0))
    })?;
    let main = Document::parse(path, &text)?;
    let included = include::read(&main, path)?;
    read(main.including(&included)?)
}
