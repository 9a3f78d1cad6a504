//! The page at `/`.

use crate::examples::{alert, notification, waiting};
use crate::markup::assert_sound;
use crate::visit::page;
use crate::world::{Mood, World};
use watchkeeper_domain::Severity;

#[tokio::test]
async fn what_fires_and_what_waits_is_said_in_one_line_that_leads_to_the_alerts() {
    let firing = World {
        alerts: vec![
            alert("site_down", "shop", Severity::Critical, 300),
            alert("slow", "shop", Severity::Warning, 300),
        ],
        notifications: vec![notification("shop is down", 9_000, waiting("connection refused"))],
        ..World::default()
    };
    let page = page(firing, "/").await;
    assert_sound(&page.body);
    page.assert_has(
        "<p class=\"firing degraded\"><a href=\"/alerts\">\
         2 alerts firing (1 critical), 1 notification pending for 2 h</a></p>",
    );
    page.assert_has(">2 firing · Watchkeeper on ");
    page.assert_lacks("Operational");
}

#[tokio::test]
async fn a_notification_that_is_on_its_way_is_not_worth_a_line() {
    let notifications = vec![notification("shop is down", 0, waiting("connection refused"))];
    let page = page(World { notifications, ..World::default() }, "/").await;
    page.assert_has("Operational");
    page.assert_lacks("notification pending");
}

#[tokio::test]
async fn stores_of_alerts_that_refuse_are_named() {
    let away = World {
        alert_store: Mood::Refuses,
        outbox: Mood::Refuses,
        silence_store: Mood::Refuses,
        ..World::default()
    };
    page(away, "/").await.assert_has("Degraded: no answer from alerts, notifications and silences");
}
