//! One scene for each thing that is promised.

use super::world::{BUSY, Heard, World, planner};
use crate::plan::KEPT_AFTER_CLEARING;
use crate::plan::state::State;
use bytes::Bytes;
use std::time::Duration;
use watchkeeper_ports::AlertGroup;

const HOUR: u64 = 3_600;
const MINUTE: u64 = 60;

fn shown(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(Heard::shown).collect()
}

/// A world in which `busy` was just told of host `a`.
fn told_of_a(rules: &str) -> World {
    let mut world = World::new(rules);
    world.fire("busy", "a");
    assert_eq!(shown(&world.pass(31)), ["first: a fires"]);
    world
}

#[test]
fn the_first_alert_waits_for_others_and_they_are_told_together() {
    let mut world = World::new(BUSY);
    world.fire("busy", "a");
    assert!(world.pass(20).is_empty());
    world.fire("busy", "b");
    assert!(world.pass(10).is_empty());
    assert_eq!(shown(&world.pass(1)), ["first: a fires, b fires"]);
    assert!(world.pass(10 * MINUTE).is_empty());
}

#[test]
fn what_clears_while_it_waits_is_never_told() {
    let mut world = World::new(BUSY);
    world.fire("busy", "a");
    world.pass(20);
    world.clear("busy", "a");
    assert!(world.pass(HOUR).is_empty());
    assert!(world.groups.is_empty() && world.alerts.is_empty());
}

#[test]
fn a_change_waits_for_the_interval_and_then_the_truth_is_told() {
    let mut world = told_of_a(BUSY);
    world.fire("busy", "b");
    world.fire("busy", "c");
    assert!(world.pass(MINUTE).is_empty());
    world.clear("busy", "c");
    assert!(world.pass(4 * MINUTE - 1).is_empty());
    assert_eq!(shown(&world.pass(1)), ["changed: b fires, a still_fires"]);
}

#[test]
fn a_change_long_after_the_last_notice_still_waits_for_others() {
    let mut world = told_of_a(BUSY);
    world.pass(HOUR);
    world.fire("busy", "b");
    assert!(world.pass(30).is_empty());
    assert_eq!(shown(&world.pass(1)), ["changed: b fires, a still_fires"]);
}

#[test]
fn what_clears_while_others_fire_is_listed_as_cleared() {
    let mut world = World::new(BUSY);
    world.fire("busy", "a");
    world.fire("busy", "b");
    world.pass(31);
    world.clear("busy", "b");
    assert_eq!(shown(&world.pass(5 * MINUTE)), ["changed: b cleared, a still_fires"]);
    world.clear("busy", "a");
    assert_eq!(shown(&world.pass(5 * MINUTE)), ["recovered: a cleared"]);
}

#[test]
fn what_still_fires_is_repeated_after_the_repeat_interval() {
    let mut world = told_of_a(BUSY);
    assert!(world.pass(4 * HOUR - 1).is_empty());
    assert_eq!(shown(&world.pass(1)), ["repeated: a still_fires"]);
    assert_eq!(shown(&world.pass(4 * HOUR)), ["repeated: a still_fires"]);
}

#[test]
fn a_change_that_is_undone_while_it_waits_puts_the_repetition_off_until_the_wait_is_over() {
    let mut world = told_of_a(BUSY);
    world.pass(4 * HOUR - 10);
    world.fire("busy", "b");
    world.plan();
    world.clear("busy", "b");
    assert!(world.pass(29).is_empty());
    assert_eq!(shown(&world.pass(1)), ["repeated: a still_fires"]);
    assert!(world.plan().is_empty());
}

#[test]
fn the_recovery_ends_the_episode_and_the_next_alert_begins_another() {
    let mut world = World::new(BUSY);
    world.fire("busy", "a");
    let first = world.pass(31).remove(0);
    world.clear("busy", "a");
    let recovery = world.pass(5 * MINUTE).remove(0);
    assert_eq!((&first.follows, &recovery.follows), (&None, &Some(first.id)));
    assert!(world.groups.is_empty());
    world.fire("busy", "a");
    let next = world.pass(31).remove(0);
    assert_eq!((next.shown().as_str(), next.follows), ("first: a fires", None));
}

#[test]
fn one_that_cleared_and_fired_again_is_told_as_firing_again() {
    let mut world = told_of_a(BUSY);
    world.clear("busy", "a");
    world.pass(10);
    world.fire("busy", "a");
    assert_eq!(shown(&world.pass(HOUR)), ["changed: a fires_again"]);
}

#[test]
fn flapping_is_told_once_in_an_interval() {
    let mut world = told_of_a(BUSY);
    let mut heard = Vec::new();
    for _ in 0..30 {
        world.clear("busy", "a");
        heard.extend(world.pass(10));
        world.fire("busy", "a");
        heard.extend(world.pass(10));
    }
    assert_eq!(heard.len(), 2, "{heard:?}");
}

#[test]
fn one_that_flaps_faster_than_the_wait_is_told_in_the_end() {
    let mut world = World::new(BUSY);
    let mut heard = Vec::new();
    while heard.is_empty() {
        world.fire("busy", "a");
        heard.extend(world.pass(20));
        world.clear("busy", "a");
        heard.extend(world.pass(5));
        assert!(world.now < "2026-11-20T11:00:00Z".parse().unwrap(), "told within an hour");
    }
}

#[test]
fn nobody_is_told_of_what_is_silenced_and_what_fires_at_the_end_is_told_as_new() {
    let mut world = World::new(BUSY);
    world.fire("busy", "a");
    world.fire("busy", "b");
    world.silence("host=a", Duration::from_secs(HOUR));
    let heard = world.pass(HOUR - 1);
    assert_eq!((shown(&heard), heard[0].muted), (vec!["first: b fires".to_owned()], 1));
    assert_eq!(shown(&world.pass(MINUTE)), ["changed: a fires, b still_fires"]);
}

#[test]
fn one_silenced_after_it_was_told_is_not_repeated_and_its_recovery_is_not_told() {
    let mut world = told_of_a(BUSY);
    world.silence("host=a", Duration::from_secs(12 * HOUR));
    assert!(world.pass(8 * HOUR).is_empty());
    world.clear("busy", "a");
    assert!(world.pass(8 * HOUR).is_empty());
    assert!(world.groups.is_empty());
}

#[test]
fn one_silenced_on_and_off_is_told_once_in_an_interval() {
    let mut world = told_of_a(BUSY);
    let mut heard = Vec::new();
    for _ in 0..30 {
        world.silence("host=a", Duration::from_secs(10));
        heard.extend(world.pass(20));
    }
    assert_eq!(heard.len(), 2, "{heard:?}");
}

#[test]
fn an_inhibited_alert_is_not_told_while_the_other_fires() {
    let rules = format!(
        "{BUSY}[[rule]]\nname = \"down\"\nmatch = ['name=\"up\"']\nthreshold = {{ below = 1 }}\n\
         [[inhibit]]\nwhen = ['rule=\"down\"']\nmute = ['rule=\"busy\"']\nequal = [\"host\"]\n"
    );
    let mut world = World::new(&rules);
    world.fire("busy", "a");
    world.fire("busy", "b");
    world.fire("down", "a");
    let mut heard = shown(&world.pass(31));
    heard.sort();
    assert_eq!(heard, ["first: a fires", "first: b fires"]);
    world.clear("down", "a");
    let mut heard = shown(&world.pass(5 * MINUTE));
    heard.sort();
    assert_eq!(heard, ["changed: a fires, b still_fires", "recovered: a cleared"]);
}

#[test]
fn without_recovery_a_clearing_is_not_told_and_nothing_is_kept() {
    let mut world = told_of_a(&format!("{BUSY}send_recovery = false\n"));
    world.clear("busy", "a");
    assert!(world.pass(HOUR).is_empty());
    assert!(world.groups.is_empty() && world.alerts.is_empty());
}

#[test]
fn a_cleared_alert_is_kept_until_its_clearing_was_told() {
    let mut world = told_of_a(&BUSY.replace("threshold", "group_interval = \"1h\"\nthreshold"));
    world.clear("busy", "a");
    world.pass(2 * KEPT_AFTER_CLEARING.as_secs());
    assert_eq!(world.alerts.len(), 1);
    assert_eq!(shown(&world.pass(HOUR)), ["recovered: a cleared"]);
    assert!(world.alerts.is_empty());
}

#[test]
fn alerts_of_several_rules_are_one_group_where_their_fields_say_so() {
    let by_host = |text: &str| text.replace("threshold", "group_by = [\"host\"]\nthreshold");
    let mut world = World::new(&by_host(&format!("{BUSY}{}", BUSY.replace("\"busy\"", "\"hot\""))));
    world.fire("busy", "a");
    world.fire("hot", "a");
    world.fire("hot", "b");
    let heard = world.pass(31);
    let groups: Vec<_> = heard.iter().map(|heard| (heard.group.as_str(), heard.alerts.len())).collect();
    assert_eq!(groups, [("host=\"a\"", 2), ("host=\"b\"", 1)]);
}

#[test]
fn who_is_in_two_receivers_is_told_once_and_who_is_added_is_told_what_fires() {
    let mut world = World::new(BUSY);
    world.planner = planner(BUSY, &[("ops", &["ann", "ben"]), ("boss", &["ann"])]);
    world.fire("busy", "a");
    let told = |heard: &[Heard]| heard.iter().map(|heard| heard.to.clone()).collect::<Vec<_>>();
    assert_eq!(told(&world.pass(31)), ["ann", "ben"]);
    world.planner = planner(BUSY, &[("ops", &["ann", "cy"])]);
    assert_eq!(told(&world.pass(31)), ["cy"]);
    assert_eq!(world.groups.len(), 2, "what ben was told is forgotten");
}

#[test]
fn a_mailbox_under_several_names_is_notified_once() {
    let mut world = World::new(BUSY);
    let (plain, named) = ("ops@example.org", "Night <ops@Example.org>");
    world.planner = planner(BUSY, &[("ops", &[plain]), ("night", &[named])]);
    world.fire("busy", "a");
    assert_eq!(shown(&world.pass(31)), ["first: a fires"]);
    world.planner = planner(BUSY, &[("night", &[named])]);
    assert!(world.pass(HOUR).is_empty(), "the name is not part of the mailbox");
    let (key, group) =
        world.groups.first_key_value().map(|(key, group)| (key.clone(), group.clone())).unwrap();
    let other = key.replace(plain, named);
    assert_ne!(other, key);
    world.groups.insert(other.clone(), AlertGroup { key: other, ..group });
    assert!(world.pass(1).is_empty());
    assert_eq!(world.groups.len(), 1, "the version before had one for each name");
    world.clear("busy", "a");
    assert_eq!(shown(&world.pass(5 * MINUTE)), ["recovered: a cleared"]);
}

#[test]
fn of_a_rule_that_is_gone_only_the_clearing_is_told() {
    let mut world = told_of_a(BUSY);
    world.planner = planner("", &[("ops", &["ops"])]);
    assert!(world.pass(8 * HOUR).is_empty());
    world.clear("busy", "a");
    assert_eq!(shown(&world.pass(1)), ["recovered: a cleared"]);
    assert!(world.groups.is_empty());
}

#[test]
fn an_alert_that_is_gone_leaves_no_group() {
    let mut world = told_of_a(BUSY);
    world.alerts.clear();
    assert!(world.pass(5 * MINUTE).is_empty());
    assert!(world.groups.is_empty());
}

#[test]
fn a_state_that_cannot_be_read_counts_as_none() {
    let mut world = told_of_a(BUSY);
    for group in world.groups.values_mut() {
        group.state = Bytes::from_static(b"\xff");
    }
    assert_eq!(shown(&world.pass(31)), ["first: a fires"]);
    assert!(world.groups.values().all(|group| State::decode(&group.state).is_ok()));
}

#[test]
fn a_group_whose_key_cannot_be_read_is_removed() {
    let mut world = told_of_a(BUSY);
    let mut stray = world.groups.values().next().cloned().unwrap();
    stray.key = "stray".into();
    world.groups.insert(stray.key.clone(), stray);
    assert!(world.pass(1).is_empty());
    assert_eq!(world.groups.len(), 1);
}

#[test]
fn a_planner_that_was_away_tells_what_is_true_when_it_is_back() {
    let mut world = told_of_a(BUSY);
    world.fire("busy", "b");
    world.clear("busy", "a");
    world.now = world.now.plus(Duration::from_secs(10 * HOUR));
    assert_eq!(shown(&world.pass(31)), ["changed: b fires, a cleared"]);
}
