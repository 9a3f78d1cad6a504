//! When the value will reach a limit if it goes on as it does.

mod trend;

pub(crate) use trend::Trend;

use super::past::{Past, Seen};
use crate::words::{amount, amount_text, rounded, time};
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::{Section, show_duration};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const MONTH: Duration = Duration::from_secs(31 * 24 * 60 * 60);
/// Bounds of the time to the limit.
const WITHIN: RangeInclusive<Duration> = MINUTE..=MONTH;
const WITHIN_DEFAULT: Duration = Duration::from_secs(4 * 60 * 60);
/// Bounds of the window of the trend.
const OVER: RangeInclusive<Duration> = MINUTE..=MONTH;
const OVER_DEFAULT: Duration = Duration::from_secs(3 * 60 * 60);
/// A firing forecast clears when the limit is this many times further away: a trend varies.
const CLEARS_AT: u32 = 2;
/// A smaller change per hour, as a share of the value, is a rounding error.
const STEADY: f64 = 1e-9;

/// The value reaches a limit within a given time if it goes on as over the window: the slope of a linear regression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Whether it rises to the limit, else falls to it.
    pub rises: bool,
    /// The limit, in the unit of the series.
    pub limit: f64,
    /// The time in which it is reached.
    pub within: Duration,
    /// The window of the trend. Half of it must have samples.
    pub over: Duration,
    /// The value from which on there are forecasts: nothing fires far from the limit.
    pub from: Option<f64>,
}

/// What the trend says.
enum Left {
    /// The limit has been reached.
    Nothing,
    /// It is reached after this.
    Time(Duration),
    /// The value does not move towards it.
    Forever,
}

impl Forecast {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        if section.has("rises_to") == section.has("falls_to") {
            section.refuse("rises_to", "exactly one of rises_to and falls_to must be given");
        }
        let (rises, limit) = match (section.number("rises_to"), section.number("falls_to")) {
            (None, Some(limit)) => (false, limit),
            (limit, _) => (true, limit.unwrap_or_default()),
        };
        let from = section.number("from");
        if from.is_some_and(|from| if rises { from >= limit } else { from <= limit }) {
            let side = if rises { "below" } else { "above" };
            section.refuse("from", format!("must be {side} the limit, {limit}"));
        }
        Self {
            rises,
            limit,
            within: section.duration("within", WITHIN, WITHIN_DEFAULT),
            over: section.duration("over", OVER, OVER_DEFAULT),
            from,
        }
    }

    /// Whether it holds with the newest value; `None` while the trend is unknown.
    pub(super) fn observe(&self, past: &mut Past, fires: bool, seen: Seen) -> Option<bool> {
        if !matches!(past, Past::Trend(_)) {
            *past = Past::Trend(Box::default());
        }
        let Past::Trend(trend) = past else { return None };
        trend.add(seen, self.over);
        if !self.is_near(seen.value) {
            return Some(false);
        }
        Some(match self.left(trend, seen.value)? {
            Left::Nothing => true,
            Left::Time(left) => left <= if fires { CLEARS_AT * self.within } else { self.within },
            Left::Forever => false,
        })
    }

    /// Whether `value` is at or past [`Self::from`].
    fn is_near(&self, value: f64) -> bool {
        self.from.is_none_or(|from| if self.rises { value >= from } else { value <= from })
    }

    /// `None` while the trend is unknown.
    fn left(&self, trend: &Trend, value: f64) -> Option<Left> {
        if if self.rises { value >= self.limit } else { value <= self.limit } {
            return Some(Left::Nothing);
        }
        let seconds = (self.limit - value) / trend.per_second(self.over)?;
        let left = Duration::try_from_secs_f64(seconds).ok().filter(|left| *left <= CLEARS_AT * MONTH);
        Some(left.map_or(Left::Forever, Left::Time))
    }

    /// `is 85 % and rises by 4 %/h, reaches 100 % in 3 h 45 min at 2026-11-20T13:45:00Z`
    pub(super) fn why(&self, past: &Past, seen: Seen, unit: &str) -> String {
        let (value, limit) = (amount(seen.value, unit), amount(self.limit, unit));
        let Past::Trend(trend) = past else { return format!("is {value}") };
        let Some(left) = self.left(trend, seen.value) else {
            let half = time(self.over / 2);
            return format!("is {value}, no forecast yet: that takes {half} of samples");
        };
        let per_hour = trend.per_second(self.over).unwrap_or_default() * HOUR.as_secs_f64();
        let moves = moves(per_hour, seen.value, unit);
        let not_near = match self.from {
            Some(from) if !self.is_near(seen.value) => {
                format!(", not yet {} {}", if self.rises { "at" } else { "down to" }, amount(from, unit))
            }
            _ => String::new(),
        };
        match left {
            Left::Nothing => format!("is {value}, has reached {limit}"),
            Left::Time(left) => {
                let left = in_minutes(left);
                let at = seen.at.plus(left).window_start(MINUTE);
                format!("is {value} and {moves}, reaches {limit} in {} at {at}{not_near}", time(left))
            }
            Left::Forever => format!("is {value} and {moves}, does not reach {limit} soon{not_near}"),
        }
    }

    pub(super) fn clears_when(&self) -> String {
        let within = show_duration(CLEARS_AT * self.within);
        format!("the value is more than {within} from {}", self.limit)
    }
}

/// An estimate, in whole minutes.
fn in_minutes(left: Duration) -> Duration {
    Duration::from_secs(left.as_secs().div_ceil(MINUTE.as_secs()).max(1) * MINUTE.as_secs())
}

/// `rises by 4 %/h`
fn moves(per_hour: f64, value: f64, unit: &str) -> String {
    if per_hour.abs() <= value.abs() * STEADY {
        return "does not change".to_owned();
    }
    let verb = if per_hour < 0.0 { "falls" } else { "rises" };
    format!("{verb} by {}", amount_text(&rounded(per_hour.abs()), &format!("{unit}/h")))
}

/// `reaches 100 within 4h by the trend of 3h, from 70`
impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.rises { "rises" } else { "falls" };
        let (within, over) = (show_duration(self.within), show_duration(self.over));
        write!(f, "{verb} to {} within {within} by the trend of {over}", self.limit)?;
        self.from.iter().try_for_each(|from| write!(f, ", from {from}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Timestamp;

    const DISK: Forecast =
        Forecast { rises: true, limit: 100.0, within: WITHIN_DEFAULT, over: OVER_DEFAULT, from: Some(70.0) };

    /// Whether it holds with each of the values, which come every ten minutes, and why it does with the last.
    fn play(forecast: Forecast, values: impl IntoIterator<Item = f64>) -> (Vec<Option<bool>>, String) {
        let (mut past, mut fires, mut answers, mut why) = (Past::Nothing, false, Vec::new(), String::new());
        for (number, value) in (0..).zip(values) {
            let begin: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
            let seen = Seen { at: begin.plus(number * 10 * MINUTE), value };
            let answer = forecast.observe(&mut past, fires, seen);
            fires = answer.unwrap_or(fires);
            why = forecast.why(&past, seen, "percent");
            answers.push(answer);
        }
        (answers, why)
    }

    /// A line with this slope per hour.
    fn line(from: f64, per_hour: f64, samples: u32) -> Vec<f64> {
        (0..samples).map(|number| from + per_hour * f64::from(number) / 6.0).collect()
    }

    #[test]
    fn a_disk_that_fills_in_less_than_four_hours_is_foretold_with_the_time() {
        let (answers, why) = play(DISK, line(75.0, 6.0, 19));
        let first = answers.iter().position(|answer| *answer == Some(true)).unwrap();
        assert_eq!((first, answers[8]), (9, None), "half of the window has samples");
        assert_eq!(why, "is 93 % and rises by 6 %/h, reaches 100 % in 1 h 10 min at 2026-11-20T04:10:00Z");
    }

    #[test]
    fn a_slow_or_falling_or_nearly_empty_disk_is_not_foretold() {
        for (from, per_hour) in [(75.0, 1.0), (95.0, -3.0), (95.0, 0.0), (10.0, 17.0)] {
            let (answers, why) = play(DISK, line(from, per_hour, 19));
            assert!(!answers.contains(&Some(true)), "{from} {per_hour}: {why}");
        }
        let (_, why) = play(DISK, line(10.0, 17.0, 19));
        assert!(why.ends_with(", not yet at 70 %"), "{why}");
    }

    #[test]
    fn a_firing_forecast_clears_when_the_limit_is_twice_as_far() {
        let mut values = line(75.0, 6.0, 19);
        values.extend(line(93.0, 0.0, 19));
        let (answers, why) = play(DISK, values);
        assert_eq!((answers[18], answers.last().copied()), (Some(true), Some(Some(false))));
        assert!(why.ends_with("does not reach 100 % soon"), "{why}");
    }

    #[test]
    fn a_value_that_falls_to_its_limit_is_foretold_too() {
        let free = Forecast { rises: false, limit: 0.0, from: None, ..DISK };
        let (answers, why) = play(free, line(30.0, -8.0, 19));
        assert_eq!(answers.last(), Some(&Some(true)));
        assert!(why.starts_with("is 6 % and falls by 8 %/h, reaches 0 % in 45 min at "), "{why}");
        let (answers, why) = play(free, [0.0]);
        assert_eq!((answers, &*why), (vec![Some(true)], "is 0 %, has reached 0 %"));
    }
}
