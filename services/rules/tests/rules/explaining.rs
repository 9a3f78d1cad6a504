//! Why a rule does or does not fire.

use crate::world::{World, at, rules, sample};
use std::sync::Arc;
use watchkeeper_domain::Alert;
use watchkeeper_rules::{RuleSet, explain};

const SITE: &str = r#"uptime/availability{target="shop"} percent"#;

/// A rule and all that is stored about the site.
struct Story {
    rules: Arc<RuleSet>,
    world: World,
    last: Option<(u64, f64)>,
    alert: Option<Alert>,
}

impl Story {
    fn of(condition: &str) -> Self {
        let text =
            format!("[[rule]]\nname = \"r\"\nmatch = ['source=\"uptime\"', 'target=~\"s.*\"']\n{condition}");
        let rules = rules(&text);
        Self { world: World::new(&rules), rules, last: None, alert: None }
    }

    fn observe(&mut self, second: u64, value: f64) {
        let alerts = self.world.observe(SITE, second, value);
        self.last = Some((second, value));
        self.alert = alerts.into_iter().next().or(self.alert.take());
    }

    fn told(&self, second: u64) -> Vec<String> {
        let latest = self.last.map(|(second, value)| sample(SITE, second, value));
        let memory = self.world.memories.first().map(|memory| &*memory.state);
        let series = SITE.parse().expect("a key");
        explain(&self.rules.rules()[0], &series, memory, latest.as_ref(), self.alert.as_ref(), at(second))
            .lines
    }
}

#[test]
fn a_threshold_is_followed_from_rest_to_firing_and_back() {
    let mut story = Story::of("for = \"2m\"\nthreshold = { below = 50, clear_at = 60 }");
    let beginning = [
        "the rule fires when below 50, clears at 60, for 2m",
        r#"it selects this series: source="uptime", target=~"s.*" hold"#,
    ];
    assert_eq!(story.told(0)[..2], beginning);
    assert_eq!(story.told(0)[2..], ["it does not fire: this series has no samples yet"]);
    story.observe(0, 100.0);
    let resting = [
        "last evaluated sample: 100 % at 2026-11-20T00:00:00Z, 5 s ago",
        "it does not fire: is 100 %, not below 50 %",
    ];
    assert_eq!(story.told(5)[2..], resting);
    story.observe(60, 0.0);
    let pending = [
        "last evaluated sample: 0 % at 2026-11-20T00:01:00Z, 1 min ago",
        "it has been pending since 2026-11-20T00:01:00Z: is 0 %, below 50 %",
        "it fires at 2026-11-20T00:03:00Z, or later with the next sample, unless that changes",
    ];
    assert_eq!(story.told(120)[2..], pending);
    story.observe(120, 0.0);
    assert_eq!(story.told(130)[4], "it fires at 2026-11-20T00:03:00Z unless that changes");
    story.observe(190, 55.0);
    story.observe(200, 55.0);
    let firing = [
        "last evaluated sample: 55 % at 2026-11-20T00:03:20Z, 0 s ago",
        "it has been firing since 2026-11-20T00:03:00Z: is 0 %, below 50 % for 2 min",
        "it clears when the value is at least 60",
    ];
    assert_eq!(story.told(200)[2..], firing);
    story.observe(260, 61.0);
    let cleared = [
        "last evaluated sample: 61 % at 2026-11-20T00:04:20Z, 0 s ago",
        "it does not fire: is 61 %, not below 50 %",
        "it last fired from 2026-11-20T00:03:00Z to 2026-11-20T00:04:20Z: is 61 %, not below 60 %",
    ];
    assert_eq!(story.told(260)[2..], cleared);
}

#[test]
fn a_sample_that_is_not_evaluated_yet_is_said_to_be_on_its_way() {
    let mut story = Story::of("for = \"1m\"\nthreshold = { below = 50 }");
    story.last = Some((10, 3.0));
    assert_eq!(story.told(10)[3], "the latest sample is not evaluated yet: is 3 %, below 50 %");
}

#[test]
fn an_absence_says_when_it_would_fire() {
    let mut story = Story::of("absence = { after = \"10m\" }");
    story.observe(0, 100.0);
    assert_eq!(story.told(60)[4], "without another sample it fires at 2026-11-20T00:10:00Z");
}

#[test]
fn an_anomaly_says_what_it_knows() {
    let mut story = Story::of("anomaly = { min_samples = 3 }");
    story.observe(0, 100.0);
    story.observe(60, 101.0);
    assert_eq!(story.told(60)[3], "it does not fire: is 101 %, with 1 of the 3 earlier samples required");
}

#[test]
fn a_series_that_the_rule_is_not_about_is_told_which_matcher_fails() {
    let story = Story::of("absence = {}");
    let explained =
        |key: &str| explain(&story.rules.rules()[0], &key.parse().unwrap(), None, None, None, at(0)).lines;
    assert_eq!(
        explained(r#"host/load{target="x"}"#)[1..],
        [
            r#"it does not select this series: source="uptime" does not hold, source is "host""#,
            r#"it does not select this series: target=~"s.*" does not hold, target is "x""#
        ]
    );
    assert_eq!(
        explained("uptime/load")[1..],
        [r#"it does not select this series: target=~"s.*" does not hold, the series has no target"#]
    );
}

#[test]
fn a_rule_about_dead_letters_is_about_their_series_only() {
    let rules = rules("[[rule]]\nname = \"r\"\ndead_letters = {}");
    let explained =
        |key: &str| explain(&rules.rules()[0], &key.parse().unwrap(), None, None, None, at(0)).lines;
    let own = r#"watchkeeper/dead_letters{partition="2",topic="metrics"} records"#;
    assert_eq!(explained(own)[1], "it selects this series: the dead letters of topic metrics");
    assert_eq!(explained("host/load")[1], "it selects the dead letters of topic metrics, not this series");
}
