//! The step `level`.

use super::MAX_STEP_FIELDS;
use crate::Failure;
use crate::place::Place;
use std::fmt;
use std::str::FromStr as _;
use watchkeeper_config::Section;
use watchkeeper_domain::{Event, Level};

/// Longest value in a mapping, in bytes.
const MAX_WORD_BYTES: usize = 100;

/// Sets the level: a constant one, or one from a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum LevelFrom {
    Constant(Level),
    Field { from: Place, mapping: Vec<(Word, Level)> },
}

/// A value, or its beginning: `5*`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    text: String,
    is_beginning: bool,
}

impl Word {
    fn new(written: &str) -> Self {
        match written.strip_suffix('*') {
            Some(text) => Self { text: text.to_owned(), is_beginning: true },
            None => Self { text: written.to_owned(), is_beginning: false },
        }
    }

    fn matches(&self, text: &str) -> bool {
        let begins = text
            .as_bytes()
            .get(..self.text.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(self.text.as_bytes()));
        begins && (self.is_beginning || text.len() == self.text.len())
    }
}

impl LevelFrom {
    /// `None` is recorded as an error.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        if !section.is_section("level") {
            return section.parsed("level").map(Self::Constant);
        }
        section.section("level", |section| {
            if !section.has("from") {
                section.refuse("from", "is missing");
            }
            let from = section.parsed("from");
            let mut mapping = Vec::new();
            for (word, name) in section.texts("map", MAX_STEP_FIELDS, MAX_WORD_BYTES) {
                match Level::from_str(&name) {
                    Ok(level) => mapping.push((Word::new(&word), level)),
                    Err(reason) => section.refuse("map", format!("{word:?}: {reason}")),
                }
            }
            // The most specific one first.
            mapping.sort_by_key(|(word, _)| (word.is_beginning, usize::MAX - word.text.len()));
            Some(Self::Field { from: from?, mapping })
        })
    }

    pub(super) fn apply(&self, event: &mut Event) -> Result<(), Failure> {
        event.level = match self {
            Self::Constant(level) => *level,
            Self::Field { from, mapping } => {
                let text = from.text(event).ok_or_else(|| Failure::new(format!("has no {from}")))?;
                let mapped = mapping.iter().find(|(word, _)| word.matches(text.trim()));
                let level = mapped.map(|(_, level)| *level).or_else(|| Level::of_word(&text));
                level.ok_or_else(|| Failure::new(format!("{from} is {text:?}, which is no level")))?
            }
        };
        Ok(())
    }
}

/// `warn`, `from status (5* is error)`
impl fmt::Display for LevelFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(level) => write!(f, "{level}"),
            Self::Field { from, mapping } => {
                write!(f, "from {from}")?;
                for (index, (word, level)) in mapping.iter().enumerate() {
                    let star = if word.is_beginning { "*" } else { "" };
                    write!(f, "{}{}{star} is {level}", if index == 0 { " (" } else { ", " }, word.text)?;
                }
                f.write_str(if mapping.is_empty() { "" } else { ")" })
            }
        }
    }
}
