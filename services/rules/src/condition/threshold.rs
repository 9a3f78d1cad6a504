//! The value is above or below a limit.

use super::past::Seen;
use crate::words::{amount, amount_text};
use std::fmt;
use watchkeeper_config::Section;

/// The value is above or below a limit. With hysteresis it must return beyond `clear_at` before the rule clears.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Threshold {
    /// Whether it holds above the limit, else below it.
    pub is_above: bool,
    /// The limit, in the unit of the series; a value equal to it does not fire.
    pub limit: f64,
    /// Replaces the limit while the rule fires.
    pub clear_at: f64,
}

impl Threshold {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        if section.has("above") == section.has("below") {
            section.refuse("above", "exactly one of above and below must be given");
        }
        let (is_above, limit) = match (section.number("above"), section.number("below")) {
            (None, Some(below)) => (false, below),
            (above, _) => (true, above.unwrap_or_default()),
        };
        let clear_at = section.number("clear_at").unwrap_or(limit);
        if (is_above && clear_at > limit) || (!is_above && clear_at < limit) {
            section.refuse("clear_at", format!("must not be beyond the limit, {limit}"));
        }
        Self { is_above, limit, clear_at }
    }

    /// Whether it holds with the newest value, while the rule fires or does not.
    pub(super) fn observe(&self, fires: bool, seen: Seen) -> bool {
        self.passes(fires, seen.value)
    }

    /// The same for a value that is not of a sample.
    pub(super) fn passes(&self, fires: bool, value: f64) -> bool {
        let limit = if fires { self.clear_at } else { self.limit };
        if self.is_above { value > limit } else { value < limit }
    }

    /// `is 0 %, below 50 %`
    pub(super) fn why(&self, holds: bool, fires: bool, seen: Seen, unit: &str) -> String {
        format!("is {}, {}", self.shown(seen.value, unit), self.side_of(seen.value, unit, (holds, fires)))
    }

    /// The value, in full where a shorter one would read like a limit that it is not at.
    fn shown(&self, value: f64, unit: &str) -> String {
        let short = amount(value, unit);
        let reads_like = |limit: f64| short == amount(limit, unit) && (value - limit).abs() > 0.0;
        if reads_like(self.limit) || reads_like(self.clear_at) {
            amount_text(&value.to_string(), unit)
        } else {
            short
        }
    }

    /// `below 50 %`: where `value` is, and which limit decided.
    pub(super) fn side_of(&self, value: f64, unit: &str, (holds, fires): (bool, bool)) -> String {
        let (side, limit, clear_at) = (self.side(), amount(self.limit, unit), amount(self.clear_at, unit));
        if self.passes(false, value) {
            return format!("{side} {limit}");
        }
        if holds {
            return format!("not yet back at {clear_at}");
        }
        format!("not {side} {}", if fires { clear_at } else { limit })
    }

    pub(super) fn clears_when(&self) -> String {
        let most_or_least = if self.is_above { "most" } else { "least" };
        format!("the value is at {most_or_least} {}", self.clear_at)
    }

    const fn side(&self) -> &'static str {
        if self.is_above { "above" } else { "below" }
    }
}

/// `below 50, clears at 60`
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.side(), self.limit)?;
        if self.clear_at.to_bits() == self.limit.to_bits() {
            return Ok(());
        }
        write!(f, ", clears at {}", self.clear_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_domain::Timestamp;

    fn seen(value: f64) -> Seen {
        Seen { at: Timestamp::MIN, value }
    }

    #[test]
    fn the_limit_itself_is_on_neither_side() {
        for is_above in [true, false] {
            let threshold = Threshold { is_above, limit: 5.0, clear_at: 5.0 };
            assert!(!threshold.observe(false, seen(5.0)));
            assert_eq!(threshold.observe(false, seen(5.1)), is_above);
            assert_eq!(threshold.observe(false, seen(4.9)), !is_above);
        }
    }

    #[test]
    fn it_says_which_limit_decided() {
        let threshold = Threshold { is_above: false, limit: 50.0, clear_at: 90.0 };
        let why = |value, fires| {
            let seen = seen(value);
            threshold.why(threshold.observe(fires, seen), fires, seen, "percent")
        };
        assert_eq!(why(0.0, false), "is 0 %, below 50 %");
        assert_eq!(why(0.0, true), "is 0 %, below 50 %");
        assert_eq!(why(60.0, false), "is 60 %, not below 50 %");
        assert_eq!(why(60.0, true), "is 60 %, not yet back at 90 %");
        assert_eq!(why(95.0, true), "is 95 %, not below 90 %");
    }

    #[test]
    fn a_value_close_to_its_limit_is_shown_in_full() {
        let threshold = Threshold { is_above: true, limit: 90.0, clear_at: 85.0 };
        let why = |value| threshold.why(true, false, seen(value), "percent");
        assert_eq!(why(90.002_345_678), "is 90.002345678 %, above 90 %");
        assert_eq!(why(93.123_456_789), "is 93.12 %, above 90 %");
    }

    proptest! {
        #[test]
        fn between_the_limit_and_where_it_clears_nothing_changes(
            is_above: bool, limit in -9_i8..9, further in 0_i8..9, value in -20_i8..20, fires: bool,
        ) {
            let (limit, further, value) = (f64::from(limit), f64::from(further), f64::from(value));
            let clear_at = if is_above { limit - further } else { limit + further };
            let threshold = Threshold { is_above, limit, clear_at };
            let holds = threshold.observe(fires, seen(value));
            let (low, high) = (limit.min(clear_at), limit.max(clear_at));
            if low < value && value < high {
                prop_assert_eq!(holds, fires);
            } else if value < low || value > high {
                prop_assert_eq!(holds, (value > high) == is_above);
            }
        }
    }
}
