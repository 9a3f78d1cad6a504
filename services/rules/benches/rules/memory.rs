//! How much memory a series takes.
//!
//! Counted is what the evaluator holds: the bytes it has asked the allocator for and not given back, map and
//! rule lists and keys included, but not the rules, and not the series of the samples, which the decoder
//! holds. The allocator adds some bytes to each allocation, so their number is told too.

use crate::load::{self, Load};
use std::sync::Arc;
use watchkeeper_rules::{Evaluator, RuleSet};

/// Rounds before it is counted: enough for windows and statistics to be as full as they get.
const ROUNDS: usize = 80;
/// By how many fewer series a kind is measured, to save time: the map is as full as with all of them.
const FEWER: usize = 4;

/// What each series takes under one rule about all of them.
const KINDS: [(&str, &str); 7] = [
    ("no rule about it", "match = ['source=\"other\"']\nabsence = {}"),
    ("a threshold, at rest", "match = []\nthreshold = { above = 1000 }"),
    ("a threshold that fires", "match = []\nthreshold = { above = 0 }"),
    ("an absence", "match = []\nabsence = {}"),
    ("a change either way", "match = []\nchange = { changes_by = 1000, within = \"10m\" }"),
    ("an anomaly", "match = []\nanomaly = { deviations = 1000 }"),
    ("an anomaly by the hour", "match = []\nanomaly = { deviations = 1000, against = \"both\" }"),
];

pub(crate) fn report(load: &Load) {
    println!("memory per series, with keys of {:.0} bytes:", load.key_bytes());
    line("the hundred rules", load, &load.rules());
    let load = Load::new(load.series() / FEWER);
    for (kind, rule) in KINDS {
        line(kind, &load, &load::read(&format!("[[rule]]\nname = \"r\"\n{rule}")));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn line(what: &str, load: &Load, rules: &Arc<RuleSet>) {
    let mut evaluator = Evaluator::new(Arc::clone(rules));
    let asked = allocation_counter::measure(|| fill(&mut evaluator, load));
    let series = load.series() as f64;
    let (bytes, count) = (asked.bytes_current as f64 / series, asked.count_current as f64 / series);
    println!("  {what:<24} {bytes:>4.0} bytes in {count:.1} allocations");
}

fn fill(evaluator: &mut Evaluator, load: &Load) {
    let partition = load::partition();
    for round in 0..ROUNDS {
        for sample in load.samples(round) {
            evaluator.observe(&partition, &sample);
        }
        evaluator.tick(load::time(round));
        drop(evaluator.drain());
    }
}
