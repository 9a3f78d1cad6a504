//! Notifications of an alert, and attempts that somebody asks for.

use super::{ALL, about, claim, ids, lease, newest, send, settle, waiting};
use crate::Fixture;
use crate::samples::after;
use std::sync::Arc;
use watchkeeper_domain::{Notification, NotificationState};
use watchkeeper_ports::{About, NotificationStore, Outcome, Plan, Retried};

pub async fn notifications_are_found_by_what_they_are_about<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let link = |notification: &str, alerts: &[&str]| About {
        notification: notification.into(),
        alerts: alerts.iter().map(|&alert| alert.to_owned()).collect(),
    };
    let plan = Plan {
        notifications: vec![about("a", "1", 1), about("a", "2", 2), about("b", "3", 3), about("c", "4", 4)],
        about: vec![link("1", &["x", "y"]), link("2", &["x"]), link("3", &["y"]), link("unknown", &["x"])],
        ..Plan::default()
    };
    // Twice, as a planner does that does not know whether it was stored.
    for _ in 0..2 {
        store.plan(Arc::new(plan.clone())).await.unwrap();
    }
    drop(store);
    let store = fixture.open().await;
    let found = async |alert, limit| store.about(alert, limit).await.unwrap();
    assert_eq!(ids(&found("x", ALL).await), ["2", "1"]);
    assert_eq!(ids(&found("y", ALL).await), ["3", "1"]);
    assert_eq!(ids(&found("x", 1).await), ["2"]);
    assert_eq!(found("z", ALL).await, []);
    claim(&*store, 9, ALL).await;
    settle(&*store, &lease("1", 9), &Outcome::Delivered { at: after(9) }).await;
    claim(&*store, 9, ALL).await;
    settle(&*store, &lease("2", 9), &Outcome::Delivered { at: after(9) }).await;
    assert_eq!(store.prune(after(3)).await.unwrap(), 2);
    assert_eq!(store.about("x", ALL).await.unwrap(), []);
    assert_eq!(ids(&store.about("y", ALL).await.unwrap()), ["3"]);
}

fn failed(retry_at: u64) -> Outcome {
    Outcome::Failed { retry_at: after(retry_at), reason: "busy".into() }
}

fn given_up(at: u64) -> Outcome {
    Outcome::GivenUp { at: after(at), reason: "no such mailbox".into() }
}

pub async fn a_retry_makes_due_what_waits_or_was_given_up<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [about("a", "waits", 0), about("b", "given up", 0)]).await;
    claim(&*store, 0, 10).await;
    settle(&*store, &lease("waits", 0), &failed(600)).await;
    settle(&*store, &lease("given up", 0), &given_up(1)).await;
    assert_eq!(claim(&*store, 5, 10).await, []);
    for id in ["waits", "given up"] {
        assert_eq!(store.retry(id, after(5)).await.unwrap(), Retried::Due);
    }
    drop(store);
    let store = fixture.open().await;
    assert_eq!(store.waiting().await.unwrap(), 2);
    let mut due = claim(&*store, 5, 10).await;
    due.sort_by(|one, other| one.id.cmp(&other.id));
    let state = |attempts, last_error| waiting(attempts, 5, Some(last_error));
    let expected = [
        Notification { state: state(0, "no such mailbox"), ..about("b", "given up", 0) },
        Notification { state: state(1, "busy"), ..about("a", "waits", 0) },
    ];
    assert_eq!(due, expected);
    settle(&*store, &lease("given up", 5), &Outcome::Delivered { at: after(6) }).await;
    let found = newest(&*store).await.into_iter().find(|found| found.id == "given up").unwrap();
    assert_eq!(found.state, NotificationState::Delivered { at: after(6) });
}

pub async fn a_retry_leaves_alone_what_is_under_way_or_settled<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let retry = async |id| store.retry(id, after(5)).await.unwrap();
    assert_eq!(retry("unknown").await, Retried::Unknown);
    send(&*store, [about("a", "old", 0), about("b", "gone", 0), about("c", "due", 0)]).await;
    claim(&*store, 0, 2).await;
    let sending = newest(&*store).await;
    assert_eq!([retry("old").await, retry("due").await], [Retried::UnderWay; 2]);
    assert_eq!(newest(&*store).await, sending);
    settle(&*store, &lease("gone", 0), &Outcome::Delivered { at: after(1) }).await;
    settle(&*store, &lease("old", 0), &given_up(1)).await;
    assert_eq!(retry("gone").await, Retried::Settled);
    // Another group, recipient or an attempt that failed for good does not matter.
    send(&*store, [about("other", "other", 2), about("a", "failed too", 2)]).await;
    claim(&*store, 2, 10).await;
    settle(&*store, &lease("failed too", 2), &given_up(3)).await;
    send(&*store, [about("a", "new", 3)]).await;
    assert_eq!([retry("old").await, retry("failed too").await], [Retried::Outdated; 2], "one waits");
    claim(&*store, 3, 10).await;
    settle(&*store, &lease("new", 3), &Outcome::Delivered { at: after(4) }).await;
    assert_eq!(retry("old").await, Retried::Outdated, "one was delivered");
    assert_eq!(claim(&*store, 5, 10).await, []);
}
