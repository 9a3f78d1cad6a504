//! What an evaluator remembers, moved in the middle of things.

use crate::contents::Contents;
use crate::filled::{at, metrics, series};
use crate::installation::{Installation, moved};
use std::sync::Arc;
use watchkeeper_config::Document;
use watchkeeper_domain::Sample;
use watchkeeper_ports::{Evaluation, Page, Topic};
use watchkeeper_rules::{Evaluator, Findings, Routing, RuleSet};

const RULES: &str = r#"
    [[rule]]
    name = "busy"
    match = ['source="test"']
    for = "1m"
    threshold = { above = 50 }
"#;

fn evaluator() -> Evaluator {
    let document = Document::parse("rules.toml", RULES).unwrap();
    let rules = document.read(|root| RuleSet::read(root, &Routing::default(), &[])).unwrap();
    Evaluator::new(Arc::new(rules))
}

fn observe(evaluator: &mut Evaluator, host: &str, seconds: i64, value: f64) {
    let sample = Sample::new(series(host), at(seconds), value);
    evaluator.observe(&metrics(), &sample);
}

/// Stores what an evaluator found, as the notifier does.
async fn store(installation: &Installation, evaluator: &mut Evaluator) {
    let Findings { memories, alerts, past } = evaluator.drain();
    let found = Evaluation { memories, alerts, past, ..Evaluation::default() };
    installation.stores.alerts.store(Arc::new(found)).await.unwrap();
}

#[tokio::test]
async fn an_alert_that_fires_clears_there_and_a_rule_that_holds_goes_on_holding() {
    let (here, there) = (Installation::fresh(), Installation::fresh());
    // The topic is there, as it is once anything was published.
    here.bus.tail(&Topic::METRICS).await.unwrap();
    let mut before = evaluator();
    observe(&mut before, "a", 0, 99.0);
    observe(&mut before, "a", 61, 99.0);
    observe(&mut before, "b", 30, 99.0);
    store(&here, &mut before).await;
    moved(&here.to(&there)).await;

    let mut after = evaluator();
    for memory in there.stores.alerts.memories(&metrics(), &Page::first(10)).await.unwrap() {
        assert!(after.recall(&metrics(), &memory));
    }
    observe(&mut after, "a", 62, 1.0);
    observe(&mut after, "b", 91, 99.0);
    store(&there, &mut after).await;
    let alerts = Contents::of(&there).await.alerts;
    let states: Vec<_> = alerts
        .iter()
        .map(|alert| (alert.series.label("host").unwrap(), alert.fired_at, alert.cleared_at))
        .collect();
    assert_eq!(states[0], ("a", at(60), Some(at(62))));
    assert_eq!((states[1].0, states[1].1, states[1].2), ("b", at(90), None));
}
