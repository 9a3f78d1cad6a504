//! No notification is lost or duplicated, wherever the process dies.

use super::places::{Deaths, Place};
use super::stage::Stage;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::{BTreeMap, BTreeSet};
use watchkeeper_ports::Mail;

const CONFIG: &str = r#"
[notifier]
group_by = ["rule"]
group_wait = "20s"
group_interval = "1m"
repeat_interval = "10m"

[[notifier.receiver]]
name = "ops"
mail = ["ops@example.org", "boss@example.org"]

[[rule]]
name = "high"
match = ['name="value"']
for = "30s"
[rule.threshold]
above = 10
clear_at = 8

[[rule]]
name = "silent"
severity = "critical"
match = ['name="value"']
[rule.absence]
after = "2m"
"#;

/// Steps with changes; as many follow in which everything pending is sent, however late.
const STEPS: usize = 90;

/// The values of three targets at each step; none where they are silent.
fn values(step: usize) -> Vec<(&'static str, f64)> {
    let high_in = |from: usize, to: usize| if (from..to).contains(&step) { 20.0 } else { 1.0 };
    let mut values = vec![("a", high_in(5, 40)), ("b", high_in(7, 9) + high_in(30, 60))];
    if !(20..50).contains(&step) {
        values.push(("c", high_in(10, 70)));
    }
    values
}

async fn played(deaths: Deaths) -> Stage {
    let mut stage = Stage::new(CONFIG);
    let mut deaths = deaths;
    for step in 0..2 * STEPS {
        stage.step(&values(step), &mut deaths).await;
    }
    stage
}

/// The mails by id, and the ids of those accepted more than once; each time with the same content.
fn by_id(mails: Vec<Mail>) -> (BTreeMap<String, Mail>, BTreeSet<String>) {
    let (mut once, mut again) = (BTreeMap::new(), BTreeSet::new());
    for mail in mails {
        match once.get(&mail.id) {
            None => _ = once.insert(mail.id.clone(), mail),
            Some(first) => {
                assert_eq!(*first, mail);
                again.insert(mail.id);
            }
        }
    }
    (once, again)
}

fn played_through(deaths: Deaths) -> Stage {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(played(deaths))
}

fn any_deaths() -> impl Strategy<Value = Vec<(usize, Place)>> {
    proptest::collection::vec((1..=STEPS, select(&Place::ALL[..])), 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn every_notification_is_sent_as_if_the_process_had_never_died(deaths in any_deaths()) {
        let (expected, again) = by_id(played_through(Deaths::default()).mails());
        prop_assert!(expected.len() >= 12, "{expected:#?}");
        prop_assert!(again.is_empty());
        let dies_after_sending = deaths.iter().any(|(_, place)| *place == Place::Sent);
        let (found, again) = by_id(played_through(Deaths::at(deaths)).mails());
        prop_assert_eq!(found, expected);
        prop_assert!(again.is_empty() || dies_after_sending);
    }
}

#[test]
fn one_that_dies_everywhere_in_every_step_still_sends_each_notification() {
    // A process that dies at each lease never gets to die after sending.
    let is_passed = |step: usize, place| place != Place::Claimed || step.is_multiple_of(3);
    let everywhere = (1..=STEPS).flat_map(|step| Place::ALL.map(|place| (step, place)));
    let deaths = Deaths::at(everywhere.filter(|&(step, place)| is_passed(step, place)));
    let (expected, _) = by_id(played_through(Deaths::default()).mails());
    let stage = played_through(deaths);
    assert!(stage.deaths > 3 * STEPS, "{}", stage.deaths);
    let (found, again) = by_id(stage.mails());
    assert_eq!(found, expected);
    assert!(!again.is_empty(), "it died between sending and noting");
}
