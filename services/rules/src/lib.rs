//! Alerting rules.
//!
//! A [`RuleSet`] is read from the configuration. An [`Evaluator`] evaluates it over samples and reports which rules
//! fire for which series ([`Findings`]); [`explain()`] says why one fires or does not, and [`run_tests`] runs the
//! tests that are written beside the rules. No I/O, no clock.

mod condition;
mod defaults;
mod evaluator;
mod explain;
mod inhibition;
mod inhibitors;
mod matchers;
mod memory;
mod muting;
mod pending;
mod phase;
mod routing;
mod rule;
mod rule_set;
mod rule_test;
mod standing;
mod unmatched;
mod words;

pub use condition::{
    Absence, Against, Anomaly, Change, Condition, DeadLetters, Direction, Events, FAILED, Forecast,
    HEARTBEAT_SOURCE, Heartbeat, LISTENING, Rate, Ratio, STARTED, STATE, SUCCEEDED, Threshold, listened_to,
    listening_series, series_of_letters, state_series,
};
pub use defaults::{DEFAULT_RULES, default_rules};
pub use evaluator::{Evaluator, Findings, MAX_WATCHED};
pub use explain::{Explanation, explain};
pub use inhibition::{Inhibition, MAX_INHIBITIONS};
pub use muting::Muting;
pub use pending::pending_rules;
pub use routing::{Escalation, MAX_GROUP_FIELDS, Routing};
pub use rule::{HEARTBEAT_RULE, MAX_JOB_NAME_BYTES, MAX_RULE_NAME_BYTES, MAX_SUMMARY_BYTES, Rule};
pub use rule_set::{MAX_HEARTBEATS, MAX_RULES, RuleSet};
pub use rule_test::{
    Expectation, Expected, MAX_EXPECTATIONS, MAX_TEST_SAMPLES, MAX_TESTS, RuleTest, TestOutcome, run_tests,
};
pub use unmatched::{MAX_LABEL_NAMES, Matching, Unmatched, misspelt};
pub use words::unit_symbol;
