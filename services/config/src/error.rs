//! Errors in a configuration file.

use crate::source::{Location, Source};
use std::fmt;
use std::ops::Range;

/// Most errors reported for one file; the rest are only counted.
pub const MAX_ERRORS: usize = 100;

/// An error in a part of the file, as the reader of that part words it.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The key's path; empty for the file itself.
    pub(crate) key: String,
    pub(crate) reason: String,
    /// Byte range in the text.
    pub(crate) span: Range<usize>,
    /// Whether the span is a key whose value must not be shown.
    pub(crate) hides_value: bool,
}

impl Fault {
    /// An error in the file itself, such as invalid TOML.
    pub(crate) fn of_file(reason: String, span: Option<Range<usize>>) -> Self {
        Self { key: String::new(), reason, span: span.unwrap_or(0..0), hides_value: false }
    }
}

/// One error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    key: String,
    reason: String,
    location: Location,
}

impl ConfigError {
    fn new(fault: Fault, source: &Source<'_>) -> Self {
        let Fault { key, reason, span, hides_value } = fault;
        let location = if hides_value { source.locate_key(span) } else { source.locate(span) };
        Self { key, reason, location }
    }

    /// The key's path, such as `persister.batch_age`; empty for the file itself.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is wrong with it.
    pub fn reason(&self) -> &str {
        &self.reason
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

/// All errors in one file. Each is shown with its line, as rustc does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    file: String,
    /// False if there is no text to show.
    shows_lines: bool,
    first: Vec<ConfigError>,
    count: usize,
}

impl ConfigErrors {
    /// From faults in any order.
    pub(crate) fn new(source: &Source<'_>, mut faults: Vec<Fault>) -> Self {
        let count = faults.len();
        faults.sort_by_key(|fault| fault.span.start);
        let first =
            faults.into_iter().take(MAX_ERRORS).map(|fault| ConfigError::new(fault, source)).collect();
        Self { file: source.name.clone(), shows_lines: !source.text.is_empty(), first, count }
    }

    /// The first [`MAX_ERRORS`] errors, ordered by line.
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
            if self.shows_lines {
                let Location { line, column, .. } = &error.location;
                let gutter = " ".repeat(line.to_string().len());
                writeln!(f, "{gutter}--> {}:{line}:{column}\n{}", self.file, error.location)?;
            }
        }
        let plural = if self.count == 1 { "error" } else { "errors" };
        write!(f, "{} {plural} in {}", self.count, self.file)
    }
}

impl std::error::Error for ConfigErrors {}
