//! The slope of a series over a sliding window, without keeping the window.

use crate::condition::past::{Seen, Unreadable, read_time};
use bytes::{Buf, BufMut};
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// Parts per window, each kept as the means of its samples.
const PARTS: u32 = 24;
/// Most parts that a series keeps.
pub(crate) const MAX_PARTS: usize = PARTS as usize + 1;
/// The share of the window that must show the slope too: this part of it.
const NEWEST: u32 = 4;
/// Fewest parts with a slope: a line through two points always fits.
const MIN_PARTS: usize = 3;

/// The means of the samples of a part of the window.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    begins_at: Timestamp,
    samples: u32,
    /// In seconds after the begin.
    mean_time: f64,
    mean_value: f64,
}

/// The parts of the window that have samples, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Trend(Vec<Part>);

impl Trend {
    /// Adds the newest value; drops parts that began more than `over` before it.
    pub(super) fn add(&mut self, seen: Seen, over: Duration) {
        let outside = self.0.iter().take_while(|part| seen.at.since(part.begins_at) > over).count();
        self.0.drain(..outside);
        match self.0.last_mut().filter(|part| seen.at.since(part.begins_at) < over / PARTS) {
            Some(part) => part.add(seen),
            None => self.0.push(Part::new(seen)),
        }
    }

    /// The slope of the linear regression, or that of the newest quarter if it is smaller: a single jump, which is past by
    /// then, is no trend. Zero if they have different directions; `None` unless half of the window `over` has samples.
    pub(super) fn per_second(&self, over: Duration) -> Option<f64> {
        let (first, last) = (self.0.first()?, self.0.last()?);
        if self.0.len() < MIN_PARTS || last.begins_at.since(first.begins_at) < over / 2 {
            return None;
        }
        let whole = slope(&self.0)?;
        let is_older = |part: &&Part| last.begins_at.since(part.begins_at) > over / NEWEST;
        let newest = &self.0[self.0.iter().take_while(is_older).count()..];
        let newest = if newest.len() < MIN_PARTS { whole } else { slope(newest)? };
        Some(match whole * newest {
            ..=0.0 => 0.0,
            _ if newest.abs() < whole.abs() => newest,
            _ => whole,
        })
    }

    pub(crate) fn write(&self, out: &mut impl BufMut) {
        out.put_u8(u8::try_from(self.0.len()).expect("at most MAX_PARTS are kept"));
        for part in &self.0 {
            out.put_i64(part.begins_at.as_micros());
            out.put_u32(part.samples);
            out.put_f64(part.mean_time);
            out.put_f64(part.mean_value);
        }
    }

    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Unreadable> {
        let length = usize::from(bytes.try_get_u8()?);
        if length > MAX_PARTS {
            return Err(Unreadable::Wrong("the number of parts"));
        }
        let part = |_| {
            Ok(Part {
                begins_at: read_time(bytes)?,
                samples: bytes.try_get_u32()?,
                mean_time: bytes.try_get_f64()?,
                mean_value: bytes.try_get_f64()?,
            })
        };
        (0..length).map(part).collect::<Result<_, _>>().map(Self)
    }
}

/// The slope of the linear regression through the means of these parts.
fn slope(parts: &[Part]) -> Option<f64> {
    let first = parts.first()?;
    let points = || {
        let time = |part: &Part| part.begins_at.since(first.begins_at).as_secs_f64() + part.mean_time;
        parts.iter().map(move |part| (f64::from(part.samples), time(part), part.mean_value))
    };
    let samples: f64 = points().map(|(weight, ..)| weight).sum();
    let mean_time = points().map(|(weight, time, _)| weight * time).sum::<f64>() / samples;
    let mean_value = points().map(|(weight, _, value)| weight * value).sum::<f64>() / samples;
    let both = points().map(|(weight, time, value)| weight * (time - mean_time) * (value - mean_value));
    let spread = points().map(|(weight, time, _)| weight * (time - mean_time).powi(2));
    let slope = both.sum::<f64>() / spread.sum::<f64>();
    slope.is_finite().then_some(slope)
}

impl Part {
    fn new(first: Seen) -> Self {
        Self { begins_at: first.at, samples: 1, mean_time: 0.0, mean_value: first.value }
    }

    fn add(&mut self, seen: Seen) {
        self.samples = self.samples.saturating_add(1);
        let weight = 1.0 / f64::from(self.samples);
        self.mean_time += (seen.at.since(self.begins_at).as_secs_f64() - self.mean_time) * weight;
        self.mean_value += (seen.value - self.mean_value) * weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OVER: Duration = Duration::from_secs(240);

    fn seen(second: u64, value: f64) -> Seen {
        Seen { at: Timestamp::MIN.plus(Duration::from_secs(second)), value }
    }

    #[test]
    fn the_most_parts_that_a_series_keeps_are_reached_and_not_exceeded() {
        let mut trend = Trend::default();
        let mut most = 0;
        for second in 0..1000_u32 {
            trend.add(seen(second.into(), second.into()), OVER);
            most = most.max(trend.0.len());
        }
        assert_eq!(most, MAX_PARTS);
    }

    #[test]
    fn half_of_the_window_must_have_samples() {
        let mut trend = Trend::default();
        for second in 0..120 {
            trend.add(seen(second, 1.0), OVER);
            assert_eq!(trend.per_second(OVER), None, "{second}");
        }
        trend.add(seen(120, 1.0), OVER);
        assert_eq!(trend.per_second(OVER), Some(0.0));
        trend.add(seen(1000, 1.0), OVER);
        assert_eq!(trend.per_second(OVER), None, "a gap longer than the window starts over");
    }

    #[test]
    fn a_jump_that_is_past_is_no_trend() {
        let mut trend = Trend::default();
        for second in 0..400 {
            trend.add(seen(second, if second < 200 { 0.0 } else { 10.0 }), OVER);
            if second > 270 {
                assert!(trend.per_second(OVER).unwrap().abs() < 1e-9, "{second}");
            }
        }
    }

    #[test]
    fn a_jump_counts_as_a_slope_of_the_whole_window_only() {
        let mut trend = Trend::default();
        for second in 0..240 {
            trend.add(seen(second, if second < 230 { 0.0 } else { 10.0 }), OVER);
        }
        let slope = trend.per_second(OVER).unwrap();
        assert!(0.0 < slope && slope < 10.0 / 240.0, "{slope}");
    }

    proptest! {
        #[test]
        fn a_line_has_its_slope_however_it_is_sampled(
            steps in proptest::collection::vec(1_u64..30, 20..200), per_second in -9_i8..9,
        ) {
            let (mut trend, mut now) = (Trend::default(), 0_u32);
            for later in steps {
                now += u32::try_from(later).unwrap();
                trend.add(seen(now.into(), 5.0 + f64::from(now) * f64::from(per_second)), OVER);
                if let Some(slope) = trend.per_second(OVER) {
                    prop_assert!((slope - f64::from(per_second)).abs() < 1e-6, "{} {}", slope, per_second);
                }
                let mut written = Vec::new();
                trend.write(&mut written);
                prop_assert_eq!(Trend::read(&mut &written[..]), Ok(trend.clone()));
            }
        }
    }
}
