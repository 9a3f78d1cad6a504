//! One rule.

use crate::condition::{Condition, Past, Seen};
use crate::matchers;
use crate::routing::Routing;
use crate::rule_test::{MAX_TESTS, RuleTest};
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::{Section, show_duration};
use watchkeeper_domain::{Matchers, Series, Severity};

/// Longest name of a rule, in bytes.
pub const MAX_RULE_NAME_BYTES: usize = 64;
/// Longest summary, in bytes.
pub const MAX_SUMMARY_BYTES: usize = 2_000;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a condition may have to hold before the rule fires.
const HOLD: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(7 * 24 * 60 * 60);
/// How long a series may stay silent before it counts as gone.
const STALE_AFTER: RangeInclusive<Duration> = MINUTE..=Duration::from_secs(366 * 24 * 60 * 60);

/// When to notify, and whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Unique in the configuration: letters, digits and any of `_.:-`.
    pub name: String,
    /// How bad it is.
    pub severity: Severity,
    /// Which series it is about; none for dead letters, which are about no series.
    pub matchers: Matchers,
    /// For how long the condition has to hold before the rule fires: the key `for`.
    pub hold: Duration,
    /// What has to hold.
    pub condition: Condition,
    /// What people are told about it, as the file has it; may be a template.
    pub summary: Option<String>,
    /// Whom it goes to, and how often.
    pub routing: Routing,
    /// After so long without a sample the series counts as gone: what is known of it is forgotten, and an
    /// alert about it clears.
    pub stale_after: Duration,
    /// The examples beside it.
    pub tests: Vec<RuleTest>,
}

impl Rule {
    /// Reads a section `[[rule]]`.
    pub(crate) fn read(section: &mut Section<'_>, default: &Routing, receivers: &[String]) -> Self {
        let name = section.required_text("name", MAX_RULE_NAME_BYTES);
        if let Some(found) = name.chars().find(|&c| !c.is_alphanumeric() && !"_.:-".contains(c)) {
            section.refuse("name", format!("may hold letters, digits and any of _.:- but has {found:?}"));
        }
        let condition = Condition::read(section);
        let matchers = match &condition {
            Condition::DeadLetters(_) => {
                if section.has("match") {
                    section.refuse("match", "is for rules about series, and dead letters are about none");
                }
                Matchers::default()
            }
            _ => matchers::read(section, "match"),
        };
        let tests = section.sections("test", MAX_TESTS, |test| RuleTest::read(test, &condition));
        Self {
            name,
            severity: section.parsed("severity").unwrap_or_default(),
            matchers,
            hold: section.duration("for", HOLD, Duration::ZERO),
            stale_after: read_stale_after(section, &condition),
            condition,
            summary: section.optional_text("summary", MAX_SUMMARY_BYTES),
            routing: Routing::read(section, default, receivers),
            tests,
        }
    }

    /// Whether it is about samples, and not about dead letters.
    pub fn is_about_samples(&self) -> bool {
        !matches!(self.condition, Condition::DeadLetters(_))
    }

    /// Whether it is about `series`.
    pub fn matches(&self, series: &Series) -> bool {
        self.is_about_samples() && self.matchers.hold(|field| series.field(field))
    }

    /// When it fires, in plain words: `below 50, for 2m`.
    pub fn when(&self) -> String {
        if self.hold.is_zero() {
            return self.condition.to_string();
        }
        format!("{}, for {}", self.condition, show_duration(self.hold))
    }

    /// Why it fires or does not, in plain words: `is 0 percent, below 50 for 2m`.
    pub(crate) fn why(&self, past: &Past, holds: bool, fires: bool, latest: Seen, unit: &str) -> String {
        let why = self.condition.why(past, holds, fires, latest, unit);
        if !holds || self.hold.is_zero() {
            return why;
        }
        let comma = if matches!(self.condition, Condition::Threshold(_)) { "" } else { "," };
        format!("{why}{comma} for {}", show_duration(self.hold))
    }
}

/// A series must not be forgotten while its condition still looks at what it was.
fn read_stale_after(section: &mut Section<'_>, condition: &Condition) -> Duration {
    let looks_at = condition.span();
    let stale_after = section.duration("stale_after", STALE_AFTER, DAY.max(2 * looks_at));
    if stale_after <= looks_at {
        let looks_at = show_duration(looks_at);
        section
            .refuse("stale_after", format!("must be longer than the {looks_at} that the condition looks at"));
    }
    stale_after
}
