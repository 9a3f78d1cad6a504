//! Any sequence of events against a model: what a recipient who reads every notice must know, and when.

use super::world::{Heard, World};
use crate::plan::{News, Why};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::AlertKey;

const WAIT: u64 = 30;
const INTERVAL: u64 = 120;
/// How long a planner is away at most; each step plans at least at its end.
const AWAY: u64 = 20;
/// How often the planner is called else, in seconds.
const STEP: u64 = 3;
/// After so long, a change must have been told: both waits, and the planner's absence before each.
const LATEST: Duration = Duration::from_secs(WAIT + INTERVAL + 2 * AWAY);

const RULES: &str = r#"
[[rule]]
name = "busy"
match = ['name="load"']
threshold = { above = 8 }
group_interval = "2m"
repeat_interval = "10m"
[[rule]]
name = "hot"
match = ['name="load"']
threshold = { above = 8 }
group_by = []
group_interval = "2m"
repeat_interval = "10m"
"#;

#[derive(Clone, Debug)]
enum Event {
    Fire(&'static str, &'static str),
    Clear(&'static str, &'static str),
    Silence(&'static str, u64),
    /// The planner is called once, after so many seconds.
    Away(u64),
    /// The planner is called every few seconds for so long.
    Pass(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let (rule, host) = (prop::sample::select(vec!["busy", "hot"]), prop::sample::select(vec!["a", "b", "c"]));
    let event = prop_oneof![
        4 => (rule.clone(), host.clone()).prop_map(|(rule, host)| Event::Fire(rule, host)),
        4 => (rule, host).prop_map(|(rule, host)| Event::Clear(rule, host)),
        1 => (prop::sample::select(vec!["host=a", "host=~a|b", "rule=busy"]), 1..400_u64)
            .prop_map(|(matcher, length)| Event::Silence(matcher, length)),
        3 => (1..=AWAY).prop_map(Event::Away),
        3 => (1..200_u64).prop_map(Event::Pass),
    ];
    vec(event, 0..40)
}

/// What the recipient knows, and since when the world has been otherwise.
#[derive(Default)]
struct Reader {
    /// The alerts that fire as far as the recipient knows, with when they fired.
    knows: BTreeMap<AlertKey, Timestamp>,
    /// The alerts that fire unknown to the recipient, or have cleared unknown, and since when.
    differs_since: BTreeMap<AlertKey, (Option<Timestamp>, Timestamp)>,
    /// The last notice of each group.
    last: BTreeMap<String, Heard>,
}

impl Reader {
    fn reads(&mut self, heard: &Heard, world: &World) {
        if let Some(last) = self.last.get(&heard.group) {
            assert!(sequence(last) < sequence(heard), "{last:?}\n{heard:?}");
            if last.why != Why::Recovered {
                let pause = heard.at.since(last.at);
                assert!(pause >= Duration::from_secs(INTERVAL), "{last:?}\n{heard:?}");
            }
            assert_eq!(heard.follows.is_none(), heard.why == Why::First);
        }
        assert!(
            heard.muted > 0
                || heard.why != Why::First
                || heard.alerts.iter().all(|told| told.0 == News::Fires)
        );
        for (news, host, fired_at) in &heard.alerts {
            let is_meant = |key: &&AlertKey| {
                world.alerts[*key].field("host") == Some(host) && belongs(key, &heard.group)
            };
            let key = world.alerts.keys().find(is_meant).expect("only what there is can be told");
            let alert = &world.alerts[key];
            assert!(!is_silenced(world, key), "{key:?} is silenced");
            assert_eq!(alert.is_firing(), *news != News::Cleared, "the truth is told");
            let known = self.knows.get(key);
            match news {
                News::Fires => assert_eq!(known, None),
                News::FiresAgain => assert!(known.is_some_and(|known| known != fired_at)),
                News::StillFires => assert_eq!(known, Some(fired_at)),
                News::Cleared => assert!(known.is_some()),
            }
            if *news == News::Cleared {
                self.knows.remove(key);
            } else {
                self.knows.insert(key.clone(), *fired_at);
            }
        }
        self.last.insert(heard.group.clone(), heard.clone());
    }

    /// Compares what is known with what is, after a call of the planner.
    fn compare(&mut self, world: &World) {
        let is_silenced = |key: &AlertKey| is_silenced(world, key);
        self.knows.retain(|key, _| !is_silenced(key));
        let gone = self.knows.keys().find(|key| !world.alerts.contains_key(key));
        assert_eq!(gone, None, "an alert that was told is kept until its clearing is");
        for (key, alert) in &world.alerts {
            let fires = alert.is_firing().then_some(alert.fired_at);
            if is_silenced(key) || self.knows.get(key).copied() == fires {
                self.differs_since.remove(key);
                continue;
            }
            // Of what comes and goes only the presence counts: it is the truth at the time of a notice.
            let (before, since) = *self.differs_since.entry(key.clone()).or_insert((fires, world.now));
            if before == fires {
                assert!(world.now.since(since) <= LATEST, "{key:?} differs since {since}");
            } else {
                self.differs_since.insert(key.clone(), (fires, world.now));
            }
        }
        self.differs_since.retain(|key, _| world.alerts.contains_key(key));
    }
}

fn belongs(key: &AlertKey, group: &str) -> bool {
    (key.rule == "busy") == (group == "rule=\"busy\"")
}

fn is_silenced(world: &World, key: &AlertKey) -> bool {
    world.silences.iter().any(|silence| silence.covers(&world.alerts[key], world.now))
}

fn sequence(heard: &Heard) -> u64 {
    heard.id.rsplit_once('-').unwrap().1.parse().unwrap()
}

/// Plans now, has the notices read, and sees that planning once more changes nothing.
fn plan(world: &mut World, reader: &mut Reader) {
    // As they were when the notices were made: the planner removes some.
    let alerts = world.alerts.clone();
    let heard = world.plan();
    let after = std::mem::replace(&mut world.alerts, alerts);
    reader.knows.retain(|key, _| !is_silenced(world, key));
    for heard in &heard {
        reader.reads(heard, world);
    }
    world.alerts = after;
    let groups = world.groups.clone();
    assert_eq!(world.plan(), [], "planning again tells nothing");
    assert_eq!(world.groups, groups, "planning again changes nothing");
    reader.compare(world);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_is_lost_nothing_is_doubled(events in events()) {
        let mut world = World::new(RULES);
        let mut reader = Reader::default();
        for event in events.into_iter().chain([Event::Pass(LATEST.as_secs() + 400)]) {
            match event {
                Event::Fire(rule, host) => world.fire(rule, host),
                Event::Clear(rule, host) => world.clear(rule, host),
                Event::Silence(matcher, length) => world.silence(matcher, Duration::from_secs(length)),
                Event::Away(seconds) => {
                    world.now = world.now.plus(Duration::from_secs(seconds));
                    plan(&mut world, &mut reader);
                }
                Event::Pass(seconds) => {
                    for _ in 0..seconds / STEP {
                        world.now = world.now.plus(Duration::from_secs(STEP));
                        plan(&mut world, &mut reader);
                    }
                }
            }
        }
        let firing = world.alerts.iter().filter(|(_, alert)| alert.is_firing());
        let firing: BTreeMap<_, _> = firing.map(|(key, alert)| (key.clone(), alert.fired_at)).collect();
        prop_assert_eq!(&reader.knows, &firing, "once all is quiet, everything is known");
    }
}
