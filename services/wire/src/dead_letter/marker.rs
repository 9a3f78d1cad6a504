//! Markers, which settle dead letters.

use super::Place;
use super::header::{self, DISCARDED, REPLAYED};
use watchkeeper_domain::Violation;
use watchkeeper_ports::Record;

/// How a dead letter is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The record was published to its topic again.
    Replayed,
    /// It was dropped.
    Discarded,
}

impl Settlement {
    /// The header of the marker.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Replayed => REPLAYED,
            Self::Discarded => DISCARDED,
        }
    }
}

/// Whether a record of a dead-letter topic is a marker.
pub fn is_marker(record: &Record<'_>) -> bool {
    header_of(record).is_some()
}

/// The dead letter that a marker settles; `None` if the record is not a marker.
pub(super) fn settled(record: &Record<'_>) -> Option<Result<Place, Violation>> {
    header_of(record).map(|name| header::parsed(record, name, "partition/offset, such as 0/42"))
}

fn header_of(record: &Record<'_>) -> Option<&'static str> {
    let settlements = [Settlement::Replayed, Settlement::Discarded];
    settlements.map(Settlement::header).into_iter().find(|name| record.header(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Option<Result<Place, String>> {
        let headers = [(name.to_owned(), value.to_owned())];
        let read = settled(&Record { key: b"k", value: b"", headers: &headers, incomplete: None })?;
        Some(read.map_err(|violation| violation.to_string()))
    }

    #[test]
    fn a_marker_says_which_letter_was_replayed_or_discarded() {
        let place = Place { partition: 3, offset: 42 };
        assert_eq!(read(REPLAYED, "3/42"), Some(Ok(place)));
        assert_eq!(read(DISCARDED, "3/42"), Some(Ok(place)));
        assert_eq!(read("trace", "3/42"), None);
        let expected = "watchkeeper.discarded: must be partition/offset, such as 0/42";
        assert_eq!(read(DISCARDED, "first"), Some(Err(expected.to_owned())));
    }
}
