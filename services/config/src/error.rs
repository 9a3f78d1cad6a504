//! Errors in a configuration file.

use crate::source::{Location, Source, Sources};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// Most errors reported for one file; the rest are only counted.
pub const MAX_ERRORS: usize = 100;

/// An error in a part of the file, as the reader of that part words it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    /// The key's path; empty for the file itself.
    pub(crate) key: String,
    pub(crate) reason: String,
    /// Byte range in the texts of all files.
    pub(crate) span: Range<usize>,
    /// Whether the span is a key whose value must not be shown.
    pub(crate) hides_value: bool,
}

impl Fault {
    /// An error in the file itself, such as invalid TOML.
    pub(crate) fn of_file(reason: String, span: Range<usize>) -> Self {
        Self { key: String::new(), reason, span, hides_value: false }
    }
}

/// One error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    key: String,
    reason: String,
    file: String,
    /// Whether there is text to show.
    shows_line: bool,
    location: Location,
}

impl ConfigError {
    fn new(fault: Fault, sources: &Sources<'_>) -> Self {
        let Fault { key, reason, span, hides_value } = fault;
        let source = sources.at(span.start);
        let (file, shows_line) = (source.name.clone(), !source.text.is_empty());
        let location = if hides_value { source.locate_key(span) } else { source.locate(span) };
        Self { key, reason, file, shows_line, location }
    }

    /// The key's path, such as `persister.batch_age`; empty for the file itself.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is wrong with it.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The file as it was named or included.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1. A missing key is reported where its section begins.
    pub fn line(&self) -> usize {
        self.location.line
    }
}

/// `persister.batch_age: must be …`
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "{}: {}", self.key, self.reason)
        }
    }
}

/// All errors in a file and those that it includes. Each is shown with its line, as rustc does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    first: Vec<ConfigError>,
    count: usize,
    /// The files that have errors.
    files: BTreeSet<String>,
}

impl ConfigErrors {
    /// From faults in any order.
    pub(crate) fn new(sources: &Sources<'_>, mut faults: Vec<Fault>) -> Self {
        let count = faults.len();
        faults.sort_by_key(|fault| fault.span.start);
        let files = faults.iter().map(|fault| sources.at(fault.span.start).name.clone()).collect();
        let first =
            faults.into_iter().take(MAX_ERRORS).map(|fault| ConfigError::new(fault, sources)).collect();
        Self { first, count, files }
    }

    /// One error in one file.
    pub(crate) fn of(source: Source<'_>, fault: Fault) -> Self {
        Self::new(&Sources::of(source), vec![fault])
    }

    /// The first [`MAX_ERRORS`] errors, ordered by file and line.
    pub fn first(&self) -> &[ConfigError] {
        &self.first
    }

    /// The total number of errors; never 0.
    pub fn count(&self) -> usize {
        self.count
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.first {
            writeln!(f, "error: {error}")?;
            if error.shows_line {
                let Location { line, column, .. } = &error.location;
                let gutter = " ".repeat(line.to_string().len());
                writeln!(f, "{gutter}--> {}:{line}:{column}\n{}", error.file, error.location)?;
            }
        }
        let plural = if self.count == 1 { "error" } else { "errors" };
        write!(f, "{} {plural} in ", self.count)?;
        match self.files.first() {
            Some(file) if self.files.len() == 1 => f.write_str(file),
            _ => write!(f, "{} files", self.files.len()),
        }
    }
}

impl std::error::Error for ConfigErrors {}
