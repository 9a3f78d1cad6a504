//! So many events match a query.

use super::past::Seen;
use super::threshold::Threshold;
use crate::words::time;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::{Section, show_duration};
use watchkeeper_domain::{EventFilter, Matcher, Matchers, Series};

/// The source of the series with the numbers of matching events.
const SOURCE: &str = "events";
/// Its name.
const NAME: &str = "matched";
/// Bounds of the time within which events are counted.
const WITHIN: RangeInclusive<Duration> = Duration::from_secs(15)..=Duration::from_secs(24 * 60 * 60);
const WITHIN_DEFAULT: Duration = Duration::from_secs(5 * 60);

/// More or fewer events than a limit match a query. The notifier counts them, and publishes the number as a sample of
/// [`Events::series`].
#[derive(Clone, Debug, PartialEq)]
pub struct Events {
    /// Which events are counted.
    pub filter: EventFilter,
    /// Over how long.
    pub within: Duration,
    /// The limit of their number.
    pub limit: Threshold,
}

impl Events {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        if !section.has("query") {
            section.refuse("query", "is missing: which events to count, such as 'service=shop level>=error'");
        }
        Self {
            filter: section.parsed("query").unwrap_or_default(),
            within: section.duration("within", WITHIN, WITHIN_DEFAULT),
            limit: Threshold::read(section),
        }
    }

    /// The series with the numbers for the rule of this name.
    ///
    /// # Panics
    /// If the name is longer than the value of a label, which that of a rule is not.
    pub fn series(rule: &str) -> Series {
        Series::new(SOURCE, NAME, "events", &[("rule", rule)])
            .expect("the name of a rule can be a label's value")
    }

    /// What selects that series.
    pub(crate) fn matchers(rule: &str) -> Matchers {
        let matchers = vec![
            Matcher::equal("source", SOURCE),
            Matcher::equal("name", NAME),
            Matcher::equal("labels.rule", rule),
        ];
        Matchers::new(matchers).expect("three are few")
    }

    /// Whether nothing is known if only some of the events could be counted: there may be more, but not fewer.
    pub const fn needs_all(&self) -> bool {
        !self.limit.is_above
    }

    /// `7 events within 5 min, above 5`
    pub(super) fn why(&self, holds: bool, fires: bool, seen: Seen) -> String {
        let side = self.limit.side_of(seen.value, "", (holds, fires));
        let noun = if (seen.value - 1.0).abs() < f64::EPSILON { "event" } else { "events" };
        format!("{} {noun} within {}, {side}", seen.value, time(self.within))
    }
}

/// `events within 5m of [service=shop] above 5`
impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "events within {} of [{}] {}", show_duration(self.within), self.filter, self.limit)
    }
}
