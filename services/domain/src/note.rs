//! A short text beside the value of a sample: why a probe failed.

use crate::{limits::MAX_NOTE_BYTES, text};
use std::fmt;
use std::sync::Arc;

/// Ends a note that was longer than the limit.
const CUT: &str = "…";

/// What a source says about one value, for people: `answered 500, expected 2xx`.
///
/// One line of 1 to [`MAX_NOTE_BYTES`] bytes, whose characters are all [plain](text::is_plain). It is no part of
/// the identity of a sample, and no rule matches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(Arc<str>);

impl Note {
    /// From any text: line ends become spaces, characters that are not plain are escaped, and text beyond
    /// [`MAX_NOTE_BYTES`] is cut and ends in `…`. `None` if nothing is left. The text of a note is the same note.
    pub fn new(text: &str) -> Option<Self> {
        let line = text::line(text);
        let line = line.trim();
        if line.len() <= MAX_NOTE_BYTES {
            return (!line.is_empty()).then(|| Self(line.into()));
        }
        let room = MAX_NOTE_BYTES - CUT.len();
        Some(Self(format!("{}{CUT}", text::head(line, room).trim_end()).into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn note(text: &str) -> Option<String> {
        Note::new(text).map(|note| note.to_string())
    }

    #[test]
    fn a_note_is_one_line_of_plain_characters() {
        assert_eq!(note(" answered 500,\nexpected 2xx ").as_deref(), Some("answered 500, expected 2xx"));
        assert_eq!(note("a\u{1b}[2Jb\u{202e}").as_deref(), Some("a\\u{1b}[2Jb\\u{202e}"));
    }

    #[test]
    fn there_is_no_empty_note() {
        assert_eq!((note(""), note(" \n\t")), (None, None));
    }

    #[test]
    fn a_note_is_cut_after_a_whole_character() {
        let longest = "x".repeat(MAX_NOTE_BYTES);
        assert_eq!(note(&longest), Some(longest.clone()));
        assert_eq!(note(&(longest + "x")), Some("x".repeat(MAX_NOTE_BYTES - 3) + "…"));
        // 253 is not a multiple of 2.
        assert_eq!(note(&"é".repeat(MAX_NOTE_BYTES)), Some("é".repeat(126) + "…"));
    }

    proptest! {
        #[test]
        fn the_text_of_a_note_is_the_same_note(text in any::<String>(), times in 1_usize..20) {
            let Some(note) = Note::new(&text.repeat(times)) else { return Ok(()) };
            prop_assert!((1..=MAX_NOTE_BYTES).contains(&note.as_str().len()));
            prop_assert!(note.as_str().chars().all(text::is_plain));
            prop_assert_eq!(Note::new(note.as_str()), Some(note));
        }
    }
}
