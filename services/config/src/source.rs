//! Locations in a file and how to show them.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use watchkeeper_domain::text::is_plain;

/// A file of a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source<'t> {
    pub(crate) name: String,
    pub(crate) text: &'t str,
    /// Where its spans begin: those of each file follow those of the file before, so that a span tells its file.
    pub(crate) begins: usize,
    /// The directory of the file.
    pub(crate) directory: PathBuf,
}

/// The files of a document: the main file, then those that it includes.
#[derive(Clone, Debug)]
pub(crate) struct Sources<'t>(Vec<Source<'t>>);

impl<'t> Sources<'t> {
    pub(crate) fn of(main: Source<'t>) -> Self {
        Self(vec![main])
    }

    pub(crate) fn main(&self) -> &Source<'t> {
        &self.0[0]
    }

    /// Where the spans of the next file begin. The place after the last byte belongs to a file, too.
    pub(crate) fn end(&self) -> usize {
        self.0.last().map_or(0, |last| last.begins + last.text.len() + 1)
    }

    pub(crate) fn push(&mut self, source: Source<'t>) {
        self.0.push(source);
    }

    /// The file that has this place.
    pub(crate) fn at(&self, place: usize) -> &Source<'t> {
        let after = self.0.partition_point(|source| source.begins <= place);
        &self.0[after.saturating_sub(1)]
    }
}

impl<'t> Source<'t> {
    /// The file `path`, which is not opened.
    pub(crate) fn of_file(path: &Path, text: &'t str) -> Self {
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        Self { name: path.display().to_string(), text, begins: 0, directory }
    }
}

/// A part of one line, kept so that it can be shown after the file's text is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in characters.
    pub(crate) column: usize,
    /// In characters; at least 1.
    width: usize,
    /// The line, safe for a terminal.
    shown: String,
}

impl Source<'_> {
    /// The location of the first line of `span`. An inline table is shown up to its first value: only its reader
    /// knows which values must not be shown.
    pub(crate) fn locate(&self, span: Range<usize>) -> Location {
        let span = self.own(span);
        match self.text.get(span.start..) {
            Some(text) if text.starts_with('{') => self.hide_value(span.start..span.start + 1),
            _ => self.locate_line(span),
        }
    }

    /// A span within the text of this file.
    fn own(&self, span: Range<usize>) -> Range<usize> {
        span.start.saturating_sub(self.begins)..span.end.saturating_sub(self.begins)
    }

    fn locate_line(&self, span: Range<usize>) -> Location {
        let start = boundary(self.text, span.start);
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |length| start + length);
        let end = boundary(self.text, span.end.clamp(start, line_end));
        Location {
            line: before.matches('\n').count() + 1,
            column: self.text[line_start..start].chars().count() + 1,
            width: self.text[start..end].chars().count().max(1),
            shown: printable(self.text[line_start..line_end].trim_end()),
        }
    }

    /// The same for a key whose value must not be shown, such as a password that was written into the file by
    /// mistake.
    pub(crate) fn locate_key(&self, span: Range<usize>) -> Location {
        self.hide_value(self.own(span))
    }

    fn hide_value(&self, span: Range<usize>) -> Location {
        let mut location = self.locate_line(span);
        let after_key: usize =
            location.shown.chars().take(location.column - 1 + location.width).map(char::len_utf8).sum();
        if let Some(equals) = location.shown[after_key..].find('=') {
            location.shown.truncate(after_key + equals + 1);
            location.shown.push_str(" …");
        }
        location
    }
}

/// The last character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&place| text.is_char_boundary(place)).unwrap_or(0)
}

/// Keeps one character per character, so that the carets stay under what they mark.
fn printable(line: &str) -> String {
    line.chars().map(|c| if is_plain(c) { c } else { ' ' }).collect()
}

/// The line with carets under the part, as rustc shows it.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let indent = " ".repeat(self.column - 1);
        let carets = "^".repeat(self.width);
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {}", self.shown)?;
        writeln!(f, "{gutter} | {indent}{carets}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn locate(text: &str, span: Range<usize>) -> Location {
        Source { text, ..Source::default() }.locate(span)
    }

    #[test]
    fn columns_count_characters_and_a_span_ends_with_its_line() {
        let text = "a = 1\n\tstraße = \"ö\nx\"\n";
        let at = text.find("\"ö").unwrap();
        let location = locate(text, at..text.len());
        assert_eq!((location.line, location.column, location.width), (2, 11, 2));
        assert_eq!(location.to_string(), "  |\n2 |  straße = \"ö\n  |           ^^\n");
    }

    #[test]
    fn the_value_after_a_located_key_is_not_shown() {
        let text = "port = 1\npassword = \"hunter2\"";
        let location = Source { text, ..Source::default() }.locate_key(9..17);
        assert_eq!(location.to_string(), "  |\n2 | password = …\n  | ^^^^^^^^\n");
    }

    #[test]
    fn the_values_of_a_section_in_braces_are_not_shown() {
        let text = "hook = { url = \"https://x/s3cret\", port = 1 }";
        assert_eq!(locate(text, 7..text.len()).to_string(), "  |\n1 | hook = { url = …\n  |        ^\n");
    }

    #[test]
    fn a_place_belongs_to_the_file_whose_spans_have_it() {
        let source =
            |name: &str, text, begins| Source { name: name.to_owned(), text, begins, ..Source::default() };
        let mut sources = Sources::of(source("a", "x = 1", 0));
        sources.push(source("b", "", sources.end()));
        sources.push(source("c", "y = 2\nz = 3", sources.end()));
        let names: Vec<&str> = [0, 5, 6, 7, 17, 99].map(|place| sources.at(place).name.as_str()).into();
        assert_eq!(names, ["a", "a", "b", "c", "c", "c"]);
        assert_eq!(sources.at(13).locate(13..14).to_string(), "  |\n2 | z = 3\n  | ^\n");
    }

    proptest! {
        #[test]
        fn any_span_has_a_line_of_the_text(
            text in "\\PC{0,20}(\n\\PC{0,20}){0,3}",
            start in 0_usize..99,
            length in 0_usize..99,
        ) {
            let source = Source { text: &text, ..Source::default() };
            for location in [source.locate(start..start + length), source.locate_key(start..start + length)] {
                prop_assert!((1..=text.split('\n').count()).contains(&location.line));
                prop_assert!(location.to_string().contains('^'));
            }
        }
    }
}
