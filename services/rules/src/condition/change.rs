//! Change of the value within a time.

mod extremes;

pub(crate) use extremes::Extremes;

use super::past::{Past, Seen};
use crate::words::{amount, amount_text, rounded, time};
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::{Section, show_duration};

/// How far a change may look back.
const WITHIN: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(31 * 24 * 60 * 60);
const WITHIN_DEFAULT: Duration = Duration::from_secs(60 * 60);

/// The direction of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Up.
    Rises,
    /// Down.
    Falls,
    /// Up or down.
    Changes,
}

/// The value differs from one of the values `within` before it by at least `by`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The direction.
    pub direction: Direction,
    /// The minimum change: in the unit of the series, or in percent of the earlier value. More than 0.
    pub by: f64,
    /// Whether [`Self::by`] is in percent. Earlier values of 0 or less are not compared then.
    pub percent: bool,
    /// How old the earlier value may be.
    pub within: Duration,
}

impl Change {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let given = Direction::ALL.into_iter().filter(|direction| section.has(direction.key()));
        let given: Vec<Direction> = given.collect();
        if given.len() != 1 {
            section.refuse("rises_by", "exactly one of rises_by, falls_by and changes_by must be given");
        }
        let direction = given.first().copied().unwrap_or(Direction::Rises);
        let by = section.number(direction.key()).unwrap_or(1.0);
        if by <= 0.0 {
            section.refuse(direction.key(), format!("must be more than 0, is {by}"));
        }
        Self {
            direction,
            by,
            percent: section.boolean("percent", false),
            within: section.duration("within", WITHIN, WITHIN_DEFAULT),
        }
    }

    /// Whether it holds with the newest value.
    pub(super) fn observe(&self, past: &mut Past, seen: Seen) -> bool {
        if !matches!(past, Past::Extremes(_)) {
            *past = Past::Extremes(Box::default());
        }
        let Past::Extremes(extremes) = past else { return false };
        if self.direction != Direction::Falls {
            extremes.add_low(seen, self.within);
        }
        if self.direction != Direction::Rises {
            extremes.add_high(seen, self.within);
        }
        self.largest(extremes, seen.value).is_some_and(|moved| moved.share >= self.by)
    }

    /// `rose by 12 stars within 1 h, from 100 to 112`, or how far it is from firing.
    pub(super) fn why(&self, past: &Past, seen: Seen, unit: &str) -> String {
        let Past::Extremes(extremes) = past else { return format!("is {}", amount(seen.value, unit)) };
        let within = time(self.within);
        let Some(Moved { from, share }) = self.largest(extremes, seen.value) else {
            return format!("is {}, with no earlier sample within {within}", amount(seen.value, unit));
        };
        let moved = seen.value - from;
        let (verb, by) = match moved {
            0.0 => ("has not changed", String::new()),
            _ if moved > 0.0 => ("rose by ", amount_text(&rounded(moved), unit)),
            _ => ("fell by ", amount_text(&rounded(-moved), unit)),
        };
        let percent = if self.percent { format!(" ({} %)", rounded(share)) } else { String::new() };
        let less = if share < self.by { format!(", not by {}", self.amount()) } else { String::new() };
        format!("{verb}{by}{percent} within {within}, from {from} to {}{less}", seen.value)
    }

    /// `10 %`
    fn amount(&self) -> String {
        amount(self.by, if self.percent { "percent" } else { "" })
    }

    /// The largest change in the rule's direction that ends with `value`.
    fn largest(&self, extremes: &Extremes, value: f64) -> Option<Moved> {
        let is_compared = |from: &&Seen| !self.percent || from.value > 0.0;
        let low = extremes.lows().iter().find(is_compared).map(|from| (from.value, value - from.value));
        let high = extremes.highs().iter().find(is_compared).map(|from| (from.value, from.value - value));
        let share =
            |(from, by): (f64, f64)| Moved { from, share: if self.percent { by / from * 100.0 } else { by } };
        low.into_iter().chain(high).map(share).max_by(|one, other| one.share.total_cmp(&other.share))
    }
}

/// The earlier value, and the change from it, in the unit of [`Change::by`].
struct Moved {
    from: f64,
    share: f64,
}

impl Direction {
    const ALL: [Self; 3] = [Self::Rises, Self::Falls, Self::Changes];

    const fn key(self) -> &'static str {
        match self {
            Self::Rises => "rises_by",
            Self::Falls => "falls_by",
            Self::Changes => "changes_by",
        }
    }
}

/// `rises by 10 percent within 1h`
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.direction {
            Direction::Rises => "rises",
            Direction::Falls => "falls",
            Direction::Changes => "changes",
        };
        // The fingerprint of stored state: its words stay.
        let percent = if self.percent { " percent" } else { "" };
        write!(f, "{verb} by {}{percent} within {}", self.by, show_duration(self.within))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Timestamp;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn seen(minute: u32, value: f64) -> Seen {
        Seen { at: Timestamp::MIN.plus(minute * HOUR / 60), value }
    }

    /// Whether it holds with the last of the values, which come every ten minutes, and why.
    fn last(change: Change, values: &[f64]) -> (bool, String) {
        let (mut past, mut answer) = (Past::Nothing, (false, String::new()));
        for (minute, &value) in (0..).step_by(10).zip(values) {
            let seen = seen(minute, value);
            let holds = change.observe(&mut past, seen);
            answer = (holds, change.why(&past, seen, "stars"));
        }
        answer
    }

    fn change(direction: Direction, by: f64, percent: bool) -> Change {
        Change { direction, by, percent, within: HOUR }
    }

    #[test]
    fn a_rise_is_counted_from_the_lowest_value_of_the_window() {
        let rise = change(Direction::Rises, 10.0, false);
        let why = "rose by 12 stars within 1 h, from 100 to 112".to_owned();
        assert_eq!(last(rise, &[130.0, 105.0, 100.0, 104.0, 112.0]), (true, why));
        let why = "rose by 9 stars within 1 h, from 100 to 109, not by 10".to_owned();
        assert_eq!(last(rise, &[100.0, 109.0]), (false, why));
        let steady = "has not changed within 1 h, from 100 to 100, not by 10".to_owned();
        assert_eq!(last(rise, &[100.0, 100.0]), (false, steady));
        assert!(!last(rise, &[100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 110.0]).0);
    }

    #[test]
    fn a_fall_is_counted_from_the_highest_and_a_change_from_either() {
        assert!(last(change(Direction::Falls, 10.0, false), &[100.0, 110.0, 100.0]).0);
        assert!(!last(change(Direction::Falls, 10.0, false), &[100.0, 110.0]).0);
        let either = change(Direction::Changes, 10.0, false);
        let why = "fell by 30 stars within 1 h, from 110 to 80".to_owned();
        assert_eq!(last(either, &[100.0, 110.0, 79.0, 80.0]), (true, why));
        assert!(last(either, &[100.0, 110.0]).0);
    }

    #[test]
    fn percent_is_of_the_earlier_value_and_zero_is_not_compared() {
        let rise = change(Direction::Rises, 10.0, true);
        let why = "rose by 20 stars (10 %) within 1 h, from 200 to 220".to_owned();
        assert_eq!(last(rise, &[200.0, 220.0]), (true, why));
        let why = "rose by 2 stars (1 %) within 1 h, from 200 to 202, not by 10 %".to_owned();
        assert_eq!(last(rise, &[0.0, 200.0, 202.0]), (false, why));
        let why = "is 5 stars, with no earlier sample within 1 h".to_owned();
        assert!(!last(change(Direction::Falls, 10.0, true), &[0.0, -3.0, -5.0]).0);
        assert_eq!(last(rise, &[-1.0]), (false, why.replace('5', "-1")));
    }
}
