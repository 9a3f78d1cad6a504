//! Configured templates.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Longest template, in bytes.
pub(crate) const MAX_TEMPLATE_BYTES: usize = 256 * 1024;

/// Replacements of the default templates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TemplateSources {
    /// The subject; line ends become spaces.
    pub(crate) subject: Option<TemplateSource>,
    /// The text.
    pub(crate) text: Option<TemplateSource>,
    /// The HTML; values are escaped.
    pub(crate) html: Option<TemplateSource>,
}

/// One template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateSource {
    /// The file, for errors.
    pub(crate) file: String,
    /// Its content, in the language of minijinja (that of Jinja 2).
    pub(crate) text: String,
}

impl TemplateSource {
    /// Reads a file of at most [`MAX_TEMPLATE_BYTES`].
    pub(crate) fn read(path: &Path) -> Result<Self, TemplateError> {
        let file = path.display().to_string();
        let wrong = |reason| TemplateError { of: TemplateOf::File(file.clone()), line: None, reason };
        let failed = |error: io::Error| wrong(format!("cannot be read: {error}"));
        let mut text = String::new();
        let opened = File::open(path).map_err(failed)?;
        opened.take(MAX_TEMPLATE_BYTES as u64 + 1).read_to_string(&mut text).map_err(failed)?;
        if text.len() > MAX_TEMPLATE_BYTES {
            return Err(wrong(format!("has more than {MAX_TEMPLATE_BYTES} bytes")));
        }
        Ok(Self { file, text })
    }
}

/// An invalid template. Displays as `subject.txt:3: undefined value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateError {
    /// The template.
    pub(crate) of: TemplateOf,
    /// The line, from 1, if known.
    pub(crate) line: Option<usize>,
    /// What is wrong.
    pub(crate) reason: String,
}

/// A user-written template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplateOf {
    /// The one in this file.
    File(String),
    /// The summary of this rule.
    Summary(String),
}

impl TemplateOf {
    /// An error in a template file.
    pub(super) fn file(source: &TemplateSource) -> Self {
        Self::File(source.file.clone())
    }

    /// An error in the summary of a rule.
    pub(super) fn summary(rule: &str) -> Self {
        Self::Summary(rule.to_owned())
    }
}

impl fmt::Display for TemplateOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => f.write_str(file),
            Self::Summary(rule) => write!(f, "summary of rule {rule}"),
        }
    }
}

impl TemplateError {
    /// From an error of minijinja.
    pub(super) fn new(of: TemplateOf, error: &minijinja::Error) -> Self {
        let reason = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        Self { of, line: error.line(), reason }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.of, self.reason),
            None => write!(f, "{}: {}", self.of, self.reason),
        }
    }
}

impl std::error::Error for TemplateError {}
