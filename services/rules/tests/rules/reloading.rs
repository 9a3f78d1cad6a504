//! A reload of the rules gives what a restart with these rules gives.

use crate::steps::{RULES, Run, any_steps};
use crate::world::{World, rules, told};
use proptest::prelude::*;
use proptest::sample::subsequence;
use std::sync::Arc;
use watchkeeper_rules::RuleSet;

/// How a rule differs after a change.
const CHANGES: [(&str, &str); 6] = [
    ("above = 5", "above = 6"),
    ("for = \"40s\"", "for = \"10s\""),
    ("within = \"2m\"", "within = \"3m\""),
    ("name=~\"b|c|d\"", "name=~\"a|b\""),
    ("stale_after = \"4m\"", "stale_after = \"3m\""),
    ("name = \"odd\"", "name = \"odder\""),
];

/// Some of the rules, each as it was or changed, in any order: rules go, come, change and move.
fn any_rules() -> impl Strategy<Value = Arc<RuleSet>> {
    let all: Vec<&str> = RULES.split("[[rule]]").skip(1).collect();
    let some = subsequence(all.clone(), 0..=all.len()).prop_shuffle();
    (some, subsequence(CHANGES.to_vec(), 0..=CHANGES.len())).prop_map(|(some, changes)| {
        let text: String = some.into_iter().flat_map(|rule| ["[[rule]]", rule]).collect();
        let text = changes.iter().fold(text, |text, (from, to)| text.replace(from, to));
        rules(&text)
    })
}

proptest! {
    #[test]
    fn a_reload_gives_the_alerts_and_memories_of_a_restart(
        steps in any_steps(),
        first in any_rules(),
        reloads in proptest::collection::vec((0_usize..120, any_rules()), 1..4),
        ticks in any::<u128>(),
        drains in any::<u128>(),
    ) {
        let (mut reloaded, mut restarted) = (Run::new(&first), Run::new(&first));
        for (index, step) in steps.iter().enumerate() {
            for run in [&mut reloaded, &mut restarted] {
                run.take(step);
                if ticks >> index & 1 == 1 {
                    run.tick();
                }
            }
            for (_, rules) in reloads.iter().filter(|(at, _)| *at == index) {
                let told = restarted.world.drain();
                restarted.world.restart(rules);
                prop_assert_eq!(reloaded.world.reload(rules), told);
                prop_assert_eq!(reloaded.world.evaluator.watched(), restarted.world.evaluator.watched());
            }
            if drains >> index & 1 == 1 {
                prop_assert_eq!(reloaded.world.drain(), restarted.world.drain());
                prop_assert_eq!(reloaded.world.stored(), restarted.world.stored());
            }
        }
        for run in [&mut reloaded, &mut restarted] {
            run.now += 1_000_000;
            run.tick();
        }
        prop_assert_eq!(reloaded.world.drain(), restarted.world.drain());
        prop_assert_eq!(reloaded.world.stored(), restarted.world.stored());
    }
}

const LOW: &str =
    "[[rule]]\nname = \"low\"\nmatch = ['name=\"a\"']\nthreshold = { below = 5 }\nfor = \"1m\"\n";
const KEY: &str = "test/a u";

#[test]
fn the_time_for_which_an_unchanged_rule_has_held_goes_on() {
    let mut world = World::new(&rules(LOW));
    assert!(world.observe(KEY, 0, 1.0).is_empty());
    let other = "[[rule]]\nname = \"lower\"\nmatch = ['name=\"a\"']\nthreshold = { below = 2 }\n";
    assert!(world.reload(&rules(&format!("{other}{LOW}"))).is_empty());
    let fires = ["low fires: is 1 u, below 5 u for 1 min", "lower fires: is 1 u, below 2 u"];
    assert_eq!(told(&world.observe(KEY, 60, 1.0)), fires);
}

#[test]
fn what_was_found_before_a_reload_is_not_lost_and_what_fires_by_a_removed_rule_clears_once() {
    let mut world = World::new(&rules(LOW));
    world.observe(KEY, 0, 1.0);
    world.observe(KEY, 30, 1.0);
    world.evaluator.tick(crate::world::at(61));
    assert_eq!(told(&world.reload(&rules(""))), ["low fires: is 1 u, below 5 u for 1 min"]);
    assert_eq!(told(&world.tick(70)), ["low clears: the rule is no longer in the configuration"]);
    assert!(world.tick(80).is_empty() && world.memories.is_empty());
}

#[test]
fn what_a_rule_remembered_is_given_up_when_it_is_taken_away_by_a_reload_as_by_a_restart() {
    let silent = "[[rule]]\nname = \"silent\"\nmatch = ['name=\"a\"']\nabsence = { after = \"1m\" }\n";
    let (mut reloaded, mut restarted) = (World::new(&rules(LOW)), World::new(&rules(LOW)));
    for world in [&mut reloaded, &mut restarted] {
        world.observe(KEY, 0, 1.0);
    }
    for text in [silent, LOW] {
        reloaded.reload(&rules(text));
        restarted.drain();
        restarted.restart(&rules(text));
    }
    for world in [&mut reloaded, &mut restarted] {
        assert!(world.drain().is_empty() && world.memories.is_empty());
    }
}

#[test]
fn a_rule_that_is_taken_away_and_put_back_before_time_passes_goes_on_firing() {
    let mut world = World::new(&rules(LOW));
    world.observe(KEY, 0, 1.0);
    assert_eq!(world.observe(KEY, 60, 1.0).len(), 1);
    world.reload(&rules(""));
    world.reload(&rules(LOW));
    assert!(world.tick(70).is_empty());
    assert_eq!(told(&world.observe(KEY, 80, 9.0)), ["low clears: is 9 u, not below 5 u"]);
}
