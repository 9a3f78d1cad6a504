//! Scenes with acknowledgements and escalations.

use super::world::{BUSY, Heard, World, planner};
use std::time::Duration;

const HOUR: u64 = 3_600;
const MINUTE: u64 = 60;
/// The rule of [`BUSY`], of which `boss` is notified after half an hour.
const ESCALATED: &str = r#"
[[rule]]
name = "busy"
match = ['name="load"']
threshold = { above = 8 }
escalate = { to = "boss", after = "30m" }
"#;

fn shown(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(|heard| format!("{} {}", heard.to, heard.shown())).collect()
}

fn escalated() -> World {
    let mut world = World::new(BUSY);
    world.planner = planner(ESCALATED, &[("ops", &["ops"]), ("boss", &["boss"])]);
    world
}

/// An hour after `a` began to fire.
fn escalated_for_an_hour() -> World {
    let mut world = escalated();
    world.fire("busy", "a");
    assert_eq!(shown(&world.pass(HOUR)), ["ops first: a fires", "boss first: a fires"]);
    world
}

#[test]
fn what_is_acknowledged_is_not_repeated_and_its_recovery_is_told() {
    let mut world = World::new(BUSY);
    world.fire("busy", "a");
    assert_eq!(shown(&world.pass(31)), ["ops first: a fires"]);
    world.acknowledge("a", None);
    assert!(world.pass(24 * HOUR).is_empty());
    world.clear("busy", "a");
    assert_eq!(shown(&world.pass(5 * MINUTE)), ["ops recovered: a cleared"]);
}

#[test]
fn an_acknowledgement_that_has_ended_lets_repetitions_go_on() {
    let mut world = World::new(BUSY);
    world.fire("busy", "a");
    world.pass(31);
    world.acknowledge("a", Some(Duration::from_secs(6 * HOUR)));
    assert!(world.pass(6 * HOUR - 1).is_empty());
    assert_eq!(shown(&world.pass(1)), ["ops repeated: a still_fires"]);
}

#[test]
fn another_alert_of_the_group_is_told_and_repeated() {
    let mut world = World::new(BUSY);
    world.fire("busy", "a");
    world.pass(31);
    world.acknowledge("a", None);
    world.fire("busy", "b");
    assert_eq!(shown(&world.pass(5 * MINUTE)), ["ops changed: b fires, a still_fires"]);
    assert_eq!(shown(&world.pass(4 * HOUR)), ["ops repeated: a still_fires, b still_fires"]);
}

#[test]
fn what_nobody_acknowledges_is_escalated_once_and_its_recovery_is_told_there_too() {
    let mut world = escalated();
    world.fire("busy", "a");
    assert_eq!(shown(&world.pass(30 * MINUTE)), ["ops first: a fires"]);
    let heard = world.pass(1);
    assert_eq!(shown(&heard), ["boss first: a fires"]);
    assert_eq!(heard[0].escalated_after, Some(Duration::from_secs(30 * MINUTE)));
    let heard = world.pass(24 * HOUR);
    assert!(heard.iter().all(|heard| heard.to == "ops"), "{:?}", shown(&heard));
    world.clear("busy", "a");
    assert_eq!(shown(&world.pass(5 * MINUTE)), ["boss recovered: a cleared", "ops recovered: a cleared"]);
    assert!(world.groups.is_empty());
}

#[test]
fn what_is_acknowledged_in_time_is_not_escalated() {
    let mut world = escalated();
    world.fire("busy", "a");
    world.pass(29 * MINUTE);
    world.acknowledge("a", None);
    assert!(world.pass(24 * HOUR).is_empty());
    world.clear("busy", "a");
    assert_eq!(shown(&world.pass(5 * MINUTE)), ["ops recovered: a cleared"]);
}

#[test]
fn what_is_acknowledged_after_it_was_escalated_still_tells_its_recovery_there() {
    let mut world = escalated_for_an_hour();
    world.acknowledge("a", None);
    assert!(world.pass(24 * HOUR).is_empty());
    world.clear("busy", "a");
    assert_eq!(shown(&world.pass(5 * MINUTE)), ["boss recovered: a cleared", "ops recovered: a cleared"]);
}

#[test]
fn what_clears_in_time_is_not_escalated_and_firing_again_begins_anew() {
    let mut world = escalated();
    world.fire("busy", "a");
    world.pass(29 * MINUTE);
    world.clear("busy", "a");
    world.pass(5 * MINUTE);
    world.fire("busy", "a");
    let heard = world.pass(30 * MINUTE);
    assert!(heard.iter().all(|heard| heard.to == "ops"), "{:?}", shown(&heard));
    assert_eq!(shown(&world.pass(1)), ["boss first: a fires"]);
}

#[test]
fn each_alert_of_a_group_is_escalated_in_its_own_time() {
    let mut world = escalated_for_an_hour();
    world.fire("busy", "b");
    let heard = world.pass(30 * MINUTE);
    assert_eq!(shown(&heard), ["ops changed: b fires, a still_fires"]);
    assert_eq!(shown(&world.pass(1)), ["boss changed: b fires, a still_fires"]);
}

#[test]
fn a_notice_that_an_escalated_alert_has_cleared_does_not_escalate_the_others_again() {
    let mut world = escalated_for_an_hour();
    world.fire("busy", "b");
    world.pass(HOUR);
    world.clear("busy", "a");
    let heard = world.pass(5 * MINUTE);
    assert_eq!(
        shown(&heard),
        ["boss changed: a cleared, b still_fires", "ops changed: a cleared, b still_fires"]
    );
    assert!(heard.iter().all(|heard| heard.escalated_after.is_none()));
}

#[test]
fn what_is_silenced_is_not_escalated_until_it_has_been_known_for_as_long() {
    let mut world = escalated();
    world.silence("host=a", Duration::from_secs(2 * HOUR));
    world.fire("busy", "a");
    assert!(world.pass(2 * HOUR - 1).is_empty());
    assert_eq!(shown(&world.pass(30 * MINUTE)), ["ops first: a fires"]);
    assert_eq!(shown(&world.pass(1)), ["boss first: a fires"]);
}

#[test]
fn a_rule_without_receivers_goes_to_all_but_the_one_it_is_escalated_to() {
    let mut world = escalated();
    world.planner = planner(ESCALATED, &[("ops", &["ops", "boss"]), ("boss", &["boss", "night"])]);
    world.fire("busy", "a");
    let heard = shown(&world.pass(HOUR));
    assert_eq!(heard, ["boss first: a fires", "ops first: a fires", "night first: a fires"]);
}
