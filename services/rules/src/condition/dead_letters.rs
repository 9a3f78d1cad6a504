//! Rejected records.

use super::past::{Past, Seen, Unreadable};
use crate::words::time;
use bytes::{Buf, BufMut};
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::{Section, show_duration};
use watchkeeper_domain::Series;
use watchkeeper_ports::TopicPartition;

/// Longest name of a topic, in bytes.
const MAX_TOPIC_BYTES: usize = 200;
/// How long no record must be rejected before the rule clears.
const CLEAR_AFTER: RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(31 * 24 * 60 * 60);
const CLEAR_AFTER_DEFAULT: Duration = Duration::from_secs(60 * 60);

/// How many characters of a reason are kept.
const MAX_REASON_CHARS: usize = 200;

/// Why the last record was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LastLetter {
    reason: String,
}

impl LastLetter {
    pub(crate) fn new(reason: &str) -> Self {
        Self { reason: reason.chars().take(MAX_REASON_CHARS).collect() }
    }

    pub(crate) fn write(&self, out: &mut impl BufMut) {
        out.put_u16(u16::try_from(self.reason.len()).expect("at most 4 bytes for each of a few characters"));
        out.put_slice(self.reason.as_bytes());
    }

    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Unreadable> {
        let length = usize::from(bytes.try_get_u16()?);
        let (reason, rest) = bytes.split_at_checked(length).ok_or(Unreadable::Short)?;
        *bytes = rest;
        let reason = str::from_utf8(reason).map_err(|_| Unreadable::Wrong("a reason"))?;
        Ok(Self::new(reason))
    }
}

/// Records of a topic are rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetters {
    /// The topic of the records.
    pub topic: String,
    /// The rule clears after this long without another rejected record.
    pub clear_after: Duration,
}

impl DeadLetters {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            topic: section.text("topic", MAX_TOPIC_BYTES, "metrics"),
            clear_after: section.duration("clear_after", CLEAR_AFTER, CLEAR_AFTER_DEFAULT),
        }
    }

    /// Whether it covers the dead letters of `partition`.
    pub(crate) fn is_about(&self, partition: &TopicPartition) -> bool {
        partition.topic.name().strip_suffix(".dead") == Some(&self.topic)
    }

    /// `3 records of topic metrics were rejected, the last because of value: is missing`
    pub(super) fn why(&self, past: &Past, holds: bool, seen: Seen) -> String {
        let Self { topic, clear_after } = self;
        if !holds {
            return format!("no record of topic {topic} was rejected for {}", time(*clear_after));
        }
        let reason = match past {
            Past::LastLetter(letter) => &*letter.reason,
            _ => "for an unknown reason",
        };
        match seen.value {
            1.0 => format!("a record of topic {topic} was rejected: {reason}"),
            letters => format!("{letters} records of topic {topic} were rejected, the last: {reason}"),
        }
    }
}

/// The series of alerts for the dead letters of a partition; `None` if it is not of a dead-letter topic. Each
/// partition has its own, because it may be assigned to another member.
pub fn series_of(partition: &TopicPartition) -> Option<Series> {
    let topic = partition.topic.name().strip_suffix(".dead")?;
    let labels = [("partition", &*partition.partition.to_string()), ("topic", topic)];
    Series::new("watchkeeper", "dead_letters", "records", &labels).ok()
}

/// `dead letters of topic metrics, clears after 1h without one`
impl fmt::Display for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clear_after = show_duration(self.clear_after);
        write!(f, "dead letters of topic {}, clears after {clear_after} without one", self.topic)
    }
}
