//! Tests of a rule: what it does with given samples.

mod diff;
mod run;
mod values;

pub use run::{TestOutcome, run_tests};

use crate::condition::{Condition, Events, series_of_letters};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use values::Values;
use watchkeeper_config::Section;
use watchkeeper_domain::{Series, Timestamp};
use watchkeeper_ports::{Topic, TopicPartition};

/// Most tests of one rule.
pub const MAX_TESTS: usize = 50;
/// Most samples of one test.
pub const MAX_TEST_SAMPLES: usize = 10_000;
/// Most expectations of one test.
pub const MAX_EXPECTATIONS: usize = 100;

/// Longest name of a test, in bytes.
const MAX_TEST_NAME_BYTES: usize = 100;
const MINUTE: Duration = Duration::from_secs(60);
/// Bounds of the interval between samples.
const EVERY: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(7 * 24 * 60 * 60);
/// Bounds of the offset of an expectation.
const AT: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(366 * 24 * 60 * 60);
/// 2026-01-01T00:00:00Z in microseconds: the default start of the simulated clock.
const START: i64 = 1_767_225_600_000_000;

/// A test: samples and expectations.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTest {
    /// Its name.
    pub name: String,
    /// The series of the samples; for dead letters, that of their alerts.
    pub series: Arc<Series>,
    /// When the simulated clock starts.
    pub start: Timestamp,
    /// The samples: offsets from the start, ascending, and values. For dead letters, how many are rejected.
    pub samples: Vec<(Duration, f64)>,
    /// For a ratio, the samples of the divisor, in the same form.
    pub divisors: Vec<(Duration, f64)>,
    /// The expectations, in order of time.
    pub expectations: Vec<Expectation>,
}

/// The expected state at one instant, after a sample of that instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The offset from the start.
    pub at: Duration,
    /// The expected state.
    pub is: Expected,
}

/// The state of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It fires.
    Firing,
    /// The condition holds, but not for long enough yet.
    Pending,
    /// Neither.
    Clear,
}

impl Expected {
    /// The name in tests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Pending => "pending",
            Self::Clear => "clear",
        }
    }
}

impl FromStr for Expected {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let all = [Self::Firing, Self::Pending, Self::Clear];
        all.into_iter().find(|expected| expected.name() == text).ok_or("must be firing, pending or clear")
    }
}

impl RuleTest {
    /// Reads a section `[[rule.test]]` of a rule with this name and condition.
    pub(crate) fn read(section: &mut Section<'_>, rule: &str, condition: &Condition) -> Self {
        let every = section.duration("every", EVERY, MINUTE);
        Self {
            name: section.text("name", MAX_TEST_NAME_BYTES, "a test without a name"),
            series: Arc::new(read_series(section, rule, condition)),
            start: section.parsed("start").or(Timestamp::from_micros(START)).unwrap_or_default(),
            samples: read_samples(section, every),
            divisors: read_divisors(section, condition, every),
            expectations: read_expectations(section),
        }
    }
}

fn read_series(section: &mut Section<'_>, rule: &str, condition: &Condition) -> Series {
    if matches!(condition, Condition::Events(_)) {
        if section.has("series") {
            section.refuse("series", "is not allowed for events: the values are the numbers of events");
        }
        return Events::series(rule);
    }
    if let Condition::DeadLetters(letters) = condition {
        if section.has("series") {
            section.refuse("series", "is not allowed for dead_letters: the rule names the topic");
        }
        let topic = Topic::named(letters.topic.clone()).dead_letters();
        if let Some(series) = series_of_letters(&TopicPartition::new(topic, 0)) {
            return series;
        }
    } else if !section.has("series") {
        section.refuse("series", "is missing");
    }
    let none = || Series::new("watchkeeper", "test", "", &[]).expect("is within every limit");
    section.parsed("series").unwrap_or_else(none)
}

fn read_samples(section: &mut Section<'_>, every: Duration) -> Vec<(Duration, f64)> {
    let values: Option<Values> = section.parsed("values");
    let listed = section.has("samples");
    let samples = section.sections("samples", MAX_TEST_SAMPLES, |sample| {
        if !sample.has("value") {
            sample.refuse("value", "is missing");
        }
        (sample.duration("at", AT, Duration::ZERO), sample.number("value").unwrap_or_default())
    });
    if listed == section.has("values") {
        section.refuse("values", "exactly one of values and samples must be given");
    }
    if !samples.is_sorted_by(|(before, _), (after, _)| before < after) {
        section.refuse("samples", "must be in order of time, each later than the previous one");
    }
    values.map_or(samples, |values| values.spread(every))
}

/// At the interval of the samples.
fn read_divisors(section: &mut Section<'_>, condition: &Condition, every: Duration) -> Vec<(Duration, f64)> {
    let is_ratio = matches!(condition, Condition::Ratio(_));
    let values: Option<Values> = section.parsed("to_values");
    if is_ratio && !section.has("to_values") {
        section.refuse("to_values", "is missing: the values of the divisor");
    } else if !is_ratio && section.has("to_values") {
        section.refuse("to_values", "is only for rules with a ratio");
    }
    values.map(|values| values.spread(every)).unwrap_or_default()
}

fn read_expectations(section: &mut Section<'_>) -> Vec<Expectation> {
    let mut expectations = section.sections("expect", MAX_EXPECTATIONS, |expected| {
        if !expected.has("is") {
            expected.refuse("is", "is missing");
        }
        Expectation {
            at: expected.duration("at", AT, Duration::ZERO),
            is: expected.parsed("is").unwrap_or(Expected::Clear),
        }
    });
    if !section.has("expect") || expectations.is_empty() {
        section.refuse("expect", "must state what is expected, such as { at = \"5m\", is = \"firing\" }");
    }
    expectations.sort_by_key(|expected| expected.at);
    expectations
}
