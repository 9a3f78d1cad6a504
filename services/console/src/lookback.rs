//! How far a page looks back.

use std::time::Duration;
use watchkeeper_domain::{Timestamp, Violation};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How far a page looks back, and its resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lookback {
    /// In windows of one minute.
    #[default]
    Hour,
    /// In windows of ten minutes.
    Day,
    /// In windows of one hour.
    Week,
}

impl Lookback {
    pub(crate) const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    pub(crate) fn named(name: &str) -> Result<Self, Violation> {
        let found = Self::ALL.into_iter().find(|lookback| lookback.name() == name);
        found.ok_or_else(|| Violation::new("over", "must be one of 1h, 24h, 7d"))
    }

    /// Its name in addresses, as a duration that the API reads.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// Its name on a page.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Hour => "last hour",
            Self::Day => "last 24 hours",
            Self::Week => "last 7 days",
        }
    }

    /// The start of the range, aligned to a window so that no window is partial.
    pub(crate) fn from(self, now: Timestamp) -> Timestamp {
        now.minus(self.length()).window_start(self.step())
    }

    const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
        })
    }

    /// The length of one window.
    pub(crate) const fn step(self) -> Duration {
        Duration::from_secs(match self {
            Self::Hour => MINUTE,
            Self::Day => 10 * MINUTE,
            Self::Week => HOUR,
        })
    }

    /// The window length in words.
    pub(crate) const fn step_title(self) -> &'static str {
        match self {
            Self::Hour => "per minute",
            Self::Day => "per 10 minutes",
            Self::Week => "per hour",
        }
    }

    /// The distance between two marks of the time axis.
    pub(crate) const fn tick(self) -> Duration {
        Duration::from_secs(match self {
            Self::Hour => 10 * MINUTE,
            Self::Day => 4 * HOUR,
            Self::Week => DAY,
        })
    }
}
