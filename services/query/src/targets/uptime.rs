//! The share of checks that succeeded.

use super::history::Past;
use std::collections::BTreeMap;
use std::time::Duration;
use watchkeeper_domain::{Rollup, Timestamp, Window};

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
pub(super) const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
pub(super) const QUARTER: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The checks of a range that succeeded. The range begins with a whole hour, or with a whole day in UTC if it is longer
/// than a day: it is up to that much longer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uptime {
    /// How many checks were made.
    pub checks: u64,
    /// How many of them succeeded; not a whole number if values between 0 and 100 percent were sent.
    pub up: f64,
    /// The start of the first hour or day with checks.
    pub since: Timestamp,
    /// Whether the target has been checked for less than the whole range.
    pub is_partial: bool,
}

impl Uptime {
    /// The share of successful checks, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "2^53 checks do not occur")]
    pub fn ratio(&self) -> f64 {
        (self.up / self.checks as f64).clamp(0.0, 1.0)
    }

    /// In percent with two decimals, rounded down, so that 100 means that every check succeeded: `99.98`.
    pub fn percent(&self) -> f64 {
        // Less than a millionth of a percent is an error of rounding.
        (self.ratio() * 10_000.0 + 1e-6).floor() / 100.0
    }
}

/// The checks of one hour or day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) up: f64,
    pub(super) checks: u64,
}

impl Tally {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count is a whole number, not negative"
    )]
    pub(super) fn new(up: f64, checks: f64) -> Self {
        Self { up, checks: checks as u64 }
    }

    #[expect(clippy::cast_precision_loss, reason = "2^53 checks do not occur")]
    pub(super) fn of_rollup(rollup: &Rollup) -> Self {
        Self { up: rollup.avg / 100.0 * rollup.count as f64, checks: rollup.count }
    }
}

/// Of the last 24 hours.
pub(super) fn day(past: &Past, now: Timestamp) -> Option<Uptime> {
    let from = Window::Hour.start(now.minus(DAY));
    sum(past.hours.range(from..).map(|(start, tally)| (*start, *tally)), from, Window::Hour)
}

/// Of a range of whole days, and today.
pub(super) fn days(past: &Past, range: Duration, now: Timestamp) -> Option<Uptime> {
    let from = Window::Day.start(now.minus(range));
    let uptime = sum(by_day(past, from, now).into_iter(), from, Window::Day)?;
    // The hours say more exactly when the first day began.
    let is_from_hours = !past.days.contains_key(&uptime.since);
    let first = past.hours.range(uptime.since..).next().filter(|_| is_from_hours);
    Some(Uptime { since: first.map_or(uptime.since, |(start, _)| *start), ..uptime })
}

/// The checks of each day from `from` on, and of today. A day that has just ended has no rollup yet: its hours count.
pub(super) fn by_day(past: &Past, from: Timestamp, now: Timestamp) -> BTreeMap<Timestamp, Tally> {
    let today = Window::Day.start(now);
    let yesterday = today.minus(DAY);
    let mut by_day: BTreeMap<Timestamp, Tally> =
        past.days.range(from..today).map(|(start, tally)| (*start, *tally)).collect();
    let is_rolled_up = by_day.contains_key(&yesterday);
    for (start, tally) in past.hours.range(yesterday..) {
        let day = Window::Day.start(*start);
        if day >= today || !is_rolled_up {
            let sum = by_day.entry(day).or_default();
            *sum = Tally { up: sum.up + tally.up, checks: sum.checks + tally.checks };
        }
    }
    by_day
}

fn sum(windows: impl Iterator<Item = (Timestamp, Tally)>, from: Timestamp, window: Window) -> Option<Uptime> {
    let mut windows = windows.filter(|(_, tally)| tally.checks > 0).peekable();
    let since = windows.peek()?.0;
    let (up, checks) =
        windows.fold((0.0, 0), |(up, checks), (_, tally)| (up + tally.up, checks + tally.checks));
    Some(Uptime { checks, up, since, is_partial: since >= from.plus(window.length()) })
}
