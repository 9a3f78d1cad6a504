//! Deviation from the usual values of a series.

mod hours;
mod statistics;
mod usual;

pub(crate) use statistics::Statistics;

use super::past::{Past, Seen};
use crate::words::{amount, amount_text, rounded};
use hours::MIN_DAYS;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;
use usual::Usual;
use watchkeeper_config::{Section, show_duration};

/// How far the recent mean may look back.
const OVER: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(31 * 24 * 60 * 60);
const OVER_DEFAULT: Duration = Duration::from_secs(60 * 60);
const DEVIATIONS_DEFAULT: f64 = 4.0;
/// Samples required before evaluation: the default and the bounds.
const MIN_SAMPLES: (u32, RangeInclusive<u32>) = (30, 2..=1_000_000);

/// What a value is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// The recent values.
    #[default]
    Recent,
    /// The values of the same hour (UTC) of earlier days.
    SameHour,
    /// Both: it must be unusual by either.
    Both,
}

/// The value is a number of standard deviations away from the mean of the series' own values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anomaly {
    /// The minimum number of standard deviations; more than 0.
    pub deviations: f64,
    /// The minimum difference from the mean, in the unit of the series: for a series that hardly varies, every small
    /// change is many standard deviations. Not negative.
    pub at_least: f64,
    /// Samples required before anything counts as unusual.
    pub min_samples: u32,
    /// How fast the recent mean decays: a value this old has 1/e of the weight of a new one.
    pub over: Duration,
    /// What it is compared with.
    pub against: Against,
}

impl FromStr for Against {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "recent" => Ok(Self::Recent),
            "same_hour" => Ok(Self::SameHour),
            "both" => Ok(Self::Both),
            _ => Err("must be recent, same_hour or both"),
        }
    }
}

impl Anomaly {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let deviations = section.number("deviations").unwrap_or(DEVIATIONS_DEFAULT);
        if deviations <= 0.0 {
            section.refuse("deviations", format!("must be more than 0, is {deviations}"));
        }
        let at_least = section.number("at_least").unwrap_or(0.0);
        if at_least < 0.0 {
            section.refuse("at_least", format!("must not be negative, is {at_least}"));
        }
        Self {
            deviations,
            at_least,
            min_samples: section.integer("min_samples", MIN_SAMPLES.1, MIN_SAMPLES.0),
            over: section.duration("over", OVER, OVER_DEFAULT),
            against: section.parsed("against").unwrap_or_default(),
        }
    }

    /// Whether it holds with the newest value.
    pub(super) fn observe(&self, past: &mut Past, seen: Seen) -> bool {
        let Past::Statistics(statistics) = past else {
            let with_hours = self.against != Against::Recent;
            *past = Past::Statistics(Box::new(Statistics::new(seen, with_hours)));
            return false;
        };
        statistics.go_on(seen, self);
        let is_known = statistics.samples() >= self.min_samples;
        is_known
            && match self.against {
                Against::Recent => self.is_unusual(statistics.recent(), seen.value),
                Against::SameHour => self.is_unusual_at_this_hour(statistics, seen.value),
                Against::Both => {
                    self.is_unusual(statistics.recent(), seen.value)
                        && self.is_unusual_at_this_hour(statistics, seen.value)
                }
            }
    }

    fn is_unusual(&self, usual: Usual, value: f64) -> bool {
        (value - usual.mean).abs() >= self.at_least && usual.deviations(value).abs() > self.deviations
    }

    fn is_unusual_at_this_hour(&self, statistics: &Statistics, value: f64) -> bool {
        statistics.same_hour().is_some_and(|usual| self.is_unusual(usual, value))
    }

    /// `is 93 °C, 5.2 standard deviations above its mean of 60`
    pub(super) fn why(&self, past: &Past, seen: Seen, unit: &str) -> String {
        let mut words = format!("is {}", amount(seen.value, unit));
        let Past::Statistics(statistics) = past else { return words };
        if statistics.samples() < self.min_samples {
            let known = statistics.samples();
            return format!("{words}, with {known} of the {} earlier samples required", self.min_samples);
        }
        if self.against != Against::SameHour {
            words += &compared(statistics.recent(), "", seen.value, unit);
        }
        if self.against != Against::Recent {
            words += &Self::compared_with_hour(statistics, seen.value, unit);
        }
        words
    }

    fn compared_with_hour(statistics: &Statistics, value: f64, unit: &str) -> String {
        let Some(usual) = statistics.same_hour() else {
            return format!(", with {} of the {MIN_DAYS} earlier days required", statistics.days());
        };
        compared(usual, " at this hour of earlier days", value, unit)
    }
}

/// `, 5.2 standard deviations above its mean of 60 at this hour of earlier days`
fn compared(usual: Usual, when: &str, value: f64, unit: &str) -> String {
    let (deviations, mean) = (usual.deviations(value), rounded(usual.mean));
    let side = if deviations < 0.0 { "below" } else { "above" };
    if deviations.is_infinite() {
        let by = amount_text(&rounded((value - usual.mean).abs()), unit);
        return format!(", {by} {side} its mean of {mean}{when}, with no variation so far");
    }
    format!(", {} standard deviations {side} its mean of {mean}{when}", rounded(deviations.abs()))
}

/// `4 standard deviations from the mean of the last 1h, after 30 samples`
impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} standard deviations", self.deviations)?;
        if self.at_least > 0.0 {
            write!(f, " and {}", self.at_least)?;
        }
        let over = show_duration(self.over);
        match self.against {
            Against::Recent => write!(f, " from the mean of the last {over}")?,
            Against::SameHour => f.write_str(" from the mean of the same hour of earlier days")?,
            Against::Both => {
                write!(
                    f,
                    " from the mean of the last {over} and from that of the same hour of earlier days"
                )?;
            }
        }
        write!(f, ", after {} samples", self.min_samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Timestamp;

    const MINUTE: Duration = Duration::from_secs(60);

    fn anomaly(against: Against) -> Anomaly {
        Anomaly { deviations: 4.0, at_least: 0.0, min_samples: 10, over: 60 * MINUTE, against }
    }

    fn seen(minute: u32, value: f64) -> Seen {
        Seen { at: Timestamp::MIN.plus(minute * MINUTE), value }
    }

    /// What it remembers after values that go up and down around 60.
    fn after(anomaly: &Anomaly, minutes: u32) -> Past {
        let mut past = Past::Nothing;
        for minute in 0..minutes {
            let value = 60.0 + 2.0 * f64::from(minute % 2) - 1.0;
            assert!(!anomaly.observe(&mut past, seen(minute, value)), "{minute}");
        }
        past
    }

    #[test]
    fn a_value_far_from_the_recent_mean_is_unusual_and_says_how_far() {
        let anomaly = anomaly(Against::Recent);
        let mut past = after(&anomaly, 100);
        let hot = seen(100, 93.0);
        assert!(anomaly.observe(&mut past, hot));
        let why = anomaly.why(&past, hot, "°C");
        assert_eq!(why, "is 93 °C, 33 standard deviations above its mean of 60");
        assert!(!anomaly.observe(&mut past, seen(101, 62.0)));
    }

    #[test]
    fn nothing_is_unusual_before_enough_samples() {
        let anomaly = anomaly(Against::Recent);
        for (minutes, is_unusual) in [(9, false), (10, true)] {
            let mut past = after(&anomaly, minutes);
            let last = seen(minutes, 1e6);
            assert_eq!(anomaly.observe(&mut past, last), is_unusual, "{minutes}");
            let why = anomaly.why(&past, last, "");
            assert_eq!(why.contains("with 9 of the 10 earlier samples required"), !is_unusual, "{why}");
        }
    }

    #[test]
    fn a_series_that_never_varied_takes_at_least_the_given_distance() {
        let anomaly = Anomaly { at_least: 5.0, ..anomaly(Against::Recent) };
        let mut past = Past::Nothing;
        for minute in 0..50 {
            assert!(!anomaly.observe(&mut past, seen(minute, 100.0)));
        }
        let (mut near, mut far) = (past.clone(), past);
        assert!(!anomaly.observe(&mut near, seen(50, 96.0)));
        assert!(anomaly.observe(&mut far, seen(50, 95.0)));
        let why = anomaly.why(&far, seen(50, 95.0), "percent");
        assert_eq!(why, "is 95 %, 5 % below its mean of 100, with no variation so far");
    }

    #[test]
    fn what_happens_at_this_hour_every_day_is_unusual_only_for_the_hours_before() {
        let day = 24 * 60;
        let nightly = |minute: u32| if minute % day >= 23 * 60 { 90.0 } else { 10.0 } + f64::from(minute % 3);
        for (against, unusual_at_night, unusual_by_day) in
            [(Against::Recent, true, true), (Against::SameHour, false, true), (Against::Both, false, true)]
        {
            let anomaly = anomaly(against);
            let mut past = Past::Nothing;
            for minute in 0..5 * day - 60 {
                anomaly.observe(&mut past, seen(minute, nightly(minute)));
            }
            let (mut night, mut noon) = (past.clone(), past);
            let at_night = seen(5 * day - 60, 90.0);
            assert_eq!(anomaly.observe(&mut night, at_night), unusual_at_night, "{against:?}");
            let by_day = seen(5 * day - 61 + 12 * 60, 90.0);
            assert_eq!(anomaly.observe(&mut noon, by_day), unusual_by_day, "{against:?}");
        }
    }

    #[test]
    fn values_too_large_to_be_squared_do_not_blind_it() {
        let anomaly = anomaly(Against::Recent);
        let mut past = after(&anomaly, 20);
        for minute in 20..30 {
            anomaly.observe(&mut past, seen(minute, if minute % 2 == 0 { f64::MAX } else { f64::MIN }));
        }
        for minute in 30..60 {
            anomaly.observe(&mut past, seen(minute, 60.0 + f64::from(minute % 2)));
        }
        assert!(anomaly.observe(&mut past, seen(60, 100.0)));
    }
}
