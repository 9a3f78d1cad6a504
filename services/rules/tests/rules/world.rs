//! Rules, samples, and an evaluator that is asked after every step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::{ConfigErrors, Document};
use watchkeeper_domain::{Alert, Sample, Series, Timestamp};
use watchkeeper_ports::{Memory, Topic, TopicPartition};
use watchkeeper_rules::{Evaluator, Findings, Routing, RuleSet};

/// The receivers there are.
pub(crate) const RECEIVERS: [&str; 2] = ["ops", "chat"];

/// Reads rules.
pub(crate) fn read(text: &str) -> Result<RuleSet, ConfigErrors> {
    let receivers = RECEIVERS.map(str::to_owned);
    Document::parse("rules.toml", text)?.read(|root| RuleSet::read(root, &Routing::default(), &receivers))
}

/// Rules that are right.
pub(crate) fn rules(text: &str) -> Arc<RuleSet> {
    Arc::new(read(text).unwrap_or_else(|errors| panic!("{errors}")))
}

/// A second of the test's day.
pub(crate) fn at(second: u64) -> Timestamp {
    let midnight: Timestamp = "2026-11-20T00:00:00Z".parse().expect("a time");
    midnight.plus(Duration::from_secs(second))
}

/// A partition of topic `metrics`.
pub(crate) fn partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 3)
}

/// A value of the series with that key.
pub(crate) fn sample(key: &str, second: u64, value: f64) -> Sample {
    let series: Series = key.parse().expect("a key");
    Sample::new(Arc::new(series), at(second), value)
}

/// An evaluator and what was drained of it.
pub(crate) struct World {
    pub(crate) evaluator: Evaluator,
    /// What is stored of series of which something is.
    pub(crate) memories: Vec<Memory>,
}

impl World {
    pub(crate) fn new(rules: &Arc<RuleSet>) -> Self {
        Self { evaluator: Evaluator::new(Arc::clone(rules)), memories: Vec::new() }
    }

    /// Takes in a sample and gives what it changes.
    pub(crate) fn observe(&mut self, key: &str, second: u64, value: f64) -> Vec<Alert> {
        self.evaluator.observe(&partition(), &sample(key, second, value));
        self.drain()
    }

    /// Lets time pass and gives what that changes.
    pub(crate) fn tick(&mut self, second: u64) -> Vec<Alert> {
        self.evaluator.tick(at(second));
        self.drain()
    }

    pub(crate) fn drain(&mut self) -> Vec<Alert> {
        let has_news = self.evaluator.has_news();
        let findings = self.evaluator.drain();
        assert_eq!(has_news, !findings.alerts.is_empty());
        self.store(findings)
    }

    /// Goes on with other rules, and gives what was new before.
    pub(crate) fn reload(&mut self, rules: &Arc<RuleSet>) -> Vec<Alert> {
        let findings = self.evaluator.reload(Arc::clone(rules));
        self.store(findings)
    }

    fn store(&mut self, findings: Findings) -> Vec<Alert> {
        for (_, memory) in findings.memories {
            self.memories.retain(|stored| stored.series_key != memory.series_key);
            if !memory.state.is_empty() {
                self.memories.push(memory);
            }
        }
        findings.alerts
    }

    /// What is stored, by the series' key.
    pub(crate) fn stored(&self) -> BTreeMap<&str, &Memory> {
        self.memories.iter().map(|memory| (memory.series_key.as_str(), memory)).collect()
    }

    /// Goes on with a new evaluator, which has what was drained.
    pub(crate) fn restart(&mut self, rules: &Arc<RuleSet>) {
        self.evaluator = Evaluator::new(Arc::clone(rules));
        for memory in &self.memories {
            self.evaluator.recall(&partition(), memory);
        }
    }
}

/// What happened, in one line.
pub(crate) fn told(alerts: &[Alert]) -> Vec<String> {
    let line = |alert: &Alert| {
        let is = if alert.is_firing() { "fires" } else { "clears" };
        format!("{} {is}: {}", alert.rule, alert.reason)
    };
    alerts.iter().map(line).collect()
}
