//! Limits and retention of the embedded backend.

use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::Section;

/// How long records may be kept on the bus: an hour to a year.
const RETENTION: RangeInclusive<Duration> =
    Duration::from_secs(60 * 60)..=Duration::from_secs(366 * 24 * 60 * 60);
/// How long dead letters may be kept on the bus: a day to a year.
const DEAD_LETTER_RETENTION: RangeInclusive<Duration> =
    Duration::from_secs(24 * 60 * 60)..=Duration::from_secs(366 * 24 * 60 * 60);
/// How many bytes a topic may have.
const BACKLOG: RangeInclusive<usize> = (16 << 20)..=(1 << 40);

/// Limits and retention of the embedded backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// How long a record is kept on the bus after it was appended. Longer while a group has not committed it;
    /// shorter when the space is needed.
    pub bus_retention: Duration,
    /// How long a dead letter is kept, whoever has read it.
    pub dead_letter_retention: Duration,
    /// How long a group holds records back after it last joined, committed, or had an active member.
    pub group_expiry: Duration,
    /// Most bytes of one topic, as stored (compressed). When uncommitted records reach it, publishing fails
    /// until consumers catch up.
    pub max_backlog_bytes: u64,
}

impl EmbeddedOptions {
    /// How long a record is kept after it was appended, if nobody holds it back.
    pub const BUS_RETENTION: Duration = Duration::from_secs(3600);
    /// How long a dead letter is kept.
    pub const DEAD_LETTER_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
    /// How long an inactive group holds records back.
    pub const GROUP_EXPIRY: Duration = Duration::from_secs(7 * 24 * 3600);
    /// Most bytes of one topic: 1 GiB.
    pub const MAX_BACKLOG_BYTES: u64 = 1 << 30;

    /// Reads the section of the embedded backend.
    pub fn read(section: &mut Section<'_>) -> Self {
        let max_backlog = usize::try_from(Self::MAX_BACKLOG_BYTES).unwrap_or(usize::MAX);
        Self {
            bus_retention: section.duration("bus_retention", RETENTION, Self::BUS_RETENTION),
            dead_letter_retention: section.duration(
                "dead_letter_retention",
                DEAD_LETTER_RETENTION,
                Self::DEAD_LETTER_RETENTION,
            ),
            max_backlog_bytes: section.bytes("max_backlog", BACKLOG, max_backlog) as u64,
            ..Self::default()
        }
    }
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            bus_retention: Self::BUS_RETENTION,
            dead_letter_retention: Self::DEAD_LETTER_RETENTION,
            group_expiry: Self::GROUP_EXPIRY,
            max_backlog_bytes: Self::MAX_BACKLOG_BYTES,
        }
    }
}
