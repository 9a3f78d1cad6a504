//! How fast a counter rises.

mod increase;

pub(crate) use increase::Increase;

use super::past::{Past, Seen};
use super::threshold::Threshold;
use crate::words::{amount, amount_text, rounded};
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::{Section, show_duration};

/// Bounds of the window.
const OVER: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 60 * 60);
const OVER_DEFAULT: Duration = Duration::from_secs(5 * 60);

/// A counter rises faster or slower than a limit per second, on average over a window. A counter that falls was reset:
/// it has risen from 0 since.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The limits, in units of the series per second.
    pub limits: Threshold,
    /// The window. If samples are further apart, the rate is that between the last two.
    pub over: Duration,
}

impl Rate {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self { limits: Threshold::read(section), over: section.duration("over", OVER, OVER_DEFAULT) }
    }

    /// Whether it holds with the newest value; `None` for the first one.
    pub(super) fn observe(&self, past: &mut Past, fires: bool, seen: Seen) -> Option<bool> {
        if let Past::Increase(increase) = past {
            increase.add(seen, self.over);
        } else {
            *past = Past::Increase(Box::new(Increase::new(seen)));
        }
        let Past::Increase(increase) = past else { return None };
        Some(self.limits.passes(fires, increase.per_second()?))
    }

    /// `rises by 12 bytes/s, above 10 bytes/s`
    pub(super) fn why(&self, past: &Past, holds: bool, fires: bool, seen: Seen, unit: &str) -> String {
        let per_second = match past {
            Past::Increase(increase) => increase.per_second(),
            _ => None,
        };
        let Some(per_second) = per_second else {
            return format!("is {}, with no earlier sample to compute a rate", amount(seen.value, unit));
        };
        let unit = format!("{unit}/s");
        let rate = amount_text(&rounded(per_second), &unit);
        format!("rises by {rate}, {}", self.limits.side_of(per_second, &unit, (holds, fires)))
    }

    pub(super) fn clears_when(&self) -> String {
        self.limits.clears_when().replace("the value", "the rate")
    }
}

/// `rate above 10 per second over 5m, clears at 8`
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rate per second over {} {}", show_duration(self.over), self.limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Timestamp;

    /// Whether it holds with each of the values, which come every ten seconds, and why it does with the last.
    fn play(rate: Rate, values: &[f64]) -> (Vec<Option<bool>>, String) {
        let (mut past, mut fires, mut answers, mut why) = (Past::Nothing, false, Vec::new(), String::new());
        for (second, &value) in (0..).step_by(10).zip(values) {
            let seen = Seen { at: Timestamp::MIN.plus(Duration::from_secs(second)), value };
            let answer = rate.observe(&mut past, fires, seen);
            why = rate.why(&past, answer.unwrap_or(fires), fires, seen, "bytes");
            fires = answer.unwrap_or(fires);
            answers.push(answer);
        }
        (answers, why)
    }

    fn rate(limit: f64, clear_at: f64) -> Rate {
        let limits = Threshold { is_above: true, limit, clear_at };
        Rate { limits, over: Duration::from_secs(60) }
    }

    #[test]
    fn the_first_sample_gives_no_verdict_and_the_second_does() {
        let (answers, why) = play(rate(5.0, 5.0), &[1000.0, 1100.0]);
        assert_eq!(answers, [None, Some(true)]);
        assert_eq!(why, "rises by 10 bytes/s, above 5 bytes/s");
        let (_, why) = play(rate(5.0, 5.0), &[1000.0]);
        assert_eq!(why, "is 1000 bytes, with no earlier sample to compute a rate");
    }

    #[test]
    fn a_counter_that_was_reset_has_risen_from_0_since() {
        let (answers, why) = play(rate(5.0, 5.0), &[1000.0, 1010.0, 20.0]);
        assert_eq!(answers, [None, Some(false), Some(false)]);
        assert_eq!(why, "rises by 1.5 bytes/s, not above 5 bytes/s");
    }

    #[test]
    fn a_rate_that_fires_clears_below_its_own_limit() {
        let (answers, why) = play(rate(5.0, 2.0), &[0.0, 100.0, 100.0, 100.0, 100.0]);
        assert_eq!(answers, [None, Some(true), Some(true), Some(true), Some(true)]);
        assert_eq!(why, "rises by 2.5 bytes/s, not yet back at 2 bytes/s");
    }
}
