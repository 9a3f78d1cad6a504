//! What the embedded back end keeps, and for how long.

use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::Section;

/// How long records may stay on the bus: an hour to a year.
const RETENTION: RangeInclusive<Duration> =
    Duration::from_secs(60 * 60)..=Duration::from_secs(366 * 24 * 60 * 60);
/// How long dead letters may stay on the bus: a day to a year.
const DEAD_LETTER_RETENTION: RangeInclusive<Duration> =
    Duration::from_secs(24 * 60 * 60)..=Duration::from_secs(366 * 24 * 60 * 60);
/// How many bytes a topic may hold.
const BACKLOG: RangeInclusive<usize> = (16 << 20)..=(1 << 40);

/// What the embedded back end keeps, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// How long a record stays on the bus after it was appended, if no group holds it back: a group does
    /// until it has committed it. It goes earlier when the room is needed.
    pub bus_retention: Duration,
    /// How long a dead letter stays, whoever has read it.
    pub dead_letter_retention: Duration,
    /// How long a group still holds records back after it last joined or committed, or had a member at
    /// work.
    pub group_expiry: Duration,
    /// Most bytes of one topic, as they are stored (compressed). When that much is still held back,
    /// publishing fails until consumers catch up.
    pub max_backlog_bytes: u64,
}

impl EmbeddedOptions {
    /// How long a record stays after it was appended, if nobody holds it back.
    pub const BUS_RETENTION: Duration = Duration::from_secs(3600);
    /// How long a dead letter stays.
    pub const DEAD_LETTER_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
    /// How long a silent group holds records back.
    pub const GROUP_EXPIRY: Duration = Duration::from_secs(7 * 24 * 3600);
    /// Most bytes of one topic: 1 GiB.
    pub const MAX_BACKLOG_BYTES: u64 = 1 << 30;

    /// Reads the section of the embedded back end.
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
