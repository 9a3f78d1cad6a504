//! What is remembered, when the rules or the bytes are others than before.

use crate::world::{World, at, partition, rules, told};
use proptest::prelude::*;
use watchkeeper_ports::Memory;

const KEY: &str = "test/a u";

fn with(name: &str, body: &str) -> std::sync::Arc<watchkeeper_rules::RuleSet> {
    rules(&format!("[[rule]]\nname = {name:?}\n{body}"))
}

const LOW: &str = "match = ['name=\"a\"']\nthreshold = { below = 5 }";

#[test]
fn an_alert_whose_rule_is_gone_clears_with_the_next_tick_and_not_before() {
    let before = with("low", LOW);
    let mut world = World::new(&before);
    assert_eq!(world.observe(KEY, 0, 1.0).len(), 1);
    let after = with("other", LOW);
    world.restart(&after);
    assert_eq!(told(&world.observe(KEY, 10, 1.0)), ["other fires: is 1 u, below 5 u"]);
    world.restart(&after);
    assert_eq!(told(&world.tick(20)), ["low clears: the rule is no longer in the configuration"]);
    world.restart(&after);
    assert!(world.tick(30).is_empty());
    assert_eq!(told(&world.observe(KEY, 40, 9.0)), ["other clears: is 9 u, not below 5 u"]);
    assert!(world.memories.is_empty());
}

#[test]
fn an_alert_of_a_rule_that_is_no_longer_about_the_series_clears() {
    let mut world = World::new(&with("low", LOW));
    world.observe(KEY, 0, 1.0);
    world.restart(&with("low", &LOW.replace("name=", "name!=")));
    assert_eq!(told(&world.tick(20)), ["low clears: the rule no longer selects this series"]);
    assert!(world.memories.is_empty());
}

#[test]
fn an_alert_of_a_changed_rule_goes_on_until_a_sample_decides() {
    let mut world = World::new(&with("low", LOW));
    assert_eq!(world.observe(KEY, 0, 1.0).len(), 1);
    world.restart(&with("low", &LOW.replace("below = 5", "below = 3")));
    assert!(world.tick(5).is_empty());
    assert!(world.observe(KEY, 10, 2.0).is_empty());
    assert_eq!(told(&world.observe(KEY, 20, 4.0)), ["low clears: is 4 u, not below 3 u"]);
}

#[test]
fn a_changed_condition_is_not_given_what_the_other_remembered() {
    let rise = "match = ['name=\"a\"']\nchange = { rises_by = 5, within = \"1h\" }";
    let mut world = World::new(&with("rise", rise));
    world.observe(KEY, 0, 1.0);
    world.restart(&with("rise", &rise.replace("1h", "2h")));
    assert!(world.observe(KEY, 10, 9.0).is_empty());
    let mut unchanged = World::new(&with("rise", rise));
    unchanged.observe(KEY, 0, 1.0);
    unchanged.restart(&with("rise", &format!("{rise}\nseverity = \"info\"")));
    assert_eq!(unchanged.observe(KEY, 10, 9.0).len(), 1);
}

#[test]
fn a_series_at_rest_is_not_remembered() {
    let mut world = World::new(&with("low", LOW));
    world.observe(KEY, 0, 9.0);
    assert!(world.memories.is_empty());
    world.observe(KEY, 10, 1.0);
    assert_eq!(world.memories.len(), 1);
    world.observe(KEY, 20, 9.0);
    assert!(world.memories.is_empty());
}

#[test]
fn a_memory_of_which_no_rule_wants_anything_is_removed() {
    let mut world = World::new(&with("silent", "match = ['name=\"a\"']\nabsence = {}"));
    world.observe(KEY, 0, 9.0);
    assert_eq!(world.memories.len(), 1);
    world.restart(&with("low", LOW));
    world.drain();
    assert!(world.memories.is_empty());
}

#[test]
fn an_alert_whose_memory_cannot_be_read_goes_on_until_a_newer_sample_decides() {
    let rules = with("low", LOW);
    let mut world = World::new(&rules);
    let alerts = world.observe(KEY, 0, 1.0);
    let lost = Memory { state: "lost".into(), ..world.memories.remove(0) };
    world.restart(&rules);
    assert!(!world.evaluator.recall(&partition(), &lost));
    world.evaluator.adopt(&partition(), &alerts, at(10));
    assert!(world.tick(20).is_empty());
    assert_eq!(world.memories.len(), 1, "it can be read again");
    world.restart(&rules);
    assert!(world.observe(KEY, 10, 9.0).is_empty(), "it may have been observed before");
    assert_eq!(told(&world.observe(KEY, 30, 9.0)), ["low clears: is 9 u, not below 5 u"]);
    assert!(world.memories.is_empty());
}

#[test]
fn an_adopted_alert_of_a_series_that_is_gone_or_without_a_rule_clears() {
    let mut world = World::new(&with("low", LOW));
    let alerts = world.observe(KEY, 0, 1.0);
    let after = |rules| {
        let mut world = World::new(&rules);
        world.evaluator.adopt(&partition(), &alerts, at(10));
        told(&world.tick(10 + 24 * 60 * 60))
    };
    assert_eq!(after(with("low", LOW)), ["low clears: no sample for 1 day: the series is stale"]);
    assert_eq!(after(with("other", LOW)), ["low clears: the rule is no longer in the configuration"]);
}

proptest! {
    #[test]
    fn bytes_that_cannot_be_read_count_as_nothing(
        key in prop_oneof![Just(KEY.to_owned()), ".{0,9}"], version in 0_u8..3,
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let state = std::iter::once(version).chain(bytes).collect();
        let mut world = World::new(&with("low", LOW));
        world.evaluator.recall(&partition(), &Memory { series_key: key, state, pending: false });
        world.tick(10_000_000);
        world.observe(KEY, 20_000_000, 9.0);
        let alerts = world.observe(KEY, 20_000_010, 1.0);
        prop_assert_eq!(told(&alerts), ["low fires: is 1 u, below 5 u"]);
    }

    #[test]
    fn a_memory_with_a_changed_byte_never_panics(at in 0_usize..400, byte: u8) {
        let rules = rules(
            "[[rule]]\nname = \"odd\"\nmatch = ['name=\"a\"']\nanomaly = { against = \"both\" }\n\
             [[rule]]\nname = \"rise\"\nmatch = ['name=\"a\"']\nchange = { changes_by = 3 }",
        );
        let mut world = World::new(&rules);
        for second in 0..10_u32 {
            world.observe(KEY, second.into(), f64::from(second));
        }
        let mut state = world.memories[0].state.to_vec();
        let length = state.len();
        state[at % length] = byte;
        world.memories[0].state = state.into();
        world.restart(&rules);
        world.tick(100);
        world.observe(KEY, 200, 5.0);
    }
}
