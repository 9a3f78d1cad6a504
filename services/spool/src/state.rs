//! The state of the spool.

use std::fmt;
use std::time::Duration;
use watchkeeper_config::show_duration;
use watchkeeper_runtime::{Grouped, roughly};

/// The state of the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpoolState {
    /// The bus is available, and the spool is empty.
    Idle,
    /// The bus is unavailable.
    Spooling {
        /// For how long.
        away_for: Duration,
        /// Spooled records.
        waiting: u64,
    },
    /// The bus is available again, and some records are still spooled.
    Replaying {
        /// Spooled records.
        waiting: u64,
    },
}

impl SpoolState {
    pub(crate) fn of(away_for: Option<Duration>, waiting: u64) -> Self {
        match (away_for, waiting) {
            (Some(away_for), waiting) => Self::Spooling { away_for, waiting },
            (None, 0) => Self::Idle,
            (None, waiting) => Self::Replaying { waiting },
        }
    }
}

impl fmt::Display for SpoolState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Idle => f.write_str("the spool is empty"),
            Self::Spooling { away_for, waiting } => {
                let away_for = show_duration(roughly(away_for));
                write!(f, "spooling: bus unavailable for {away_for}, {} records pending", Grouped(waiting))
            }
            Self::Replaying { waiting } => write!(f, "forwarding: {} records left", Grouped(waiting)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_reads_at_a_glance() {
        let spooling = |seconds: u64| {
            SpoolState::of(Some(Duration::from_millis(seconds * 1_000 + 700)), 12_400).to_string()
        };
        assert_eq!(spooling(59), "spooling: bus unavailable for 59s, 12,400 records pending");
        assert_eq!(spooling(200), "spooling: bus unavailable for 3m, 12,400 records pending");
        assert_eq!(spooling(7_259), "spooling: bus unavailable for 2h, 12,400 records pending");
        assert_eq!(SpoolState::of(None, 3_100).to_string(), "forwarding: 3,100 records left");
        assert_eq!(SpoolState::of(None, 0), SpoolState::Idle);
    }
}
