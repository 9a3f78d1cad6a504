//! The checks of each day.

use super::history::History;
use super::uptime::{QUARTER, by_day};
use std::sync::Arc;
use watchkeeper_domain::{Series, Timestamp, Window};

/// The checks of each day of all targets, at one instant.
pub struct DailyChecks {
    history: Arc<History>,
    now: Timestamp,
}

/// The checks of one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DayChecks {
    /// The start of the day, in UTC.
    pub start: Timestamp,
    /// How many checks were made; at least one.
    pub checks: u64,
    /// How many of them succeeded; not a whole number if values between 0 and 100 percent were sent.
    pub up: f64,
}

impl DailyChecks {
    pub(super) fn new(history: Arc<History>, now: Timestamp) -> Self {
        Self { history, now }
    }

    /// The days with checks of the target of this series, oldest first: at most the last 90 and today.
    pub fn of(&self, series: &Series) -> Vec<DayChecks> {
        let from = Window::Day.start(self.now.minus(QUARTER));
        let Some(past) = self.history.targets.get(series.key()) else { return Vec::new() };
        let days = by_day(past, from, self.now).into_iter().filter(|(_, tally)| tally.checks > 0);
        days.map(|(start, tally)| DayChecks { start, checks: tally.checks, up: tally.up }).collect()
    }
}
