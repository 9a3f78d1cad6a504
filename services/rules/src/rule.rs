//! One rule.

use crate::condition::{Condition, Events, Heartbeat, Past, Seen};
use crate::matchers;
use crate::phase::Phase;
use crate::routing::Routing;
use crate::rule_test::{MAX_TESTS, RuleTest};
use crate::words::time;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::{Section, show_duration};
use watchkeeper_domain::{Matchers, Note, Series, Severity};

/// Longest name of a rule, in bytes.
pub const MAX_RULE_NAME_BYTES: usize = 64;
/// Longest summary, in bytes.
pub const MAX_SUMMARY_BYTES: usize = 2_000;

/// The name of a heartbeat's rule begins with this; the job's name follows.
pub const HEARTBEAT_RULE: &str = "heartbeat:";
/// Longest name of a job, in bytes.
pub const MAX_JOB_NAME_BYTES: usize = MAX_RULE_NAME_BYTES - HEARTBEAT_RULE.len();

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Bounds of `for`.
const HOLD: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(7 * 24 * 60 * 60);
/// Bounds of `stale_after`.
const STALE_AFTER: RangeInclusive<Duration> = MINUTE..=Duration::from_secs(366 * 24 * 60 * 60);

/// An alerting rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Unique in the configuration: letters, digits and any of `_.:-`.
    pub name: String,
    /// Its severity.
    pub severity: Severity,
    /// The series that it selects; none for dead letters.
    pub matchers: Matchers,
    /// How long the condition must hold before the rule fires: the key `for`.
    pub hold: Duration,
    /// Its condition.
    pub condition: Condition,
    /// The summary for notifications, as written in the file; may be a template.
    pub summary: Option<String>,
    /// Whom to notify, and how often.
    pub routing: Routing,
    /// After this long without a sample the series is stale: its state is dropped, and its alert clears.
    pub stale_after: Duration,
    /// Its tests.
    pub tests: Vec<RuleTest>,
    /// Whether it is a default rule, which no file has.
    pub is_default: bool,
}

impl Rule {
    /// Reads a section `[[rule]]`.
    pub(crate) fn read(section: &mut Section<'_>, default: &Routing, receivers: &[String]) -> Self {
        let name = section.required_text("name", MAX_RULE_NAME_BYTES);
        if let Some(found) = name.chars().find(|&c| !c.is_alphanumeric() && !"_.:-".contains(c)) {
            section
                .refuse("name", format!("may have only letters, digits and any of _.:- but has {found:?}"));
        }
        let mut condition = Condition::read(section);
        let matchers = match &condition {
            Condition::DeadLetters(_) => {
                if section.has("match") {
                    section.refuse("match", "is only for rules over series, not for dead_letters");
                }
                Matchers::default()
            }
            Condition::Events(_) => {
                if section.has("match") {
                    section.refuse(
                        "match",
                        "is only for rules over series: `query` says which events are counted",
                    );
                }
                Events::matchers(&name)
            }
            _ => matchers::read(section, "match"),
        };
        if let Condition::Ratio(ratio) = &mut condition
            && let Err(reason) = ratio.complete(&matchers)
        {
            section.refuse("match", reason);
        }
        let tests = section.sections("test", MAX_TESTS, |test| RuleTest::read(test, &name, &condition));
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
            is_default: false,
        }
    }

    /// Reads a section `[[heartbeat]]`: a rule for the reports of one job.
    pub(crate) fn read_heartbeat(section: &mut Section<'_>, default: &Routing, receivers: &[String]) -> Self {
        let job = section.required_text("name", MAX_JOB_NAME_BYTES);
        let found = job.chars().find(|&c| !c.is_ascii_alphanumeric() && !"_.-".contains(c));
        if let Some(found) = found {
            let reason = "is part of a URL and may have only letters, digits and any of _.- but has";
            section.refuse("name", format!("{reason} {found:?}"));
        }
        // What was refused must not be used for a series.
        let is_usable = !job.is_empty() && found.is_none();
        let heartbeat = Heartbeat::read(section, if is_usable { job } else { "unnamed".to_owned() });
        // Neither is used: heartbeats do not become stale, and a missing one is reported at once.
        let (hold, stale_after) = (Duration::ZERO, DAY);
        Self {
            name: format!("{HEARTBEAT_RULE}{}", heartbeat.job),
            severity: section.parsed("severity").unwrap_or_default(),
            matchers: heartbeat.matchers(),
            hold,
            stale_after,
            condition: Condition::Heartbeat(heartbeat),
            summary: section.optional_text("summary", MAX_SUMMARY_BYTES),
            routing: Routing::read(section, default, receivers),
            tests: Vec::new(),
            is_default: false,
        }
    }

    /// Whether it is evaluated over samples, not dead letters.
    pub fn is_about_samples(&self) -> bool {
        !matches!(self.condition, Condition::DeadLetters(_))
    }

    /// Whether it selects `series`.
    pub fn matches(&self, series: &Series) -> bool {
        self.is_about_samples() && self.matchers.hold(|field| series.field(field))
    }

    /// Whether a pending rule may fire without another sample: not after the first one, which alone must not fire a rule
    /// with `for`, however long the next one takes.
    pub(crate) fn is_confirmed(&self, phase: Phase, latest: Seen) -> bool {
        match phase {
            Phase::Pending { since } => !self.condition.is_decided_by_samples() || since < latest.at,
            Phase::Resting | Phase::Firing { .. } => true,
        }
    }

    /// When it fires, in plain words: `below 50, for 2m`.
    pub fn when(&self) -> String {
        if self.hold.is_zero() {
            return self.condition.to_string();
        }
        format!("{}, for {}", self.condition, show_duration(self.hold))
    }

    /// The reason of an alert: [`Self::why`], or what the newest sample says about its value and that in parentheses:
    /// `answered 500, expected 2xx (availability is 0 %, below 50 % for 2 min)`. A note says nothing about samples
    /// that are missing.
    pub(crate) fn reason(
        &self,
        past: &Past,
        holds: bool,
        fires: bool,
        latest: Seen,
        note: Option<&Note>,
        series: &Series,
    ) -> String {
        if let Condition::Heartbeat(heartbeat) = &self.condition {
            return heartbeat.reason(past, holds, latest, note);
        }
        let why = self.why(past, holds, fires, latest, series.unit());
        match note {
            Some(note) if !(holds && matches!(self.condition, Condition::Absence(_))) => {
                format!("{note} ({} {why})", quantity(series))
            }
            _ => why,
        }
    }

    /// Why it fires or not, in plain words: `is 0 %, below 50 % for 2 min`.
    pub(crate) fn why(&self, past: &Past, holds: bool, fires: bool, latest: Seen, unit: &str) -> String {
        let why = self.condition.why(past, holds, fires, latest, unit);
        if !holds || self.hold.is_zero() {
            return why;
        }
        let has_limit =
            matches!(self.condition, Condition::Threshold(_) | Condition::Rate(_) | Condition::Ratio(_));
        let comma = if has_limit { "" } else { "," };
        format!("{why}{comma} for {}", time(self.hold))
    }
}

/// A name without the unit at its end, which the value has: `availability` for `availability_percent`.
fn quantity(series: &Series) -> &str {
    let name = series.name();
    let quantity = name.strip_suffix(series.unit()).and_then(|name| name.strip_suffix('_'));
    quantity.filter(|quantity| !quantity.is_empty()).unwrap_or(name)
}

/// The state of a series must not be dropped while the condition still needs it.
fn read_stale_after(section: &mut Section<'_>, condition: &Condition) -> Duration {
    let looks_at = condition.span();
    let stale_after = section.duration("stale_after", STALE_AFTER, DAY.max(2 * looks_at));
    if stale_after <= looks_at {
        let looks_at = show_duration(looks_at);
        section
            .refuse("stale_after", format!("must be longer than the {looks_at} that the condition covers"));
    }
    stale_after
}
