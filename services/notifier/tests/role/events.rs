//! Rules that count events.

use crate::stage::Stage;
use std::time::Duration;
use watchkeeper_domain::event::{Draft, EventIds};
use watchkeeper_domain::{Event, Level, Timestamp};

const RULES: &str = r#"
[[notifier.receiver]]
name = "ops"
mail = ["ops@example.org"]

[notifier]
group_wait = "0s"
default_rules = false

[[rule]]
name = "payments_fail"
events = { query = 'service=shop level>=error payment', above = 1, within = "10m" }

[[rule]]
name = "mill_is_silent"
events = { query = 'service=mill', below = 1, within = "10m" }
"#;

fn event(number: u32, service: &str, message: &str) -> Event {
    let at = Timestamp::now().minus(Duration::from_secs(120 - u64::from(number)));
    let draft = Draft {
        level: Level::Error,
        service: service.to_owned(),
        occurred_at: Some(at),
        ..Draft::of_line(message)
    };
    draft.arrived(|| EventIds::new(number).next(at), at).unwrap()
}

#[tokio::test]
async fn more_events_than_the_limit_fire_with_the_first_and_the_last_and_so_does_silence() {
    let stage = Stage::new(RULES);
    let events = [
        event(1, "shop", "payment 17 failed\nat a()"),
        event(2, "shop", "payment 18 failed"),
        event(3, "shop", "payment 19 failed"),
        event(4, "shop", "slow"),
    ];
    stage.store_events(&events).await;
    let role = stage.run();
    let mails = stage.mails(2).await;
    role.stop_well().await;
    let found = |rule: &str| mails.iter().find(|mail| mail.text.contains(rule)).unwrap();
    let body = &found("payments_fail").text;
    let reason =
        "first: payment 17 failed; last: payment 19 failed (matched 3 events within 10 min, above 1)";
    assert!(body.contains(reason), "{body}");
    let body = &found("mill_is_silent").text;
    assert!(body.contains("0 events within 10 min, below 1"), "{body}");
}

#[tokio::test]
async fn as_many_events_as_the_limit_fire_nothing() {
    let stage = Stage::new(RULES);
    stage.store_events(&[event(1, "shop", "payment 17 failed"), event(2, "mill", "ground")]).await;
    let role = stage.run();
    stage.counted_twice().await;
    role.stop_well().await;
    assert!(stage.mails(0).await.is_empty());
}

const NEW_MESSAGES: &str = r#"
[[notifier.receiver]]
name = "ops"
mail = ["ops@example.org"]

[notifier]
group_wait = "0s"
default_rules = false

[[rule]]
name = "new_errors"
events = { query = 'level>=error', unseen_for = "7d" }
"#;

fn days_ago(days: u64, message: &str) -> Event {
    let at = Timestamp::now().minus(Duration::from_secs(days * 24 * 60 * 60));
    let draft = Draft { level: Level::Error, occurred_at: Some(at), ..Draft::of_line(message) };
    draft.arrived(|| EventIds::new(0).next(at), at).unwrap()
}

#[tokio::test]
async fn a_message_that_was_not_seen_for_long_fires_and_one_that_differs_in_numbers_does_not() {
    let stage = Stage::new(NEW_MESSAGES);
    let events = [
        days_ago(20, "disk 1 of \"db\" is full"),
        days_ago(2, "payment 17 failed"),
        event(1, "shop", "payment 18 failed"),
        event(2, "shop", "disk 2 of \"web\" is full"),
        event(3, "shop", "disk 3 of \"web\" is full"),
    ];
    stage.store_events(&events).await;
    let role = stage.run();
    let mails = stage.mails(1).await;
    stage.counted_twice().await;
    role.stop_well().await;
    assert_eq!(stage.mails(1).await.len(), 1);
    let reason = "disk 2 of \"web\" is full (matched 1 new message within 5 min, not seen for 7 days before)";
    assert!(mails[0].text.contains(reason), "{}", mails[0].text);
}

#[tokio::test]
async fn nothing_is_new_while_the_store_has_no_history() {
    let stage = Stage::new(NEW_MESSAGES);
    stage.store_events(&[event(1, "shop", "payment 17 failed")]).await;
    let role = stage.run();
    stage.counted_twice().await;
    role.stop_well().await;
    assert!(stage.mails(0).await.is_empty());
}
