//! Where the bars of a histogram begin.

use crate::step::step_within;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};
use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::{Timestamp, Violation};

/// Most bars of a histogram.
pub const MAX_BARS: usize = 1_000;
/// Bars of a histogram, unless the question says.
pub const DEFAULT_BARS: usize = 60;
/// Longest name of a time zone, in bytes.
pub const MAX_ZONE_BYTES: usize = 64;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
/// Longest bar, in days.
const MAX_DAYS: u64 = 366;
/// A Monday, from which bars of several days are counted: those of seven days begin on Mondays.
const MONDAY: Date = date(1970, 1, 5);

/// How a range is divided into bars: at round times of a viewer's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    zone: TimeZone,
    /// `None` for a single bar.
    step: Option<Duration>,
}

impl Bars {
    /// Bars of this length.
    ///
    /// # Errors
    /// Names `step`, if it is no part of a day and not whole days, or gives more than [`MAX_BARS`].
    pub fn of_step(step: Duration, zone: TimeZone, time: &Range<Timestamp>) -> Result<Self, Violation> {
        let seconds = step.as_secs();
        let is_round = step.subsec_nanos() == 0
            && seconds > 0
            && (DAY.is_multiple_of(seconds) || seconds.is_multiple_of(DAY) && seconds / DAY <= MAX_DAYS);
        if !is_round {
            let reason = format!(
                "must be whole seconds that divide a day, such as 1s, 5m or 6h, or 1 to {MAX_DAYS} days"
            );
            return Err(Violation::new("step", reason));
        }
        let bars = time.end.since(time.start).as_secs() / seconds;
        if bars > MAX_BARS as u64 {
            let reason = format!("gives {bars} bars, the limit is {MAX_BARS}: use a longer step");
            return Err(Violation::new("step", reason));
        }
        Ok(Self { zone, step: Some(step) })
    }

    /// The shortest round bars of which `time` has at most `most`.
    pub fn at_most(most: usize, zone: TimeZone, time: &Range<Timestamp>) -> Self {
        let most = most.clamp(1, MAX_BARS);
        for windows in (2..=most as u64).rev() {
            let bars = Self { zone: zone.clone(), step: Some(step_within(time.start, time.end, windows)) };
            // Midnight in the zone may begin one bar more.
            if bars.edges(time).len() <= most + 1 {
                return bars;
            }
        }
        Self { zone, step: None }
    }

    /// The length of a bar; those at the ends of the range, and at a change of the clock, may be shorter or longer.
    pub fn step(&self, time: &Range<Timestamp>) -> Duration {
        self.step.unwrap_or_else(|| time.end.since(time.start))
    }

    /// The start of `time`, the beginnings of bars in it, and its end.
    ///
    /// Bars begin at the viewer's midnight, and at whole steps from it. Those of up to an hour all have the same length,
    /// so that a day of 25 hours has 25 of an hour; longer ones begin at the same time of every day.
    pub fn edges(&self, time: &Range<Timestamp>) -> Vec<Timestamp> {
        let mut edges = vec![time.start];
        if let Some(step) = self.step {
            self.begin_inside(time, step, &mut |edge| {
                if edge > time.start && edge < time.end && edges.last().is_some_and(|last| edge > *last) {
                    edges.push(edge);
                }
            });
        }
        edges.push(time.end);
        edges
    }

    /// Calls `add` with the beginnings of bars in `time`, and maybe some before and after it.
    fn begin_inside(&self, time: &Range<Timestamp>, step: Duration, add: &mut impl FnMut(Timestamp)) {
        let seconds = step.as_secs();
        let days = (seconds / DAY).max(1);
        let mut day = self.first_day(time.start, days);
        while let Some(midnight) = self.at(day, 0).filter(|midnight| *midnight < time.end) {
            add(midnight);
            let next = following(day, days);
            if seconds <= HOUR {
                let end = next.and_then(|next| self.at(next, 0)).unwrap_or(time.end).min(time.end);
                steps_between(midnight.max(time.start), midnight, end, step).for_each(&mut *add);
            } else if seconds < DAY {
                let hours = std::iter::successors(Some(seconds), |after| Some(after + seconds));
                let hours = hours.take_while(|after| *after < DAY);
                hours.filter_map(|after| self.at(day, after)).for_each(&mut *add);
            }
            match next {
                Some(next) => day = next,
                None => break,
            }
        }
    }

    /// The day of the bar around `at`.
    fn first_day(&self, at: Timestamp, days: u64) -> Date {
        let today = zoned(at, &self.zone).date();
        let since = MONDAY.until(today).map_or(0, |span| i64::from(span.get_days()));
        let into = since.rem_euclid(i64::try_from(days).unwrap_or(1));
        today.checked_sub(Span::new().days(into)).unwrap_or(today)
    }

    /// The instant when the clock shows so many seconds after midnight; the next one that it shows, if it skips that.
    fn at(&self, day: Date, seconds: u64) -> Option<Timestamp> {
        let time = day.at(0, 0, 0, 0).checked_add(i64::try_from(seconds).ok()?.seconds()).ok()?;
        let at = self.zone.to_ambiguous_timestamp(time).compatible().ok()?;
        Timestamp::from_micros(at.as_microsecond()).or((at.as_second() < 0).then_some(Timestamp::MIN))
    }
}

/// Reads the name of a time zone, such as `Europe/Berlin`.
///
/// # Errors
/// Names `zone`.
pub fn read_zone(name: &str) -> Result<TimeZone, Violation> {
    let found =
        (!name.is_empty() && name.len() <= MAX_ZONE_BYTES).then(|| TimeZone::get(name).ok()).flatten();
    found.ok_or_else(|| {
        Violation::new("zone", "must be the name of a time zone, such as Europe/Berlin or UTC")
    })
}

fn zoned(at: Timestamp, zone: &TimeZone) -> jiff::Zoned {
    let instant = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    instant.to_zoned(zone.clone())
}

fn following(day: Date, days: u64) -> Option<Date> {
    day.checked_add(Span::new().days(i64::try_from(days).ok()?)).ok()
}

/// The instants `midnight` + n `step` from `from` to before `end`.
fn steps_between(
    from: Timestamp,
    midnight: Timestamp,
    end: Timestamp,
    step: Duration,
) -> impl Iterator<Item = Timestamp> {
    let into = from.since(midnight).as_micros() / step.as_micros();
    let first = midnight.plus(step.saturating_mul(u32::try_from(into).unwrap_or(u32::MAX)));
    std::iter::successors(Some(first), move |at| Some(at.plus(step))).take_while(move |at| *at < end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range(from: &str, to: &str) -> Range<Timestamp> {
        from.parse().unwrap()..to.parse().unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        read_zone(name).unwrap()
    }

    fn edges(step: u64, zone_name: &str, time: &Range<Timestamp>) -> Vec<String> {
        let bars = Bars::of_step(Duration::from_secs(step), zone(zone_name), time).unwrap();
        bars.edges(time).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn days_begin_at_the_viewers_midnight() {
        let time = range("2026-11-28T12:00:00Z", "2026-11-30T12:00:00Z");
        assert_eq!(
            edges(DAY, "Asia/Tokyo", &time),
            ["2026-11-28T12:00:00Z", "2026-11-28T15:00:00Z", "2026-11-29T15:00:00Z", "2026-11-30T12:00:00Z"]
        );
        assert_eq!(
            edges(DAY, "UTC", &time),
            ["2026-11-28T12:00:00Z", "2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z", "2026-11-30T12:00:00Z"]
        );
    }

    #[test]
    fn the_day_on_which_the_clock_is_set_back_has_25_hours_and_none_is_missing_or_double() {
        // In Berlin, 25 October 2026 is from 22:00 to 23:00 UTC of the next day.
        let time = range("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
        let hours = edges(HOUR, "Europe/Berlin", &time);
        assert_eq!(hours.len(), 25 + 1);
        let two_days = range("2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z");
        assert_eq!(
            edges(DAY, "Europe/Berlin", &two_days),
            ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"]
        );
        assert_eq!(
            edges(6 * HOUR, "Europe/Berlin", &time),
            [
                "2026-10-24T22:00:00Z",
                "2026-10-25T05:00:00Z",
                "2026-10-25T11:00:00Z",
                "2026-10-25T17:00:00Z",
                "2026-10-25T23:00:00Z"
            ],
            "at 6, 12 and 18 o'clock"
        );
        let spring = range("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        assert_eq!(edges(HOUR, "Europe/Berlin", &spring).len(), 23 + 1);
    }

    #[test]
    fn weeks_begin_on_mondays() {
        let time = range("2026-11-25T00:00:00Z", "2026-12-08T00:00:00Z");
        assert_eq!(
            edges(7 * DAY, "UTC", &time)[1..3],
            ["2026-11-30T00:00:00Z".to_owned(), "2026-12-07T00:00:00Z".to_owned()]
        );
    }

    #[test]
    fn a_step_is_taken_up_to_the_most_bars_and_if_it_is_round() {
        let time = range("2026-11-29T10:00:00Z", "2026-11-29T10:16:40Z");
        let of = |seconds, time| Bars::of_step(Duration::from_secs(seconds), TimeZone::UTC, time);
        assert_eq!(of(1, &time).unwrap().edges(&time).len(), MAX_BARS + 1);
        let longer = time.start..time.end.plus(Duration::from_secs(1));
        assert_eq!(
            of(1, &longer).unwrap_err().to_string(),
            "step: gives 1001 bars, the limit is 1000: use a longer step"
        );
        for seconds in [0, 7, 7 * HOUR, 25 * HOUR, 367 * DAY] {
            assert!(
                of(seconds, &time).unwrap_err().to_string().starts_with("step: must be whole"),
                "{seconds}"
            );
        }
        assert!(Bars::of_step(Duration::from_millis(1_500), TimeZone::UTC, &time).is_err());
    }

    #[test]
    fn a_zone_that_is_none_is_refused() {
        for name in ["", "Mars/Olympus", &"x".repeat(MAX_ZONE_BYTES + 1)] {
            assert!(read_zone(name).unwrap_err().to_string().starts_with("zone: must be"), "{name}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn edges_ascend_from_the_start_to_the_end_and_are_not_too_many(
            from in 0_i64..4_000_000_000,
            seconds in 1_u64..40_000_000,
            most in 1_usize..200,
            zone_name in prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe",
                                                   "America/Sao_Paulo", "Pacific/Apia"]),
        ) {
            let from = Timestamp::from_micros(from * 1_000_000).unwrap();
            let time = from..from.plus(Duration::from_secs(seconds));
            let edges = Bars::at_most(most, zone(zone_name), &time).edges(&time);
            prop_assert!(edges.is_sorted_by(|one, other| one < other), "{edges:?}");
            prop_assert_eq!((edges[0], edges[edges.len() - 1]), (time.start, time.end));
            prop_assert!(edges.len() <= most + 1);
        }
    }
}
