//! When a report is due.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp as Instant};
use std::fmt;
use std::str::FromStr;
use watchkeeper_domain::Timestamp;

/// The days of a week, as in a schedule.
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// A local time of every day, of a day of every week, or of a day of every month.
///
/// A time that does not exist, as the clocks go forward over it, is as long after the gap began; of one that exists twice,
/// the first is meant. In a month without its day, the last day is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    every: Every,
    at: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Every {
    Day,
    Week(Weekday),
    /// On this day, from 1 to 31.
    Month(i8),
}

/// The text is no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be \"daily HH:MM\", \"weekly DAY HH:MM\" (mon to sun) or \"monthly N HH:MM\" (1 to 31), such as \"weekly mon 08:00\""
)]
pub struct UnknownSchedule;

impl FromStr for Schedule {
    type Err = UnknownSchedule;

    fn from_str(text: &str) -> Result<Self, UnknownSchedule> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (every, at) = match words[..] {
            ["daily", at] => (Every::Day, at),
            ["weekly", day, at] => {
                let (_, day) = DAYS.into_iter().find(|(name, _)| *name == day).ok_or(UnknownSchedule)?;
                (Every::Week(day), at)
            }
            ["monthly", day, at] => {
                let day: i8 = day.parse().map_err(|_| UnknownSchedule)?;
                (Every::Month(Some(day).filter(|day| (1..=31).contains(day)).ok_or(UnknownSchedule)?), at)
            }
            _ => return Err(UnknownSchedule),
        };
        // Without seconds.
        let at = Some(at).filter(|at| at.len() == "HH:MM".len()).and_then(|at| at.parse().ok());
        Ok(Self { every, at: at.ok_or(UnknownSchedule)? })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.every {
            Every::Day => f.write_str("daily")?,
            Every::Week(day) => {
                let name = DAYS.iter().find(|(_, known)| *known == day).map_or("", |(name, _)| name);
                write!(f, "weekly {name}")?;
            }
            Every::Month(day) => write!(f, "monthly {day}")?,
        }
        write!(f, " {:02}:{:02}", self.at.hour(), self.at.minute())
    }
}

impl Schedule {
    /// The last instant up to `now` at which it was due. `None` only at the ends of time.
    pub fn last_due(&self, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        self.around(zone, now).filter(|&due| due <= now).max()
    }

    /// The first instant after `now` at which it is due. `None` only at the ends of time.
    pub fn next_due(&self, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        self.around(zone, now).filter(|&due| due > now).min()
    }

    /// When it is due before and after `now`: at least once each.
    fn around(self, zone: &TimeZone, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        let instant = Instant::from_microsecond(now.as_micros()).ok();
        let today = instant.map(|instant| instant.to_zoned(zone.clone()).date());
        let date = move |step: i64| self.date(today?, step);
        (-1..=1).filter_map(date).filter_map(move |date| {
            let due = date.to_datetime(self.at).to_zoned(zone.clone()).ok()?;
            Timestamp::from_micros(due.timestamp().as_microsecond())
        })
    }

    /// Its day in the day, week or month of `today`, or so many of them later.
    fn date(self, today: Date, step: i64) -> Option<Date> {
        match self.every {
            Every::Day => today.checked_add(Span::new().days(step)).ok(),
            Every::Week(day) => {
                let ahead = i64::from(today.weekday().until(day));
                today.checked_add(Span::new().days(ahead + 7 * step)).ok()
            }
            Every::Month(day) => {
                let month = today.first_of_month().checked_add(Span::new().months(step)).ok()?;
                Date::new(month.year(), month.month(), day.min(month.days_in_month())).ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn due(schedule: &str, now: &str) -> [String; 2] {
        let schedule: Schedule = schedule.parse().unwrap();
        let around = [schedule.last_due(&berlin(), at(now)), schedule.next_due(&berlin(), at(now))];
        around.map(|due| due.unwrap().to_string())
    }

    #[test]
    fn a_report_is_due_at_its_local_time() {
        let around = |last: &str, next: &str| [last, next].map(|time| format!("2026-{time}:00Z"));
        assert_eq!(due("daily 08:00", "2026-11-20T07:00:00Z"), around("11-20T07:00", "11-21T07:00"));
        assert_eq!(due("daily 08:00", "2026-11-20T06:59:59Z"), around("11-19T07:00", "11-20T07:00"));
        assert_eq!(due("daily 08:00", "2026-07-20T12:00:00Z"), around("07-20T06:00", "07-21T06:00"));
        // A Friday.
        assert_eq!(due("weekly fri 08:00", "2026-11-20T08:00:00Z"), around("11-20T07:00", "11-27T07:00"));
        assert_eq!(due("weekly mon 08:00", "2026-11-20T08:00:00Z"), around("11-16T07:00", "11-23T07:00"));
        assert_eq!(due("monthly 1 00:00", "2026-11-20T08:00:00Z"), around("10-31T23:00", "11-30T23:00"));
    }

    #[test]
    fn a_month_without_the_day_has_its_last() {
        let [last, next] = due("monthly 31 12:00", "2026-03-01T00:00:00Z");
        assert_eq!((&last[..], &next[..]), ("2026-02-28T11:00:00Z", "2026-03-31T10:00:00Z"));
    }

    #[test]
    fn every_day_has_its_report_once_when_the_clocks_change() {
        // 02:30 does not exist on March 29th, and exists twice on October 25th.
        let [last, next] = due("daily 02:30", "2026-03-29T12:00:00Z");
        assert_eq!((&last[..], &next[..]), ("2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"));
        let [last, next] = due("daily 02:30", "2026-10-25T01:15:00Z");
        assert_eq!((&last[..], &next[..]), ("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"));
    }

    #[test]
    fn what_is_no_schedule_is_refused_and_what_is_one_is_written_as_it_was() {
        for text in ["daily 08:00", "weekly sun 23:59", "monthly 31 00:00"] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "daily",
            "daily 8:00",
            "daily 24:00",
            "daily 08:00:00",
            "hourly 00",
            "weekly 08:00",
            "weekly monday 08:00",
            "monthly 0 08:00",
            "monthly 32 08:00",
            "monthly 08:00",
            "daily 08:00 x",
        ] {
            assert_eq!(text.parse::<Schedule>(), Err(UnknownSchedule), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_next_is_the_last_when_its_time_has_come(
            micros in 0..4_000_000_000_000_000_i64,
            schedule in prop::sample::select(vec!["daily 02:30", "weekly sun 00:00", "monthly 31 23:59", "monthly 1 00:00"]),
        ) {
            let (schedule, now): (Schedule, _) = (schedule.parse().unwrap(), Timestamp::from_micros(micros).unwrap());
            let zone = berlin();
            let next = schedule.next_due(&zone, now).unwrap();
            prop_assert!(next > now);
            prop_assert_eq!(schedule.last_due(&zone, next), Some(next));
            let just_before = Timestamp::from_micros(next.as_micros() - 1).unwrap();
            prop_assert_eq!(schedule.last_due(&zone, just_before), schedule.last_due(&zone, now));
        }
    }
}
