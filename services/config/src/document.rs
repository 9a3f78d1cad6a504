//! A configuration file, with the files that it includes.

use crate::error::{ConfigErrors, Fault};
use crate::include::{self, IncludedFile};
use crate::merge::{merge, shifted};
use crate::secret_places::SecretPlaces;
use crate::section::Section;
use crate::source::{Source, Sources};
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::path::Path;
use toml::de::DeTable;

/// Longest file, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// A TOML configuration file that is not decoded yet.
#[derive(Debug)]
pub struct Document<'t> {
    sources: Sources<'t>,
    root: DeTable<'t>,
    /// Keys that two files set.
    faults: Vec<Fault>,
    /// Where secrets are. `None` if they are not opened, because the file may be for another host.
    secrets: Option<SecretPlaces>,
}

/// A document while it is read.
#[derive(Debug)]
pub(crate) struct Reading<'d> {
    sources: &'d Sources<'d>,
    secrets: Option<&'d SecretPlaces>,
    /// Whether the secrets of what is being read are opened.
    pub(crate) opens_secrets: Cell<bool>,
    faults: RefCell<Vec<Fault>>,
}

impl Reading<'_> {
    /// A fault in what several sections share is recorded once.
    pub(crate) fn record(&self, fault: Fault) {
        let mut faults = self.faults.borrow_mut();
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }

    /// Where to look for secrets; `None` if they are not opened.
    pub(crate) fn secrets(&self) -> Option<&SecretPlaces> {
        self.secrets.filter(|_| self.opens_secrets.get())
    }

    /// The file that has this place.
    pub(crate) fn file(&self, place: usize) -> &Source<'_> {
        self.sources.at(place)
    }
}

impl Document<'static> {
    /// Stands in for a missing file: every key has its default.
    pub fn empty() -> Self {
        let source = Source { name: "the default configuration".to_owned(), ..Source::default() };
        let secrets = Some(SecretPlaces::of(Path::new("")));
        Self { sources: Sources::of(source), root: DeTable::new(), faults: Vec::new(), secrets }
    }
}

impl<'t> Document<'t> {
    /// Parses `text`, the content of the file `path`, which is not opened. Relative paths start at the directory of
    /// `path`, but for those of secrets: [`Section::secret_file`] says where they are. Only [`load`](crate::load) and
    /// [`check`](crate::check) read the files that the file includes.
    ///
    /// # Errors
    /// Invalid TOML, or more than [`MAX_FILE_BYTES`].
    pub fn parse(path: impl AsRef<Path>, text: &'t str) -> Result<Self, ConfigErrors> {
        let sources = Sources::of(Source::of_file(path.as_ref(), text));
        let secrets = Some(SecretPlaces::of(&sources.main().directory));
        match parse(sources.main()) {
            Ok(root) => Ok(Self { sources, root, faults: Vec::new(), secrets }),
            Err(faults) => Err(ConfigErrors::new(&sources, faults)),
        }
    }

    /// Does not open secret files; each secret reads as empty.
    #[must_use]
    pub(crate) fn without_secrets(self) -> Self {
        Self { secrets: None, ..self }
    }

    /// Looks for secrets in the directory of this process first.
    pub(crate) fn of_process(mut self, name: &str) -> Self {
        self.secrets.iter_mut().for_each(|places| places.prefer(name));
        self
    }

    /// Adds the files that this one includes.
    ///
    /// # Errors
    /// As for [`Self::parse`], for each file.
    pub(crate) fn including<'a>(self, files: &'a [IncludedFile]) -> Result<Document<'a>, ConfigErrors>
    where
        't: 'a,
    {
        let Document { mut sources, mut root, mut faults, secrets }: Document<'a> = self;
        root.remove(include::KEY);
        let mut invalid = Vec::new();
        for IncludedFile { path, text } in files {
            let begins = sources.end();
            sources.push(Source { begins, ..Source::of_file(path, text) });
            match parse(sources.at(begins)) {
                Ok(mut table) => {
                    if let Some(nested) = table.remove(include::KEY) {
                        faults.push(nested_include(nested.span()));
                    }
                    merge(&mut root, table, &sources, &mut faults);
                }
                Err(errors) => invalid.extend(errors),
            }
        }
        if invalid.is_empty() {
            return Ok(Document { sources, root, faults, secrets });
        }
        Err(ConfigErrors::new(&sources, invalid))
    }

    /// Reads the whole file with `read`.
    ///
    /// # Errors
    /// Everything that `read` or a section rejected, and every unknown key.
    pub fn read<T>(&self, read: impl FnOnce(&mut Section<'_>) -> T) -> Result<T, ConfigErrors> {
        self.reading(|reading| Section::root(reading, &self.root).finish(read))
    }

    /// Reads some keys of the root with `read`; others may be anything.
    ///
    /// # Errors
    /// Everything that `read` rejected.
    pub(crate) fn read_some<T>(&self, read: impl FnOnce(&mut Section<'_>) -> T) -> Result<T, ConfigErrors> {
        self.reading(|reading| read(&mut Section::root(reading, &self.root)))
    }

    fn reading<T>(&self, read: impl FnOnce(&Reading<'_>) -> T) -> Result<T, ConfigErrors> {
        let faults = RefCell::new(self.faults.clone());
        let Self { sources, secrets, .. } = self;
        let opens_secrets = Cell::new(true);
        let reading = Reading { sources, secrets: secrets.as_ref(), opens_secrets, faults };
        let result = read(&reading);
        let faults = reading.faults.into_inner();
        if faults.is_empty() { Ok(result) } else { Err(ConfigErrors::new(&self.sources, faults)) }
    }

    /// The directory of the file.
    pub(crate) fn directory(&self) -> &Path {
        &self.sources.main().directory
    }

    /// Refuses a key of the root after it was read.
    pub(crate) fn refuse(&self, key: &'static str, reason: String) -> ConfigErrors {
        let refused: Result<(), _> = self.read_some(|root| root.refuse(key, reason));
        refused.expect_err("it was refused")
    }
}

/// The table of a file, with spans that count from its beginning among all files.
fn parse<'t>(source: &Source<'t>) -> Result<DeTable<'t>, Vec<Fault>> {
    let Source { text, begins, .. } = *source;
    if text.len() > MAX_FILE_BYTES {
        let reason = format!("the file has {} bytes, the limit is {MAX_FILE_BYTES}", text.len());
        return Err(vec![Fault::of_file(reason, begins..begins)]);
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(shifted(root.into_inner(), begins));
    }
    let fault = |error: &toml::de::Error| {
        let span = error.span().unwrap_or(0..0);
        Fault::of_file(error.message().to_owned(), span.start + begins..span.end + begins)
    };
    Err(errors.iter().map(fault).collect())
}

fn nested_include(span: Range<usize>) -> Fault {
    let reason = "only the main file can include others".to_owned();
    Fault { key: include::KEY.to_owned(), reason, span, hides_value: false }
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
            let unit = credentials.map(|credentials| SecretPlaces::Unit(credentials.into()));
            let host = SecretPlaces::Host { credentials: beside.path().join("credentials"), first: None };
            let secrets = Some(unit.unwrap_or(host));
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
        assert!(error.contains("password_file: no file absent: looked in /"), "{error}");
    }
}
