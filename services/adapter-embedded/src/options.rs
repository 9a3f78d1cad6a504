//! What the embedded back end keeps, and for how long.

use std::time::Duration;

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
