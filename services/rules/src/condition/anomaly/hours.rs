//! The usual values of a series by hour of the day.

use super::usual::Usual;
use crate::condition::past::{Seen, Unreadable};
use bytes::{Buf, BufMut};
use watchkeeper_domain::Timestamp;

/// Hours of a day, in UTC.
const HOURS: usize = 24;
/// A day this many days ago has about 1/e of the weight of yesterday.
const MAX_DAYS: u8 = 14;
/// Earlier days required before anything counts as unusual at an hour.
pub(crate) const MIN_DAYS: u8 = 3;
const MICROS_PER_HOUR: i64 = 60 * 60 * 1_000_000;

/// Mean and variance of the values of each hour of the day, over earlier days. In single precision, because there are
/// many, and a variance below a ten-millionth of the mean is meaningless.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hours {
    means: [f32; HOURS],
    variances: [f32; HOURS],
    days: [u8; HOURS],
    /// The current hour, counted from the epoch.
    hour: i64,
    samples: u32,
    gathered: Usual,
}

impl Hours {
    /// Starts with the hour of `at`.
    pub(super) fn new(at: Timestamp) -> Self {
        Self {
            means: [0.0; HOURS],
            variances: [0.0; HOURS],
            days: [0; HOURS],
            hour: hour_of(at),
            samples: 0,
            gathered: Usual::default(),
        }
    }

    /// Adds a value to the current hour, which must be its own.
    pub(super) fn add(&mut self, seen: Seen) {
        self.go_to(seen.at);
        self.samples = self.samples.saturating_add(1);
        self.gathered.add(seen.value, 1.0 / f64::from(self.samples));
    }

    /// Ends the current hour, if `at` is in another one.
    pub(super) fn go_to(&mut self, at: Timestamp) {
        let hour = hour_of(at);
        if hour == self.hour {
            return;
        }
        if self.samples > 0 {
            let ended = of_day(self.hour);
            self.days[ended] = (self.days[ended] + 1).min(MAX_DAYS);
            let weight = 1.0 / f64::from(self.days[ended]);
            let mut usual = self.kept(ended);
            usual.add(self.gathered.mean, weight);
            usual.variance += weight * self.gathered.variance;
            self.keep(ended, usual);
        }
        (self.hour, self.samples, self.gathered) = (hour, 0, Usual::default());
    }

    /// On how many earlier days this hour of the day had values, up to a limit.
    pub(super) fn days(&self, at: Timestamp) -> u8 {
        self.days[of_day(hour_of(at))]
    }

    /// The usual values at this hour of the day, if enough days are known.
    pub(super) fn usual(&self, at: Timestamp) -> Option<Usual> {
        (self.days(at) >= MIN_DAYS).then(|| self.kept(of_day(hour_of(at))))
    }

    fn kept(&self, hour: usize) -> Usual {
        Usual { mean: self.means[hour].into(), variance: self.variances[hour].into() }
    }

    #[expect(clippy::cast_possible_truncation, reason = "single precision is enough, see the type")]
    fn keep(&mut self, hour: usize, usual: Usual) {
        self.means[hour] = usual.mean as f32;
        self.variances[hour] = usual.variance as f32;
    }

    pub(super) fn write(&self, out: &mut impl BufMut) {
        for hour in 0..HOURS {
            out.put_f32(self.means[hour]);
            out.put_f32(self.variances[hour]);
            out.put_u8(self.days[hour]);
        }
        out.put_i64(self.hour);
        out.put_u32(self.samples);
        out.put_f64(self.gathered.mean);
        out.put_f64(self.gathered.variance);
    }

    pub(super) fn read(bytes: &mut &[u8]) -> Result<Self, Unreadable> {
        let mut hours = Self::new(Timestamp::MIN);
        for hour in 0..HOURS {
            hours.means[hour] = bytes.try_get_f32()?;
            hours.variances[hour] = bytes.try_get_f32()?;
            hours.days[hour] = bytes.try_get_u8()?.min(MAX_DAYS);
        }
        hours.hour = bytes.try_get_i64()?;
        hours.samples = bytes.try_get_u32()?;
        hours.gathered = Usual { mean: bytes.try_get_f64()?, variance: bytes.try_get_f64()? };
        Ok(hours)
    }
}

fn hour_of(at: Timestamp) -> i64 {
    at.as_micros() / MICROS_PER_HOUR
}

fn of_day(hour: i64) -> usize {
    usize::try_from(hour.rem_euclid(24)).expect("0 to 23")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn at(hour: u32, value: f64) -> Seen {
        Seen { at: Timestamp::MIN.plus(hour * HOUR), value }
    }

    #[test]
    fn an_hour_is_compared_with_the_same_hour_of_earlier_days_only() {
        let mut hours = Hours::new(Timestamp::MIN);
        for hour in 0..24 * 4 {
            hours.add(at(hour, f64::from(hour % 24)));
        }
        let today = at(24 * 4 + 7, 1000.0);
        hours.add(today);
        assert_eq!(hours.usual(today.at), Some(Usual { mean: 7.0, variance: 0.0 }));
        assert_eq!(hours.days(today.at), 4);
    }

    #[test]
    fn nothing_is_usual_before_enough_days() {
        let mut hours = Hours::new(Timestamp::MIN);
        for day in 0..=u32::from(MIN_DAYS) {
            let noon = at(24 * day + 12, 1.0);
            hours.go_to(noon.at);
            assert_eq!(hours.usual(noon.at).is_some(), day >= MIN_DAYS.into(), "{day}");
            hours.add(noon);
        }
    }

    #[test]
    fn the_spread_is_that_within_the_hour_and_that_between_the_days() {
        let mut hours = Hours::new(Timestamp::MIN);
        for day in 0..4_u32 {
            let level = f64::from(day % 2) * 10.0;
            for minute in 0..60 {
                let noon = at(24 * day + 12, level + f64::from(minute % 2) * 2.0);
                hours.add(Seen { at: noon.at.plus(minute * HOUR / 60), ..noon });
            }
        }
        let noon = at(24 * 4 + 12, 0.0).at;
        hours.go_to(noon);
        let Usual { mean, variance } = hours.usual(noon).unwrap();
        assert!((mean - 6.0).abs() < 1e-5 && (variance - 26.0).abs() < 1e-5, "{mean} {variance}");
    }
}
