//! Locations in the file and how to show them.

use std::fmt;
use std::ops::Range;
use watchkeeper_domain::text::is_plain;

/// A file's name and text.
#[derive(Clone, Debug)]
pub(crate) struct Source<'t> {
    pub(crate) name: String,
    pub(crate) text: &'t str,
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
        match self.text.get(span.start..) {
            Some(text) if text.starts_with('{') => self.locate_key(span.start..span.start + 1),
            _ => self.locate_line(span),
        }
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
        Source { name: String::new(), text }.locate(span)
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
        let location = Source { name: String::new(), text }.locate_key(9..17);
        assert_eq!(location.to_string(), "  |\n2 | password = …\n  | ^^^^^^^^\n");
    }

    #[test]
    fn the_values_of_a_section_in_braces_are_not_shown() {
        let text = "hook = { url = \"https://x/s3cret\", port = 1 }";
        assert_eq!(locate(text, 7..text.len()).to_string(), "  |\n1 | hook = { url = …\n  |        ^\n");
    }

    proptest! {
        #[test]
        fn any_span_has_a_line_of_the_text(
            text in "\\PC{0,20}(\n\\PC{0,20}){0,3}",
            start in 0_usize..99,
            length in 0_usize..99,
        ) {
            let source = Source { name: String::new(), text: &text };
            for location in [source.locate(start..start + length), source.locate_key(start..start + length)] {
                prop_assert!((1..=text.split('\n').count()).contains(&location.line));
                prop_assert!(location.to_string().contains('^'));
            }
        }
    }
}
