//! How much the page at `/alerts` shows.

use super::{section, text};
use crate::examples::{alert, notification, rules, silence, waiting};
use crate::markup::assert_sound;
use crate::visit::{Answer, ago, page};
use crate::world::World;
use watchkeeper_console::{MAX_NOTIFICATIONS, MAX_NOTIFICATIONS_READ, MAX_PAST};
use watchkeeper_domain::{Alert, NotificationState, Severity, Silence, Timestamp};
use watchkeeper_query::{MAX_ALERTS, MAX_SILENCES};

fn rows(page: &Answer, id: &str) -> usize {
    section(page, id).matches("<tr").count().saturating_sub(1)
}

fn many(count: usize) -> Vec<Alert> {
    (0..count).map(|site| alert("down", &format!("{site:05}"), Severity::Warning, 60)).collect()
}

#[tokio::test]
async fn alerts_are_shown_up_to_a_number_and_the_others_counted() {
    let shown = page(World { alerts: many(100), ..World::default() }, "/alerts").await;
    assert_eq!(rows(&shown, "firing"), 100);
    shown.assert_lacks("more not shown");
    let shown = page(World { alerts: many(1_101), ..World::default() }, "/alerts").await;
    assert_eq!(rows(&shown, "firing"), 100);
    assert!(text(&shown, "firing").contains("1,001 more not shown."));
    shown.assert_has("1,101 alerts firing");
}

#[tokio::test]
async fn alerts_beyond_the_limit_are_not_counted_and_it_says_so() {
    let all = page(World { alerts: many(MAX_ALERTS), ..World::default() }, "/alerts").await;
    all.assert_has(">10,000 alerts firing");
    all.assert_lacks("Only the first");
    let rules = rules("[[rule]]\nname = \"down\"\nmatch = ['a=b']\nthreshold = { above = 1 }\n");
    let all = page(World { alerts: many(MAX_ALERTS + 1), rules, ..World::default() }, "/alerts").await;
    all.assert_has("at least 10,000 alerts firing");
    all.assert_has("Only the first 10,000 alerts");
    assert!(text(&all, "rules").contains(" all receivers 10,001 "), "as in the API: {}", text(&all, "rules"));
}

#[tokio::test]
async fn cleared_alerts_silences_notifications_and_rules_are_shown_up_to_a_number() {
    let cleared = |alert| Alert { cleared_at: Some(Timestamp::now()), ..alert };
    let silences = (0..=MAX_SILENCES).map(|id| silence(&id.to_string(), "host=a", ago(1)));
    let delivered =
        |id: usize| notification(&id.to_string(), 9 + id as u64, NotificationState::Delivered { at: ago(1) });
    let rule = |id| format!("[[rule]]\nname = \"r{id}\"\nmatch = ['a=b']\nthreshold = {{ above = 1 }}\n");
    let world = World {
        alerts: many(51).into_iter().map(cleared).collect(),
        silences: silences.collect(),
        notifications: (0..51).map(delivered).collect(),
        rules: rules(&(0..201).map(rule).collect::<String>()),
        ..World::default()
    };
    let page = page(world, "/alerts").await;
    assert_sound(&page.body);
    for (id, shown, remark) in [
        ("cleared", 50, "1 more not shown."),
        ("silences", 50, "Only the first 1,000 silences"),
        ("rules", 200, "1 more not shown."),
        ("notifications", 50, "1 more not shown."),
    ] {
        assert_eq!(rows(&page, id), shown, "{id}");
        assert!(text(&page, id).contains(remark), "{id}");
    }
}

#[tokio::test]
async fn notifications_that_wait_and_are_not_shown_are_counted() {
    let delivered = (0..MAX_NOTIFICATIONS)
        .map(|_| notification("new", 9_000, NotificationState::Delivered { at: ago(1) }));
    let waiting = notification("old", 90_000, waiting("refused"));
    let world = World { notifications: delivered.chain([waiting]).collect(), ..World::default() };
    let page = page(world, "/alerts").await;
    assert!(text(&page, "notifications").contains("1 pending in all."));
    page.assert_has("1 notification pending for over 2 h");
}

#[tokio::test]
async fn long_texts_are_cut_off() {
    let long = "x".repeat(301);
    let world = World {
        alerts: vec![Alert { reason: long.clone(), ..alert("a", "shop", Severity::Info, 1) }],
        notifications: vec![notification(&long, 5, waiting(&long))],
        silences: vec![Silence {
            comment: long.clone(),
            created_by: long.clone(),
            ..silence("s", "a=b", ago(1))
        }],
        ..World::default()
    };
    let page = page(world, "/alerts").await;
    page.assert_lacks(&long);
    assert_eq!(page.body.matches(&format!("{}…", "x".repeat(300))).count(), 4);
    page.assert_has(&format!("<td class=\"by\">{}…</td>", "x".repeat(60)));
}

#[tokio::test]
async fn notifications_beyond_those_that_are_read_are_not_shown_and_it_says_so() {
    let delivered =
        |id: usize| notification("many", 9 + id as u64, NotificationState::Delivered { at: ago(1) });
    let of = |count: usize| World { notifications: (0..count).map(delivered).collect(), ..World::default() };
    let some = page(of(MAX_NOTIFICATIONS_READ - 1), "/alerts").await;
    some.assert_lacks("Only the newest");
    let many = page(of(MAX_NOTIFICATIONS_READ), "/alerts").await;
    many.assert_has("Only the newest 500 notifications are read.");
}

#[tokio::test]
async fn alerts_that_cleared_beyond_those_that_are_read_are_not_shown_and_it_says_so() {
    let cleared = |alert| Alert { cleared_at: Some(Timestamp::now()), ..alert };
    let of = |count| World { alerts: many(count).into_iter().map(cleared).collect(), ..World::default() };
    page(of(MAX_PAST), "/alerts").await.assert_lacks("Not all cleared alerts are listed.");
    let many = page(of(MAX_PAST + 1), "/alerts").await;
    many.assert_has("Not all cleared alerts are listed.");
    many.assert_has("Only 300 alerts are drawn");
}
