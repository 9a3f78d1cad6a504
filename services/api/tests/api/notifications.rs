//! `/v1/notifications`.

use crate::platform::{Platform, at};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use std::sync::Arc;
use watchkeeper_domain::{Channel, Notification, NotificationState, Timestamp};
use watchkeeper_ports::{Lease, Outcome, Plan};

/// A notification in each state, the last the newest.
pub(crate) fn states() -> [Option<Outcome>; 4] {
    let (at, reason) = (instant("10:05:00"), || "connection refused".to_owned());
    [
        None,
        Some(Outcome::Failed { retry_at: at, reason: reason() }),
        Some(Outcome::Delivered { at }),
        Some(Outcome::GivenUp { at, reason: reason() }),
    ]
}

fn instant(time: &str) -> Timestamp {
    at(time).parse().unwrap()
}

/// Creates a notification in each state, a second apart.
pub(crate) async fn notify(platform: &Platform, outcomes: &[Option<Outcome>]) {
    for (index, outcome) in outcomes.iter().enumerate() {
        let made_at = instant(&format!("10:00:{index:02}"));
        let notification = Notification {
            id: format!("n{index}"),
            group: "rule=busy".to_owned(),
            channel: Channel::Mail,
            recipient: "ops@example.org".to_owned(),
            subject: "busy".to_owned(),
            body: "is 9, above 8".to_owned(),
            made_at,
            state: NotificationState::Waiting { attempts: 0, next_at: made_at, last_error: None },
        };
        let plan = Plan { notifications: vec![notification], ..Plan::default() };
        platform.ports.notifications.plan(Arc::new(plan)).await.unwrap();
        if let Some(outcome) = outcome {
            platform
                .ports
                .notifications
                .settle(&Lease::new(format!("n{index}"), made_at), outcome)
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn the_newest_come_first_and_say_how_far_they_have_come() {
    let platform = Platform::start().await;
    assert_eq!(platform.answer("/v1/notifications").await, json!({ "notifications": [] }));
    notify(&platform, &states()).await;
    let list = platform.answer("/v1/notifications").await;
    let at = at("10:05:00");
    let expected = json!([
        { "id": "n3", "made_at": "2026-01-20T10:00:03Z", "state": "given-up", "settled_at": at,
          "error": "connection refused" },
        { "id": "n2", "made_at": "2026-01-20T10:00:02Z", "state": "delivered", "settled_at": at },
        { "id": "n1", "made_at": "2026-01-20T10:00:01Z", "state": "waiting", "attempts": 1,
          "next_attempt_at": at, "error": "connection refused" },
        { "id": "n0", "made_at": "2026-01-20T10:00:00Z", "state": "waiting", "attempts": 0,
          "next_attempt_at": "2026-01-20T10:00:00Z" },
    ]);
    for (notification, expected) in
        list["notifications"].as_array().unwrap().iter().zip(expected.as_array().unwrap())
    {
        let mut whole = json!({
            "group": "rule=busy", "channel": "mail", "recipient": "ops@example.org", "subject": "busy",
        });
        whole.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
        assert_eq!(*notification, whole);
    }
    assert_eq!(list["notifications"].as_array().unwrap().len(), 4);
    let newest = platform.answer("/v1/notifications?limit=1").await;
    assert_eq!(newest["notifications"][0]["id"], "n3");
    assert_eq!(newest["notifications"].as_array().unwrap().len(), 1);
    assert_eq!(platform.refusal("/v1/notifications?limit=201").await, "limit: must be from 1 to 200, is 201");
    assert_eq!(platform.answer("/v1/status").await["waiting_notifications"], 2);
}

#[tokio::test]
async fn a_notification_is_sent_now_if_it_waits_or_has_failed() {
    let platform = Platform::start().await;
    notify(&platform, &states()).await;
    for (id, status, expected) in [
        ("n3", StatusCode::OK, json!({ "id": "n3", "result": "due" })),
        ("n3", StatusCode::OK, json!({ "id": "n3", "result": "under-way" })),
        (
            "n2",
            StatusCode::CONFLICT,
            json!("notification n2 was delivered or superseded, and is not sent again"),
        ),
        ("n1", StatusCode::OK, json!({ "id": "n1", "result": "under-way" })),
        ("n9", StatusCode::NOT_FOUND, json!("there is no notification n9")),
    ] {
        let request = Request::post(format!("/v1/notifications/{id}/retry")).body(Body::empty()).unwrap();
        let (found, answer) = platform.send(request).await;
        let answer = if status == StatusCode::OK { answer } else { answer["detail"].clone() };
        assert_eq!((found, answer), (status, expected), "{id}");
    }
}
