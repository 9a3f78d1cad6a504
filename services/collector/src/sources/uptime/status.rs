//! Expected status codes.

use std::fmt;
use std::str::FromStr;

/// A range of status codes: `200`, `2xx`, `200-204`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    first: u16,
    last: u16,
}

/// Not a range of status codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a status code from 100 to 599, a class or a range: \"200\", \"2xx\", \"200-204\"")]
pub struct StatusRangeError;

impl StatusRange {
    /// 2xx.
    pub const SUCCESS: Self = Self { first: 200, last: 299 };

    /// Whether the range contains a status code.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }
}

impl FromStr for StatusRange {
    type Err = StatusRangeError;

    fn from_str(text: &str) -> Result<Self, StatusRangeError> {
        let (first, last) = if let Some(class) = text.strip_suffix("xx") {
            (format!("{class}00"), format!("{class}99"))
        } else {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            (first.to_owned(), last.to_owned())
        };
        let code = |text: String| text.parse().ok().filter(|code| (100..=599).contains(code));
        match (code(first), code(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(StatusRangeError),
        }
    }
}

impl fmt::Display for StatusRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = self;
        if first == last {
            write!(f, "{first}")
        } else if first % 100 == 0 && *last == first + 99 {
            write!(f, "{}xx", first / 100)
        } else {
            write!(f, "{first}-{last}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_a_class_or_a_range_is_read() {
        for (text, within, outside) in [("200", 200, 201), ("2xx", 299, 300), ("301-308", 307, 300)] {
            let range: StatusRange = text.parse().unwrap();
            assert!(range.contains(within) && !range.contains(outside), "{text}");
            assert_eq!(range.to_string(), text);
        }
        assert_eq!("2xx".parse(), Ok(StatusRange::SUCCESS));
    }

    #[test]
    fn text_that_is_no_range_is_refused() {
        for text in ["", "xx", "99", "600", "6xx", "0xx", "204-200", "200-", "2x", "200,204"] {
            assert_eq!(text.parse::<StatusRange>(), Err(StatusRangeError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_reads_the_same_again(text in "[0-9x-]{0,8}") {
            if let Ok(range) = text.parse::<StatusRange>() {
                prop_assert_eq!(range.to_string().parse(), Ok(range));
            }
        }
    }
}
