//! The roles there are.

use clap::ValueEnum;
use std::fmt;

/// A role: one job, one crate, one systemd unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Takes samples from the outside world
    Collector,
    /// Takes samples from services over HTTP
    Ingest,
    /// Keeps the latest value of every series
    Cache,
    /// Stores every sample
    Persister,
    /// Answers questions over HTTP and gRPC
    Api,
    /// Rolls samples up, hour by hour and day by day
    Analytics,
    /// Tells people when a rule fires and when it clears
    Notifier,
    /// The page that shows what is going on
    Console,
}

impl Role {
    /// All of them; one that others ask comes before them.
    pub(crate) const ALL: [Self; 8] = [
        Self::Ingest,
        Self::Api,
        Self::Console,
        Self::Persister,
        Self::Cache,
        Self::Collector,
        Self::Analytics,
        Self::Notifier,
    ];

    /// Its name in commands, sections and metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Collector => "collector",
            Self::Ingest => "ingest",
            Self::Cache => "cache",
            Self::Persister => "persister",
            Self::Api => "api",
            Self::Analytics => "analytics",
            Self::Notifier => "notifier",
            Self::Console => "console",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
