//! Restarts, repetitions and ticks at any moment change nothing.

use crate::steps::{RULES, Run, SERIES, Step, any_steps};
use crate::world::{rules, sample};
use proptest::prelude::*;
use std::collections::BTreeMap;
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_ports::AlertKey;

/// Every alert as it is at last.
fn at_last(told: &[Alert]) -> BTreeMap<AlertKey, Alert> {
    told.iter().map(|alert| (AlertKey::of(alert), alert.clone())).collect()
}

proptest! {
    /// A crash at any moment: what was taken in since the last store is taken in again by another evaluator.
    #[test]
    fn no_alert_is_lost_or_doubled_over_random_restarts(
        steps in any_steps(), stores in any::<u128>(), crashes in any::<u128>(),
    ) {
        let rules = rules(RULES);
        let stores_after = |step: usize| stores >> step & 1 == 1 || step + 1 == steps.len();
        let (mut without, mut expected) = (Run::new(&rules), Vec::new());
        for (index, step) in steps.iter().enumerate() {
            without.take(step);
            without.tick();
            if stores_after(index) {
                expected.extend(without.world.drain());
            }
        }
        let (mut with, mut told, mut crashes) = (Run::new(&rules), Vec::new(), crashes);
        let (mut next, mut stored, mut stored_now) = (0, 0, 0);
        while let Some(step) = steps.get(next) {
            with.take(step);
            with.tick();
            let has_crashed = crashes & 1 == 1;
            crashes >>= 1;
            if has_crashed {
                with.world.restart(&rules);
                (next, with.now) = (stored, stored_now);
                continue;
            }
            if stores_after(next) {
                told.extend(with.world.drain());
                (stored, stored_now) = (next + 1, with.now);
                with.world.restart(&rules);
            }
            next += 1;
        }
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn an_alert_never_fires_twice_without_having_cleared(steps in any_steps()) {
        let mut run = Run::new(&rules(RULES));
        let mut last: BTreeMap<AlertKey, Alert> = BTreeMap::new();
        for step in &steps {
            run.take(step);
            for alert in run.world.drain() {
                let key = AlertKey::of(&alert);
                let turned_at = |alert: &Alert| alert.cleared_at.unwrap_or(alert.fired_at);
                prop_assert!(alert.cleared_at.is_none_or(|cleared_at| alert.fired_at <= cleared_at));
                if let Some(before) = last.get(&key) {
                    let is_the_same = before.fired_at == alert.fired_at;
                    prop_assert!(!is_the_same || (before.is_firing() && !alert.is_firing()), "{:?}", alert);
                    prop_assert!(is_the_same || turned_at(before) <= alert.fired_at, "{:?}", alert);
                }
                last.insert(key, alert);
            }
        }
    }

    #[test]
    fn when_time_is_told_to_pass_makes_no_difference(steps in any_steps(), ticks in any::<u128>()) {
        let rules = rules(RULES);
        let run = |ticks: u128| {
            let mut run = Run::new(&rules);
            for (index, step) in steps.iter().enumerate() {
                run.take(step);
                if ticks >> index & 1 == 1 {
                    // Samples of this very instant may still come.
                    run.world.evaluator.tick(crate::world::at(run.now).minus(std::time::Duration::from_micros(1)));
                }
            }
            run.now += 1_000_000;
            run.tick();
            at_last(&run.world.drain())
        };
        prop_assert_eq!(run(ticks), run(0));
    }

    #[test]
    fn late_and_repeated_samples_change_nothing(
        steps in any_steps(), extra in proptest::collection::vec((0_usize..120, 0_u64..200, 0_u8..10), 0..40),
    ) {
        let rules = rules(RULES);
        let (mut without, mut with) = (Run::new(&rules), Run::new(&rules));
        let mut newest: BTreeMap<usize, Timestamp> = BTreeMap::new();
        for (index, step) in steps.iter().enumerate() {
            without.take(step);
            with.take(step);
            if let Step::Sample { series, .. } = step {
                newest.insert(*series, crate::world::at(with.now));
            }
            for (_, earlier, value) in extra.iter().filter(|(after, ..)| *after == index) {
                for (series, newest) in &newest {
                    let mut late = sample(SERIES[*series], 0, f64::from(*value));
                    late.collected_at = newest.minus(std::time::Duration::from_secs(*earlier));
                    with.world.evaluator.observe(&crate::world::partition(), &late);
                }
            }
            prop_assert_eq!(with.world.drain(), without.world.drain());
            prop_assert_eq!(&with.world.memories, &without.world.memories);
        }
    }
}
