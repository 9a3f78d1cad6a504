//! Whether entries are missing.

use super::entry::id;
use watchkeeper_domain::event::{Draft, Fields};
use watchkeeper_domain::{Event, EventId, Level, Timestamp};

/// The position of an entry: journald numbers the entries of a host, under an id that changes when it begins anew.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Number {
    of: String,
    number: u64,
}

impl Number {
    /// From a cursor: `s=ID;i=NUMBER;b=…`, with the number in hexadecimal digits.
    fn of(cursor: &str) -> Option<Self> {
        let part = |name: &str| cursor.split(';').find_map(|part| part.strip_prefix(name));
        let number = u64::from_str_radix(part("i=")?, 16).ok()?;
        Some(Self { of: part("s=")?.to_owned(), number })
    }
}

/// Whether a text is a cursor.
pub(super) fn is_cursor(text: &str) -> bool {
    Number::of(text).is_some() && !text.contains(char::is_whitespace)
}

/// The number of the last entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Sequence(Option<Number>);

impl Sequence {
    /// After the entry with this cursor.
    pub(super) fn after(cursor: Option<&str>) -> Self {
        Self(cursor.and_then(Number::of))
    }

    /// How many entries are missing before the one with this cursor, which is the next.
    pub(super) fn missing_before(&mut self, cursor: &str) -> u64 {
        let Some(next) = Number::of(cursor) else { return 0 };
        let last = self.0.replace(next.clone());
        let last = last.filter(|last| last.of == next.of);
        last.map_or(0, |last| next.number.saturating_sub(last.number + 1))
    }
}

/// The event that says that entries are missing before the one with this cursor.
pub(super) fn gap(missing: u64, cursor: &str, host: &str, at: Timestamp) -> Option<Event> {
    let draft = Draft {
        id: Some(EventId::given(&format!("gap before {}", id(cursor)))),
        occurred_at: Some(at),
        level: Level::Warn,
        service: "watchkeeper".to_owned(),
        host: host.to_owned(),
        message: format!(
            "{missing} entries of the journal are missing before this: they were removed before they were read"
        ),
        fields: Fields::from_iter([("missing".to_owned(), missing.into())]),
        ..Draft::default()
    };
    draft.arrived(|| id(cursor), at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_missing_where_numbers_are() {
        let mut sequence = Sequence::after(Some("s=a;i=fe;b=1"));
        assert_eq!(sequence.missing_before("s=a;i=ff;b=1"), 0);
        assert_eq!(sequence.missing_before("s=a;i=103;b=2"), 3);
        assert_eq!(sequence.missing_before("s=a;i=103;b=2"), 0, "the same again");
        assert_eq!(sequence.missing_before("s=b;i=1;b=2"), 0, "numbers begin anew");
        assert_eq!(sequence.missing_before("s=b;i=3;b=2"), 1);
        assert_eq!(Sequence::after(None).missing_before("s=a;i=7"), 0);
    }

    #[test]
    fn a_text_that_is_no_cursor_is_known() {
        assert!(is_cursor("s=6ca6;i=15c;b=76ca;m=b2da;t=6618;x=786f"));
        for text in ["", "s=a", "i=1", "s=a;i=xyz", "s=a;i=1\ns=b;i=2"] {
            assert!(!is_cursor(text), "{text}");
        }
    }
}
