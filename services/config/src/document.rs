//! A configuration file.

use crate::error::{ConfigErrors, Fault};
use crate::section::Section;
use crate::source::Source;
use std::cell::RefCell;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::DeTable;

/// Longest file, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// The variable in which systemd passes the directory of a unit's credentials.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// A TOML configuration file that is not decoded yet.
#[derive(Debug)]
pub struct Document<'t> {
    source: Source<'t>,
    root: Spanned<DeTable<'t>>,
    /// Base directory of relative paths to files that are not secrets.
    directory: PathBuf,
    secrets: Secrets,
}

/// Where secret files are.
#[derive(Clone, Debug)]
pub(crate) enum Secrets {
    /// Relative paths begin in this directory.
    In(PathBuf),
    /// Not on this host: secret files are not opened.
    Elsewhere,
}

impl Secrets {
    /// For the file `path`: the directory `credentials` if there is one, else the directory of the file.
    fn of(path: &Path, credentials: Option<OsString>) -> Self {
        let beside = || path.parent().unwrap_or(Path::new("")).to_owned();
        Self::In(credentials.map_or_else(beside, PathBuf::from))
    }
}

/// A document while it is read.
#[derive(Debug)]
pub(crate) struct Reading<'d> {
    pub(crate) directory: &'d Path,
    pub(crate) secrets: &'d Secrets,
    faults: RefCell<Vec<Fault>>,
}

impl Reading<'_> {
    pub(crate) fn record(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }
}

impl Document<'static> {
    /// Stands in for a missing file: every key has its default.
    pub fn empty() -> Self {
        let root = Spanned::new(0..0, DeTable::new());
        let source = Source { name: "the default configuration".to_owned(), text: "" };
        Self { source, root, directory: PathBuf::new(), secrets: Secrets::In(PathBuf::new()) }
    }
}

impl<'t> Document<'t> {
    /// Parses `text`, the content of the file `path`, which is not opened. Relative paths of files start at the
    /// directory of `path`; those of secrets at `$CREDENTIALS_DIRECTORY` if systemd has set it.
    ///
    /// # Errors
    /// Invalid TOML, or more than [`MAX_FILE_BYTES`].
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
        let secrets = Secrets::of(path, env::var_os(CREDENTIALS_DIRECTORY));
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { source, root, directory, secrets })
    }

    /// Does not open secret files; each secret reads as empty.
    #[must_use]
    pub(crate) fn without_secrets(self) -> Self {
        Self { secrets: Secrets::Elsewhere, ..self }
    }

    /// Reads the whole file with `read`.
    ///
    /// # Errors
    /// Everything that `read` or a section rejected, and every unknown key.
    pub fn read<T>(&self, read: impl FnOnce(&mut Section<'_>) -> T) -> Result<T, ConfigErrors> {
        let (directory, secrets) = (&*self.directory, &self.secrets);
        let reading = Reading { directory, secrets, faults: RefCell::default() };
        let read = Section::root(&reading, self.root.get_ref()).finish(read);
        let faults = reading.faults.into_inner();
        if faults.is_empty() { Ok(read) } else { Err(ConfigErrors::new(&self.source, faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_secret_is_read_beside_the_file_or_from_the_credentials() {
        let (beside, credentials) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (directory, secret) in [(&beside, "beside"), (&credentials, "credential")] {
            let path = directory.path().join("password");
            fs::write(&path, format!("{secret}\n")).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        }
        let file = beside.path().join("watchkeeper.toml");
        let password = |text: &str, credentials: Option<&Path>| {
            let secrets = Secrets::of(&file, credentials.map(Into::into));
            let document = Document { secrets, ..Document::parse(&file, text).unwrap() };
            let read = document.read(|root| root.secret_file("password_file").unwrap_or_default());
            read.map(|secret| secret.expose().to_owned()).map_err(|errors| errors.to_string())
        };
        let relative = "password_file = \"password\"";
        assert_eq!(password(relative, None).as_deref(), Ok("beside"));
        assert_eq!(password(relative, Some(credentials.path())).as_deref(), Ok("credential"));
        let absolute = format!("password_file = {:?}", beside.path().join("password"));
        assert_eq!(password(&absolute, Some(credentials.path())).as_deref(), Ok("beside"));
        let error = password("password_file = \"absent\"", None).unwrap_err();
        assert!(error.contains("password_file: cannot read /"), "{error}");
    }
}
