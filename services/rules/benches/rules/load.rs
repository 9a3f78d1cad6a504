//! A hundred rules, and samples of the series they are about.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Document;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_ports::{BatchBuilder, RecordBatch, Topic, TopicPartition};
use watchkeeper_rules::{Routing, RuleSet};
use watchkeeper_wire::sample::push_sample;

/// How many different names the series have; each host has all of them.
const NAMES: usize = 100;
/// Between two rounds.
pub(crate) const INTERVAL: Duration = Duration::from_secs(10);

/// The partition that all samples come from.
pub(crate) fn partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

/// The time of the samples of a round.
pub(crate) fn time(round: usize) -> Timestamp {
    let begin: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    begin.plus(INTERVAL * u32::try_from(round).unwrap_or(u32::MAX))
}

/// Reads rules.
pub(crate) fn read(text: &str) -> Arc<RuleSet> {
    let document = Document::parse("bench.toml", text).expect("TOML");
    let rules = document.read(|root| RuleSet::read(root, &Routing::default(), &[]));
    Arc::new(rules.unwrap_or_else(|errors| panic!("{errors}")))
}

/// Series and the rules about them.
pub(crate) struct Load {
    series: Vec<Arc<Series>>,
    rules: Arc<RuleSet>,
}

impl Load {
    pub(crate) fn new(series: usize) -> Self {
        Self { series: (0..series).map(series_of).collect(), rules: read(&hundred_rules()) }
    }

    pub(crate) fn series(&self) -> usize {
        self.series.len()
    }

    pub(crate) fn rules(&self) -> Arc<RuleSet> {
        Arc::clone(&self.rules)
    }

    /// How many bytes a key has, on average.
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    pub(crate) fn key_bytes(&self) -> f64 {
        self.series.iter().map(|series| series.key().len()).sum::<usize>() as f64 / self.series.len() as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    pub(crate) fn rules_per_series(&self) -> f64 {
        let about =
            |series: &Arc<Series>| self.rules.rules().iter().filter(|rule| rule.matches(series)).count();
        self.series.iter().map(about).sum::<usize>() as f64 / self.series.len() as f64
    }

    /// A sample of each series.
    pub(crate) fn samples(&self, round: usize) -> impl Iterator<Item = Sample> {
        let value = move |index| value(index, round);
        let samples = self.series.iter().enumerate();
        samples.map(move |(index, series)| Sample::new(Arc::clone(series), time(round), value(index)))
    }

    /// The same as the bus carries them.
    pub(crate) fn records(&self, round: usize) -> RecordBatch {
        let mut batch = BatchBuilder::default();
        self.samples(round).for_each(|sample| push_sample(&mut batch, &sample));
        batch.finish()
    }
}

fn series_of(index: usize) -> Arc<Series> {
    let (name, host) = (index % NAMES, index / NAMES);
    let labels = [("host", &*format!("web-{host:04}")), ("region", ["eu", "us", "ap"][host % 3])];
    Arc::new(Series::new("bench", &format!("metric_{name:02}"), "percent", &labels).expect("valid"))
}

/// From 0 to 100, up and down around 50; now and then one goes past 90.
fn value(index: usize, round: usize) -> f64 {
    let mixed = (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ (round as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
    let noise = u16::try_from((mixed ^ mixed >> 29) % 1000).unwrap_or_default();
    let calm = 45.0 + f64::from(noise) / 100.0;
    if noise == 0 { calm + 45.0 } else { calm }
}

/// 60 thresholds, 15 changes, 15 absences, 8 anomalies, 2 for dead letters. Ten thresholds are about many
/// series, the others about one name or a group of hosts.
fn hundred_rules() -> String {
    let mut text = String::new();
    let mut add = |name: String, matchers: String, condition: String| {
        let _ = writeln!(text, "[[rule]]\nname = \"{name}\"\nmatch = [{matchers}]\n{condition}");
    };
    let named = |name: usize| format!("'source=\"bench\"', 'name=\"metric_{name:02}\"'");
    for number in 0..50 {
        let hold = if number % 2 == 0 { "for = \"1m\"\n" } else { "" };
        let condition = format!("{hold}threshold = {{ above = 90, clear_at = 80 }}");
        add(format!("high_{number}"), named(number), condition);
    }
    for number in 0..10 {
        let matchers = format!("'name=~\"metric_[{number}-9].\"', 'host!~\"web-00..\"'");
        add(format!("low_{number}"), matchers, "threshold = { below = 5 }".to_owned());
    }
    for number in 0..15 {
        add(
            format!("jump_{number}"),
            named(20 + number),
            "change = { changes_by = 40, within = \"10m\" }".to_owned(),
        );
    }
    for number in 0..14 {
        add(format!("silent_{number}"), named(number), "absence = { after = \"5m\" }".to_owned());
    }
    add(
        "silent_hosts".to_owned(),
        "'host=~\"web-00..\"'".to_owned(),
        "absence = { after = \"10m\" }".to_owned(),
    );
    for number in 0..8 {
        let against = if number < 2 { "both" } else { "recent" };
        add(format!("odd_{number}"), named(40 + number), format!("anomaly = {{ against = \"{against}\" }}"));
    }
    text.push_str("[[rule]]\nname = \"rejected\"\ndead_letters = {}\n");
    text.push_str("[[rule]]\nname = \"rejected_events\"\ndead_letters = { topic = \"events\" }\n");
    text
}
