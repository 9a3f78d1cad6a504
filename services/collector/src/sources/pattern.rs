//! Patterns to include or exclude names.

use std::fmt;
use std::str::FromStr;

/// Most patterns of one list.
pub const MAX_PATTERNS: usize = 100;
/// Longest pattern, in bytes (`PATH_MAX` of Linux).
pub const MAX_PATTERN_BYTES: usize = 4096;

/// A name, or a prefix followed by `*`: `eth0`, `/var/lib/docker/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    start: String,
    is_whole: bool,
}

/// Not a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a name, or a prefix followed by *, of 1 to {MAX_PATTERN_BYTES} bytes")]
pub struct PatternError;

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() || text.len() > MAX_PATTERN_BYTES {
            return Err(PatternError);
        }
        let start = text.strip_suffix('*').unwrap_or(text);
        if start.contains('*') {
            return Err(PatternError);
        }
        Ok(Self { start: start.to_owned(), is_whole: start.len() == text.len() })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.start, if self.is_whole { "" } else { "*" })
    }
}

impl Pattern {
    /// Whether `name` matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        if self.is_whole { name == self.start } else { name.starts_with(&self.start) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_means_a_name_or_all_that_begin_with_it() {
        assert!(pattern("eth0").matches("eth0"));
        assert!(!pattern("eth0").matches("eth01"));
        assert!(pattern("/var/*").matches("/var/lib"));
        assert!(!pattern("/var/*").matches("/var"));
        assert!(pattern("*").matches("anything"));
    }

    #[test]
    fn text_that_is_no_pattern_is_refused() {
        assert!("x".repeat(MAX_PATTERN_BYTES).parse::<Pattern>().is_ok());
        for text in ["", "a*b", "**", &"x".repeat(MAX_PATTERN_BYTES + 1)] {
            assert_eq!(text.parse::<Pattern>(), Err(PatternError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_a_name_matches_itself(text in "\\PC*") {
            if let Ok(pattern) = text.parse::<Pattern>() {
                prop_assert!(pattern.matches(&text));
                prop_assert_eq!(pattern.to_string(), text);
            }
        }
    }
}
