//! A reload gives what a restart with the new file gives.

use super::places::Deaths;
use super::stage::Stage;

/// Before the change.
const BEFORE: &str = r#"
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
name = "higher"
match = ['name="value"']
threshold = { above = 15 }

[[rule]]
name = "silent"
severity = "critical"
match = ['name="value"']
absence = { after = "2m" }
"#;

/// After it: a rule is gone, one has another condition, one is new, one stays; a recipient is gone and another is new,
/// an inhibition is new, and the times differ.
const AFTER: &str = r#"
[notifier]
group_by = ["rule"]
group_wait = "30s"
group_interval = "2m"
repeat_interval = "15m"

[[notifier.receiver]]
name = "ops"
mail = ["ops@example.org", "night@example.org"]

[[rule]]
name = "low"
match = ['name="value"', 'target="c"']
threshold = { below = 5 }

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
absence = { after = "4m" }

[[inhibit]]
when = ['rule="silent"']
mute = ['rule="low"']
"#;

/// Steps in which something happens; as many follow in which all that waits is sent.
const STEPS: usize = 90;

/// What three targets measure at each step; nothing, where they are silent.
fn values(step: usize) -> Vec<(&'static str, f64)> {
    let high_in = |from: usize, to: usize| if (from..to).contains(&step) { 20.0 } else { 1.0 };
    let mut values = vec![("a", high_in(5, 40)), ("b", high_in(7, 9) + high_in(30, 60))];
    if !(20..50).contains(&step) {
        values.push(("c", high_in(10, 70)));
    }
    values
}

/// How the change comes about.
enum Change {
    Reload,
    Restart,
}

/// All mails, in order, where the file changes before that step, and changes back before another.
async fn mails(change: &Change, at: usize, back_at: usize) -> Vec<String> {
    let mut stage = Stage::new(BEFORE);
    for step in 0..2 * STEPS {
        let config = if step == at { Some(AFTER) } else { (step == back_at).then_some(BEFORE) };
        match (config, change) {
            (Some(config), Change::Reload) => stage.reload(config).await,
            (Some(config), Change::Restart) => stage.restart(config).await,
            (None, _) => {}
        }
        stage.step(&values(step), &mut Deaths::default()).await;
    }
    stage.mails().iter().map(|mail| format!("{mail:#?}")).collect()
}

#[tokio::test]
async fn the_mails_after_a_reload_are_those_after_a_restart_whatever_is_under_way() {
    let unchanged = mails(&Change::Reload, 2 * STEPS, 2 * STEPS).await;
    // While nothing fires, a `for` runs, a group waits, an alert fires, a series is silent, all clears.
    for (at, back_at) in [(2, 50), (7, 9), (8, 100), (12, 40), (33, 34), (45, 80), (65, 66), (72, 95)] {
        let restarted = mails(&Change::Restart, at, back_at).await;
        assert_eq!(mails(&Change::Reload, at, back_at).await, restarted, "at {at}, back at {back_at}");
        assert!(at > 60 || restarted != unchanged, "at {at}, back at {back_at}");
    }
}
