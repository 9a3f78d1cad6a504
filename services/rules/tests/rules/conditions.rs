//! Each kind of rule, from samples to alerts.

use crate::world::{World, at, rules, told};
use watchkeeper_domain::Severity;
use watchkeeper_ports::{Topic, TopicPartition};

const SITE: &str = r#"uptime/availability{target="shop"} percent"#;

#[test]
fn a_threshold_fires_after_its_time_and_clears_past_its_hysteresis() {
    let rules = rules(
        r#"
        [[rule]]
        name = "site_down"
        severity = "critical"
        match = ['source="uptime"']
        for = "2m"
        threshold = { below = 50, clear_at = 90 }
        "#,
    );
    let mut world = World::new(&rules);
    assert!(world.observe(SITE, 0, 100.0).is_empty());
    assert!(world.observe(SITE, 60, 0.0).is_empty());
    assert!(world.observe(SITE, 120, 0.0).is_empty());
    assert!(world.tick(179).is_empty());
    let fired = world.tick(180);
    assert_eq!(told(&fired), ["site_down fires: is 0 %, below 50 % for 2 min"]);
    assert_eq!(
        (fired[0].severity, fired[0].fired_at, fired[0].value),
        (Severity::Critical, at(180), Some(0.0))
    );
    assert_eq!(fired[0].series.key(), SITE);
    assert!(world.observe(SITE, 240, 89.0).is_empty());
    let cleared = world.observe(SITE, 300, 95.0);
    assert_eq!(told(&cleared), ["site_down clears: is 95 %, not below 90 %"]);
    assert_eq!((cleared[0].fired_at, cleared[0].cleared_at), (at(180), Some(at(300))));
    assert_eq!(world.evaluator.watched(), 0);
}

#[test]
fn a_threshold_that_held_for_its_time_fires_though_the_samples_came_at_once() {
    let rules = rules(
        r#"
        [[rule]]
        name = "site_down"
        match = ['source="uptime"']
        for = "2m"
        threshold = { below = 50 }
        "#,
    );
    let mut world = World::new(&rules);
    world.observe(SITE, 0, 0.0);
    world.observe(SITE, 60, 0.0);
    let cleared = world.observe(SITE, 500, 100.0);
    assert_eq!((cleared[0].fired_at, cleared[0].cleared_at), (at(120), Some(at(500))));
}

#[test]
fn one_sample_alone_does_not_fire_a_rule_with_a_time_however_long_the_next_one_takes() {
    let rules = rules(
        r#"
        [[rule]]
        name = "site_down"
        match = ['source="uptime"']
        for = "2m"
        threshold = { below = 50 }
        "#,
    );
    let mut world = World::new(&rules);
    world.observe(SITE, 0, 0.0);
    assert!(world.tick(299).is_empty());
    assert!(world.observe(SITE, 300, 100.0).is_empty(), "one lost probe");
    world.observe(SITE, 600, 0.0);
    let fired = world.observe(SITE, 900, 0.0);
    assert_eq!((fired.len(), fired[0].fired_at), (1, at(720)), "the second one confirms it");
}

#[test]
fn a_change_fires_while_the_window_has_it() {
    let rules = rules(
        r#"
        [[rule]]
        name = "stars"
        match = ['name="stargazers_count"']
        change = { rises_by = 10, within = "1h" }
        "#,
    );
    let mut world = World::new(&rules);
    let key = "github/stargazers_count stars";
    assert!(world.observe(key, 0, 100.0).is_empty());
    let fired = world.observe(key, 3600, 112.0);
    assert_eq!(told(&fired), ["stars fires: rose by 12 stars within 1 h, from 100 to 112"]);
    assert!(world.tick(7000).is_empty());
    let cleared = world.observe(key, 3601, 112.0);
    assert_eq!(told(&cleared), ["stars clears: has not changed within 1 h, from 112 to 112, not by 10"]);
}

#[test]
fn an_absence_fires_with_time_alone_and_clears_with_a_sample() {
    let rules = rules(
        r#"
        [[rule]]
        name = "silent"
        match = ['source="uptime"']
        absence = { after = "10m" }
        "#,
    );
    let mut world = World::new(&rules);
    world.observe(SITE, 0, 3.0);
    assert!(world.tick(599).is_empty());
    let fired = world.tick(700);
    let reason = "no sample for 10 min, the last was 3 % at 2026-11-20T00:00:00Z";
    assert_eq!(told(&fired), [format!("silent fires: {reason}")]);
    assert_eq!((fired[0].fired_at, fired[0].value), (at(600), None));
    assert!(world.tick(10_000).is_empty());
    let cleared = world.observe(SITE, 10_060, 4.0);
    assert_eq!(told(&cleared), ["silent clears: is 4 %, there was a sample at 2026-11-20T02:47:40Z"]);
}

#[test]
fn a_sample_that_was_on_its_way_ends_an_absence() {
    let rules = rules("[[rule]]\nname = \"silent\"\nmatch = ['source=\"uptime\"']\nabsence = {}");
    let mut world = World::new(&rules);
    world.observe(SITE, 0, 3.0);
    assert_eq!(world.tick(601).len(), 1);
    let cleared = world.observe(SITE, 590, 3.0);
    assert_eq!((cleared[0].fired_at, cleared[0].cleared_at), (at(600), Some(at(600))));
}

#[test]
fn an_anomaly_is_told_with_its_distance() {
    let rules = rules(
        r#"
        [[rule]]
        name = "odd"
        match = ['name="temperature"']
        anomaly = { deviations = 5, min_samples = 20 }
        "#,
    );
    let mut world = World::new(&rules);
    for minute in 0..60_u32 {
        let value = if minute % 2 == 0 { 59.0 } else { 61.0 };
        assert!(world.observe("host/temperature °C", (minute * 60).into(), value).is_empty());
    }
    let fired = world.observe("host/temperature °C", 3600, 93.0);
    assert_eq!(told(&fired), ["odd fires: is 93 °C, 33 standard deviations above its mean of 60"]);
}

#[test]
fn dead_letters_are_counted_by_partition_and_clear_after_a_time_without() {
    let rules = rules(
        r#"
        [[rule]]
        name = "rejected"
        dead_letters = { topic = "metrics", clear_after = "1h" }
        [[rule]]
        name = "other"
        dead_letters = { topic = "events" }
        "#,
    );
    let mut world = World::new(&rules);
    let letters = TopicPartition::new(Topic::METRICS.dead_letters(), 1);
    world.evaluator.observe_letter(&letters, at(10), "value: must be a number");
    let fired = world.drain();
    assert_eq!(
        told(&fired),
        ["rejected fires: a record of topic metrics was rejected: value: must be a number"]
    );
    assert_eq!(fired[0].series.key(), r#"watchkeeper/dead_letters{partition="1",topic="metrics"} records"#);
    world.evaluator.observe_letter(&letters, at(1800), "value: is missing");
    assert!(world.tick(3700).is_empty());
    let cleared = world.tick(5400);
    assert_eq!(told(&cleared), ["rejected clears: no record of topic metrics was rejected for 1 h"]);
    assert_eq!((cleared[0].cleared_at, cleared[0].value), (Some(at(5400)), Some(2.0)));
    world.evaluator.observe_letter(&TopicPartition::new(Topic::METRICS, 0), at(10_000), "is no letter");
    assert!(world.drain().is_empty());
}

#[test]
fn an_alert_about_a_series_that_is_gone_clears_and_the_series_is_forgotten() {
    let rules = rules(
        r#"
        [[rule]]
        name = "silent"
        match = ['source="uptime"']
        absence = {}
        stale_after = "2d"
        [[rule]]
        name = "site_down"
        match = ['source="uptime"']
        threshold = { below = 50 }
        "#,
    );
    let mut world = World::new(&rules);
    assert_eq!(told(&world.observe(SITE, 0, 0.0)), ["site_down fires: is 0 %, below 50 %"]);
    assert_eq!(world.tick(600).len(), 1);
    let day = 24 * 3600;
    assert_eq!(told(&world.tick(day)), ["site_down clears: no sample for 1 day: the series is stale"]);
    assert_eq!(told(&world.tick(2 * day)), ["silent clears: no sample for 2 days: the series is stale"]);
    assert!(world.tick(30 * day).is_empty());
    assert_eq!((world.evaluator.watched(), world.memories.len()), (0, 0));
    assert_eq!(told(&world.observe(SITE, 31 * day, 0.0)), ["site_down fires: is 0 %, below 50 %"]);
}

#[test]
fn a_series_that_no_rule_is_about_is_not_watched() {
    let rules = rules("[[rule]]\nname = \"silent\"\nmatch = ['source=\"uptime\"']\nabsence = {}");
    let mut world = World::new(&rules);
    world.observe("host/load", 0, 1.0);
    world.observe(r#"watchkeeper/dead_letters{partition="0",topic="metrics"} records"#, 0, 1.0);
    assert!(world.tick(1_000_000).is_empty());
    assert_eq!((world.evaluator.watched(), world.memories.len()), (0, 0));
}

#[test]
fn what_was_not_drained_of_a_partition_that_was_taken_away_is_not_told() {
    let rules = rules("[[rule]]\nname = \"low\"\nmatch = ['source=\"uptime\"']\nthreshold = { below = 50 }");
    let mut world = World::new(&rules);
    let sample = crate::world::sample(SITE, 0, 0.0);
    world.evaluator.observe(&crate::world::partition(), &sample);
    world.evaluator.forget(&crate::world::partition());
    assert!(world.drain().is_empty());
    assert_eq!(world.evaluator.watched(), 0);
}
