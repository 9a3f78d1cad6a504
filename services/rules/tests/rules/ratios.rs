//! Ratios, from the samples of both series to alerts.

use crate::world::{World, at, partition, rules, sample, told};
use std::sync::Arc;
use watchkeeper_rules::RuleSet;

const FREE: &str = r#"host/disk_available{mount="/"} bytes"#;
const TOTAL: &str = r#"host/disk_total{mount="/"} bytes"#;

fn low() -> Arc<RuleSet> {
    rules(
        r#"
        [[rule]]
        name = "low"
        match = ['source="host"', 'name="disk_available"']
        ratio = { to = "disk_total", percent = true, below = 10, clear_at = 20, max_age = "1m" }
        "#,
    )
}

/// Gives a sample of the divisor to the series that it divides; returns whether they are known.
fn divide(world: &mut World, second: u64, value: f64) -> bool {
    let (rules, total) = (Arc::clone(world.evaluator.rules()), sample(TOTAL, second, value));
    let mut dividends = rules.dividends_of(&total.series);
    let dividend = dividends.next().expect("the rule divides by it");
    world.evaluator.observe_divisor(&partition(), &dividend, &total)
}

#[test]
fn a_ratio_fires_and_clears_with_its_hysteresis() {
    let mut world = World::new(&low());
    assert!(!divide(&mut world, 0, 100.0), "the series is not known yet");
    assert!(world.observe(FREE, 0, 5.0).is_empty(), "there is no divisor yet");
    assert!(divide(&mut world, 0, 100.0));
    assert_eq!(told(&world.observe(FREE, 10, 5.0)), ["low fires: is 5 % of disk_total, below 10 %"]);
    assert!(world.observe(FREE, 20, 15.0).is_empty());
    let cleared = world.observe(FREE, 30, 30.0);
    assert_eq!(told(&cleared), ["low clears: is 30 % of disk_total, not below 20 %"]);
}

#[test]
fn a_firing_alert_goes_on_without_a_divisor_and_clears_when_the_divisor_is_stale() {
    let mut world = World::new(&low());
    world.observe(FREE, 0, 5.0);
    divide(&mut world, 0, 100.0);
    assert_eq!(world.observe(FREE, 10, 5.0).len(), 1);
    let day = 24 * 60 * 60;
    for hour in 1..=24 {
        assert!(world.observe(FREE, hour * 60 * 60, 50.0).is_empty(), "{hour}");
    }
    let why = "low clears: is 50 bytes, no verdict: there is no disk_total within 1 min";
    assert_eq!(told(&world.observe(FREE, day + 100, 50.0)), [why]);
    divide(&mut world, day + 110, 0.0);
    assert!(world.observe(FREE, day + 110, 5.0).is_empty(), "0 gives no verdict");
}

#[test]
fn a_restart_keeps_the_divisor() {
    let rules = low();
    let mut world = World::new(&rules);
    world.observe(FREE, 0, 50.0);
    divide(&mut world, 0, 100.0);
    world.drain();
    world.restart(&rules);
    assert_eq!(world.observe(FREE, 10, 5.0).len(), 1);
}

#[test]
fn a_series_without_a_divisor_is_waited_for_until_it_is_stale() {
    let mut world = World::new(&low());
    world.observe(FREE, 0, 50.0);
    assert_eq!((world.memories.len(), world.evaluator.watched()), (1, 1));
    world.evaluator.tick(at(2 * 24 * 60 * 60));
    world.drain();
    assert_eq!((world.memories.len(), world.evaluator.watched()), (0, 0));
}

#[test]
fn an_older_divisor_does_not_replace_a_newer_one() {
    let mut world = World::new(&low());
    world.observe(FREE, 0, 50.0);
    divide(&mut world, 10, 100.0);
    divide(&mut world, 5, 1000.0);
    assert!(world.observe(FREE, 20, 50.0).is_empty());
}
