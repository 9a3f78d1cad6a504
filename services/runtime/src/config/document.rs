//! A configuration file.

use super::error::{ConfigErrors, Fault};
use super::section::Section;
use super::source::Source;
use std::cell::RefCell;
use std::env;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::DeTable;

/// Longest file, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// The variable in which systemd names the directory of a unit's credentials.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// A configuration file that is TOML; what it says is yet to be read.
#[derive(Debug)]
pub struct Document<'t> {
    source: Source<'t>,
    root: Spanned<DeTable<'t>>,
    secrets: Secrets,
}

/// Where the files of secrets are.
#[derive(Clone, Debug)]
pub(super) enum Secrets {
    /// Relative paths begin in this directory.
    In(PathBuf),
    /// Not here: their files are not opened.
    Elsewhere,
}

/// A document that is being read.
#[derive(Debug)]
pub(super) struct Reading<'d> {
    pub(super) secrets: &'d Secrets,
    faults: RefCell<Vec<Fault>>,
}

impl Reading<'_> {
    pub(super) fn record(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }
}

impl Document<'static> {
    /// What stands in for a file where there is none: every key has its default.
    pub fn empty() -> Self {
        let root = Spanned::new(0..0, DeTable::new());
        let source = Source { name: "the default configuration".to_owned(), text: "" };
        Self { source, root, secrets: Secrets::In(PathBuf::new()) }
    }
}

impl<'t> Document<'t> {
    /// Reads `text`, the content of the file `path`, which is not opened. Relative paths of secrets
    /// begin in `$CREDENTIALS_DIRECTORY` if systemd has set it, else in the directory of `path`.
    ///
    /// # Errors
    /// What is not TOML, or the file if it has more than [`MAX_FILE_BYTES`].
    pub fn parse(path: impl AsRef<Path>, text: &'t str) -> Result<Self, ConfigErrors> {
        let path = path.as_ref();
        let source = Source { name: path.display().to_string(), text };
        if text.len() > MAX_FILE_BYTES {
            let reason = format!("the file has {} bytes, the limit is {MAX_FILE_BYTES}", text.len());
            return Err(ConfigErrors::new(&source, vec![Fault::of_file(reason, None)]));
        }
        let (root, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let faults =
                errors.into_iter().map(|error| Fault::of_file(error.message().to_owned(), error.span()));
            return Err(ConfigErrors::new(&source, faults.collect()));
        }
        let credentials = env::var_os(CREDENTIALS_DIRECTORY).map(PathBuf::from);
        let beside = || path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { source, root, secrets: Secrets::In(credentials.unwrap_or_else(beside)) })
    }

    /// Has relative paths of secrets begin in `directory`.
    #[must_use]
    pub fn with_secrets_in(self, directory: impl Into<PathBuf>) -> Self {
        Self { secrets: Secrets::In(directory.into()), ..self }
    }

    /// Leaves the files of secrets closed and reads each as an empty one: for checking a file on
    /// another machine than the one it is for.
    #[must_use]
    pub fn without_secrets(self) -> Self {
        Self { secrets: Secrets::Elsewhere, ..self }
    }

    /// Reads the whole file with `read`.
    ///
    /// # Errors
    /// Everything that `read` or a section refused, and every key that nothing asked for.
    pub fn read<T>(&self, read: impl FnOnce(&mut Section<'_>) -> T) -> Result<T, ConfigErrors> {
        let reading = Reading { secrets: &self.secrets, faults: RefCell::default() };
        let read = Section::root(&reading, self.root.get_ref()).finish(read);
        let faults = reading.faults.into_inner();
        if faults.is_empty() { Ok(read) } else { Err(ConfigErrors::new(&self.source, faults)) }
    }
}
