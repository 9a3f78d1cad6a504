//! What happens to series, at random, and rules of every kind about them.

use crate::world::{World, at, partition, sample};
use proptest::prelude::*;
use std::sync::Arc;
use watchkeeper_rules::RuleSet;

/// Rules of every kind, some of them about the same series, with times that the steps below reach.
pub(crate) const RULES: &str = r#"
    [[rule]]
    name = "above"
    match = ['name="a"']
    threshold = { above = 5, clear_at = 3 }
    [[rule]]
    name = "below_for_a_time"
    match = ['name=~"a|b"']
    for = "40s"
    threshold = { below = 2 }
    [[rule]]
    name = "rise"
    match = ['name!="a"']
    change = { rises_by = 4, within = "2m" }
    stale_after = "5m"
    [[rule]]
    name = "change"
    match = ['name="c"']
    for = "30s"
    change = { changes_by = 50, percent = true, within = "1m" }
    [[rule]]
    name = "fast"
    match = ['name=~"b|d"']
    for = "10s"
    rate = { above = 0.2, clear_at = 0.1, over = "1m" }
    [[rule]]
    name = "foretold"
    match = ['name=~"a|c"']
    forecast = { rises_to = 9, within = "1m", over = "2m", from = 2 }
    [[rule]]
    name = "divided"
    match = ['name="b"']
    for = "10s"
    ratio = { to = "n", below = 2, clear_at = 3, max_age = "30s" }
    [[rule]]
    name = "silent"
    match = ['name=~"b|c|d"']
    absence = { after = "1m" }
    stale_after = "4m"
    [[rule]]
    name = "silent_for_a_time"
    match = ['name="d"']
    for = "30s"
    absence = { after = "1m" }
    [[rule]]
    name = "odd"
    match = ['name=~".*"']
    anomaly = { deviations = 1, min_samples = 3, over = "1m", against = "recent" }
    [[rule]]
    name = "odd_at_this_hour"
    match = ['name="d"']
    anomaly = { deviations = 1, min_samples = 3, over = "1m", against = "both" }
"#;

/// The last one is the divisor of the second.
pub(crate) const SERIES: [&str; 5] = ["test/a", "test/b u", r#"test/c{x="\""}"#, "test/d", "test/n u"];

/// Something that happens, after so many seconds.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Sample { series: usize, value: u8, later: u64 },
    Pause { later: u64 },
}

pub(crate) fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let later = prop_oneof![6 => 0_u64..20, 2 => 20_u64..200, 1 => Just(90_000_u64)];
    let sample = (0..SERIES.len(), 0_u8..10, later.clone());
    let step = prop_oneof![
        5 => sample.prop_map(|(series, value, later)| Step::Sample { series, value, later }),
        1 => later.prop_map(|later| Step::Pause { later }),
    ];
    proptest::collection::vec(step, 0..120)
}

/// A world to which steps happen.
pub(crate) struct Run {
    pub(crate) world: World,
    pub(crate) now: u64,
}

impl Run {
    pub(crate) fn new(rules: &Arc<RuleSet>) -> Self {
        Self { world: World::new(rules), now: 0 }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        match *step {
            Step::Sample { series, value, later } => {
                self.now += later;
                let sample = sample(SERIES[series], self.now, value.into());
                let rules = Arc::clone(self.world.evaluator.rules());
                for dividend in rules.dividends_of(&sample.series) {
                    self.world.evaluator.observe_divisor(&partition(), &dividend, &sample);
                }
                self.world.evaluator.observe(&partition(), &sample);
            }
            Step::Pause { later } => self.now += later,
        }
    }

    pub(crate) fn tick(&mut self) {
        self.world.evaluator.tick(at(self.now));
    }
}
