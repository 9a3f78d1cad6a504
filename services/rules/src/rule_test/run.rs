//! Runs tests on a simulated clock.

use super::diff::{self, Row};
use super::{Expected, RuleTest};
use crate::condition::Condition;
use crate::evaluator::Evaluator;
use crate::explain::mismatches;
use crate::phase::Phase;
use crate::rule::Rule;
use crate::rule_set::RuleSet;
use crate::standing::Standing;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_ports::{Topic, TopicPartition};

/// Most dead letters per step of a test.
const MAX_LETTERS: f64 = 1_000.0;

/// The result of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestOutcome {
    /// The rule's name.
    pub rule: String,
    /// The test's name.
    pub test: String,
    /// Expected and actual results, line by line; `None` if it passed.
    pub failure: Option<String>,
}

/// Runs every test of every rule on a simulated clock, with the production evaluator.
pub fn run_tests(rules: &RuleSet) -> Vec<TestOutcome> {
    let each = rules.rules().iter().flat_map(|rule| rule.tests.iter().map(move |test| run(rule, test)));
    each.collect()
}

fn run(rule: &Rule, test: &RuleTest) -> TestOutcome {
    let rows = Simulation::new(rule, test).play();
    let has_failed = rows.iter().any(Row::is_wrong);
    let failure = has_failed.then(|| {
        let notes = mismatches(rule, &test.series);
        diff::show(&test.series, &notes, &rows)
    });
    TestOutcome { rule: rule.name.clone(), test: test.name.clone(), failure }
}

/// The events of one instant.
#[derive(Clone, Debug, Default)]
struct Moment {
    value: Option<f64>,
    divisor: Option<f64>,
    expected: Vec<Expected>,
}

/// One rule with its own evaluator and clock.
struct Simulation<'a> {
    rule: &'a Rule,
    test: &'a RuleTest,
    partition: TopicPartition,
    evaluator: Evaluator,
    /// The state of the series.
    memory: Vec<u8>,
    latest: Option<Sample>,
    rows: Vec<Row>,
}

impl<'a> Simulation<'a> {
    fn new(rule: &'a Rule, test: &'a RuleTest) -> Self {
        let topic = match &rule.condition {
            Condition::DeadLetters(letters) => Topic::named(letters.topic.clone()).dead_letters(),
            _ => Topic::METRICS,
        };
        Self {
            rule,
            test,
            partition: TopicPartition::new(topic, 0),
            evaluator: Evaluator::new(Arc::new(RuleSet::of_rule(rule.clone()))),
            memory: Vec::new(),
            latest: None,
            rows: Vec::new(),
        }
    }

    fn play(mut self) -> Vec<Row> {
        let mut moments: BTreeMap<Duration, Moment> = BTreeMap::new();
        for &(at, value) in &self.test.samples {
            moments.entry(at).or_default().value = Some(value);
        }
        for &(at, value) in &self.test.divisors {
            moments.entry(at).or_default().divisor = Some(value);
        }
        for expectation in &self.test.expectations {
            moments.entry(expectation.at).or_default().expected.push(expectation.is);
        }
        for (at, moment) in moments {
            self.step(at, &moment);
        }
        self.rows
    }

    fn step(&mut self, at: Duration, moment: &Moment) {
        let now = self.test.start.plus(at);
        let is_divided = moment.divisor.is_some_and(|value| self.divide(value, now));
        if let Some(value) = moment.value {
            self.take_in(value, now);
        }
        if !is_divided && let Some(value) = moment.divisor {
            self.divide(value, now);
        }
        self.evaluator.tick(now);
        self.note_what_came_between(now);
        let standing = Standing::of(self.rule, Some(&self.memory), self.latest.as_ref());
        let (is, why) = standing.map_or((Expected::Clear, String::new()), |standing| {
            (name(standing.phase), standing.why(self.rule, self.test.series.unit()))
        });
        let row = Row { at, value: moment.value, is, why, expected: None };
        let expected =
            moment.expected.iter().map(|expected| Row { expected: Some(*expected), ..row.clone() });
        if moment.expected.is_empty() { self.rows.push(row) } else { self.rows.extend(expected) }
    }

    /// Returns whether the series is known.
    fn divide(&mut self, value: f64, now: Timestamp) -> bool {
        let Condition::Ratio(ratio) = &self.rule.condition else { return false };
        let Some(divisor) = ratio.divisor(&self.test.series) else { return false };
        let sample = Sample::new(Arc::new(divisor), now, value);
        self.evaluator.observe_divisor(&self.partition, &self.test.series, &sample)
    }

    fn take_in(&mut self, value: f64, now: Timestamp) {
        if matches!(self.rule.condition, Condition::DeadLetters(_)) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped")]
            for _ in 0..value.clamp(0.0, MAX_LETTERS) as usize {
                self.evaluator.observe_letter(&self.partition, now, "of the test");
            }
            return;
        }
        let sample = Sample::new(Arc::clone(&self.test.series), now, value);
        self.evaluator.observe(&self.partition, &sample);
        self.latest = Some(sample);
    }

    /// Drains the evaluator, and records an alert that fired or cleared before `now`, when nothing else happened.
    fn note_what_came_between(&mut self, now: Timestamp) {
        let findings = self.evaluator.drain();
        for (_, memory) in findings.memories {
            self.memory = memory.state.to_vec();
        }
        for alert in findings.alerts {
            let fired = (Some(alert.fired_at), Expected::Firing);
            for (turned_at, is) in [fired, (alert.cleared_at, Expected::Clear)] {
                let Some(turned_at) = turned_at.filter(|at| *at < now) else { continue };
                let at = turned_at.since(self.test.start);
                if self.rows.last().is_none_or(|row| row.at < at) {
                    let is_last = alert.is_firing() || is == Expected::Clear;
                    let why = if is_last { alert.reason.clone() } else { String::new() };
                    self.rows.push(Row { at, value: None, is, why, expected: None });
                }
            }
        }
    }
}

fn name(phase: Phase) -> Expected {
    match phase {
        Phase::Resting => Expected::Clear,
        Phase::Pending { .. } => Expected::Pending,
        Phase::Firing { .. } => Expected::Firing,
    }
}
