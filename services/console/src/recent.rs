//! How far back the lists of the alerts page reach.

use std::time::Duration;
use watchkeeper_domain::{Timestamp, Violation};

/// How far back the lists of the alerts page reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Recent {
    Day,
    #[default]
    Week,
}

impl Recent {
    pub(crate) const ALL: [Self; 2] = [Self::Day, Self::Week];

    pub(crate) fn named(name: &str) -> Result<Self, Violation> {
        let found = Self::ALL.into_iter().find(|recent| recent.name() == name);
        found.ok_or_else(|| Violation::new("over", "must be one of 24h, 7d"))
    }

    /// Its name in addresses.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// Its name on the page.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Day => "last 24 hours",
            Self::Week => "last 7 days",
        }
    }

    /// The earliest instant.
    pub(crate) fn from(self, now: Timestamp) -> Timestamp {
        let days = match self {
            Self::Day => 1,
            Self::Week => 7,
        };
        now.minus(Duration::from_secs(days * 24 * 60 * 60))
    }
}
