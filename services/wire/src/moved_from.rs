//! The original location of a migrated record, so that a repeated migration skips it.

use std::fmt;
use std::str::FromStr;
use watchkeeper_domain::Violation;
use watchkeeper_ports::{Offset, Record, Topic, TopicPartition};

/// The header of a migrated record with its location on the source bus, `topic/partition/offset`.
pub const MOVED_FROM: &str = "watchkeeper.moved-from";

/// A location on the source bus, written `topic/partition/offset`: `metrics/0/42`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MovedFrom {
    /// The partition.
    pub partition: TopicPartition,
    /// The offset in the partition.
    pub offset: Offset,
}

impl MovedFrom {
    /// Reads the header; `None` if the record was not migrated.
    pub fn of(record: &Record<'_>) -> Option<Self> {
        record.header(MOVED_FROM)?.parse().ok()
    }
}

impl fmt::Display for MovedFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition, self.offset)
    }
}

impl FromStr for MovedFrom {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let mut parts = text.rsplitn(3, '/');
        let mut read = || {
            let (offset, partition) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            let partition = TopicPartition::new(Topic::named(parts.next()?.to_owned()), partition);
            Some(Self { partition, offset })
        };
        read()
            .ok_or_else(|| Violation::new(MOVED_FROM, "must be topic/partition/offset, such as metrics/0/42"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_record_says_where_it_lay() {
        let headers = [(MOVED_FROM.to_owned(), "metrics/3/42".to_owned())];
        let moved = Record { key: b"k", value: b"v", headers: &headers, incomplete: None };
        let partition = TopicPartition::new(Topic::METRICS, 3);
        assert_eq!(MovedFrom::of(&moved), Some(MovedFrom { partition, offset: 42 }));
        assert_eq!(MovedFrom::of(&Record { headers: &[], ..moved }), None);
    }

    #[test]
    fn what_names_no_place_is_refused() {
        for text in ["", "metrics", "metrics/0", "metrics/0/", "metrics/-1/0", "metrics/4294967296/0"] {
            let refused = text.parse::<MovedFrom>().unwrap_err().to_string();
            let expected = "watchkeeper.moved-from: must be topic/partition/offset, such as metrics/0/42";
            assert_eq!(refused, expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_place_is_read_as_it_was_written(topic in "[-/._a-z0-9]{1,9}", partition: u32, offset: u64) {
            let place = MovedFrom { partition: TopicPartition::new(Topic::named(topic), partition), offset };
            prop_assert_eq!(place.to_string().parse(), Ok(place));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _: Result<MovedFrom, Violation> = text.parse();
        }
    }
}
