//! Absence of samples.

use super::past::Seen;
use crate::words::{amount, time};
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::{Section, show_duration};

/// Bounds of the time without a sample.
const AFTER: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(31 * 24 * 60 * 60);
const AFTER_DEFAULT: Duration = Duration::from_secs(10 * 60);

/// A series that had samples has had none for a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// For how long.
    pub after: Duration,
}

impl Absence {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self { after: section.duration("after", AFTER, AFTER_DEFAULT) }
    }

    /// `no sample for 10 min, the last was 3 % at 2026-11-20T10:00:00Z`
    pub(super) fn why(&self, holds: bool, seen: Seen, unit: &str) -> String {
        let value = amount(seen.value, unit);
        if holds {
            return format!("no sample for {}, the last was {value} at {}", time(self.after), seen.at);
        }
        format!("is {value}, there was a sample at {}", seen.at)
    }
}

/// `no sample for 10m`
impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no sample for {}", show_duration(self.after))
    }
}
