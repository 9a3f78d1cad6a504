//! So many events match a query, or say what none has said before.

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
/// Bounds of how long a message must not have been seen to be new.
const UNSEEN_FOR: RangeInclusive<Duration> =
    Duration::from_secs(60 * 60)..=Duration::from_secs(31 * 24 * 60 * 60);

/// More or fewer events than a limit match a query. The notifier counts them, and publishes the number as a sample of
/// [`Events::series`].
#[derive(Clone, Debug, PartialEq)]
pub struct Events {
    /// Which events are counted.
    pub filter: EventFilter,
    /// Over how long.
    pub within: Duration,
    /// If given, not all events count, but only the first of each message pattern that was not seen for so long before it.
    pub unseen_for: Option<Duration>,
    /// The limit of their number.
    pub limit: Threshold,
}

impl Events {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        if !section.has("query") {
            section.refuse("query", "is missing: which events to count, such as 'service=shop level>=error'");
        }
        let unseen_for =
            section.has("unseen_for").then(|| section.duration("unseen_for", UNSEEN_FOR, *UNSEEN_FOR.end()));
        let limit = if unseen_for.is_some() {
            for key in ["above", "below", "clear_at"] {
                if section.has(key) {
                    section.refuse(key, "is not allowed with unseen_for: one new message fires");
                }
            }
            Threshold { is_above: true, ..Threshold::default() }
        } else {
            Threshold::read(section)
        };
        Self {
            filter: section.parsed("query").unwrap_or_default(),
            within: section.duration("within", WITHIN, WITHIN_DEFAULT),
            unseen_for,
            limit,
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

    /// What clears the rule while it fires.
    pub(super) fn clears_when(&self) -> String {
        match self.unseen_for {
            Some(_) => format!("there was no new message for {}", time(self.within)),
            None => self.limit.clears_when(),
        }
    }

    /// `7 events within 5 min, above 5`, or `1 new message within 5 min, not seen for 7 days before`
    pub(super) fn why(&self, holds: bool, fires: bool, seen: Seen) -> String {
        if let Some(unseen_for) = self.unseen_for {
            let noun = if (seen.value - 1.0).abs() < f64::EPSILON { "message" } else { "messages" };
            let (within, unseen_for) = (time(self.within), time(unseen_for));
            return format!("{} new {noun} within {within}, not seen for {unseen_for} before", seen.value);
        }
        let side = self.limit.side_of(seen.value, "", (holds, fires));
        let noun = if (seen.value - 1.0).abs() < f64::EPSILON { "event" } else { "events" };
        format!("{} {noun} within {}, {side}", seen.value, time(self.within))
    }
}

/// `events within 5m of [service=shop] above 5`, or `messages within 5m of [service=shop] unseen for 7d`
impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(unseen_for) = self.unseen_for {
            let (within, unseen_for) = (show_duration(self.within), show_duration(unseen_for));
            return write!(f, "messages within {within} of [{}] unseen for {unseen_for}", self.filter);
        }
        write!(f, "events within {} of [{}] {}", show_duration(self.within), self.filter, self.limit)
    }
}
