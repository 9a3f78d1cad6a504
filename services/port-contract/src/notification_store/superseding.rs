//! What is newer takes the place of what waits, and a delivery wakes what waits.

use super::{LEASE, about, claim, ids, lease, newest, send, settle, waiting};
use crate::Fixture;
use crate::samples::after;
use watchkeeper_domain::{Channel, Notification, NotificationState};
use watchkeeper_ports::{NotificationStore, Outcome, Tenure};

/// The state of one.
async fn state(store: &dyn NotificationStore, id: &str) -> NotificationState {
    newest(store).await.into_iter().find(|found| found.id == id).unwrap().state
}

fn superseded(at: u64, by: &str) -> NotificationState {
    NotificationState::Superseded { at: after(at), by: by.to_owned() }
}

pub async fn what_is_newer_about_a_group_takes_the_place_of_what_waits<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let mut store = fixture.open().await;
    let backed_off = Notification { state: waiting(3, 1_000, Some("busy")), ..about("a", "fires", 0) };
    send(&*store, [backed_off, about("a", "recovers", 5), about("a", "fires again", 6)]).await;
    let boss = Notification { recipient: "boss@example.org".into(), ..about("a", "other recipient", 4) };
    let hook = Notification { channel: Channel::Webhook, ..about("a", "other channel", 4) };
    send(&*store, [about("b", "other group", 4), boss, hook]).await;
    let claimed = claim(&*store, 10, 10).await;
    assert_eq!(ids(&claimed), ["other group", "other recipient", "other channel", "fires again"]);
    for _ in 0..2 {
        assert_eq!(state(&*store, "fires").await, superseded(10, "fires again"));
        assert_eq!(state(&*store, "recovers").await, superseded(10, "fires again"));
        assert_eq!(store.waiting().await.unwrap(), 4);
        drop(store);
        store = fixture.open().await;
    }
    let delivered = Outcome::Delivered { at: after(11) };
    assert_eq!(settle(&*store, &lease("fires", 10), &delivered).await, Tenure::Lost, "it is settled");
    assert_eq!(store.prune(after(1)).await.unwrap(), 1, "as anything that is settled");
}

pub async fn what_is_being_sent_is_not_superseded_until_it_has_failed<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [Notification { state: waiting(2, 0, Some("busy")), ..about("a", "fires", 0) }]).await;
    assert_eq!(ids(&claim(&*store, 0, 10).await), ["fires"]);
    send(&*store, [about("a", "recovers", 1)]).await;
    assert_eq!(claim(&*store, 1, 10).await, []);
    let failed = Outcome::Failed { retry_at: after(500), reason: "busy".into() };
    assert_eq!(settle(&*store, &lease("fires", 0), &failed).await, Tenure::Held);
    assert_eq!(ids(&claim(&*store, 2, 10).await), ["recovers"]);
    assert_eq!(state(&*store, "fires").await, superseded(2, "recovers"));
    // And one whose holder is dead, at the end of its lease.
    send(&*store, [about("a", "fires later", 3)]).await;
    assert_eq!(claim(&*store, 3, 10).await, []);
    assert_eq!(ids(&claim(&*store, 2 + LEASE.as_secs(), 10).await), ["fires later"]);
    assert_eq!(state(&*store, "recovers").await, superseded(2 + LEASE.as_secs(), "fires later"));
}

pub async fn what_is_postponed_waits_without_an_attempt_until_its_recipient_may_be_asked<
    F: Fixture<dyn NotificationStore>,
>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [about("a", "paused", 0), about("b", "sent meanwhile", 1)]).await;
    assert_eq!(ids(&claim(&*store, 1, 10).await), ["paused", "sent meanwhile"]);
    let postponed = Outcome::Postponed { until: after(30), reason: "asked for a pause".into() };
    assert_eq!(settle(&*store, &lease("paused", 1), &postponed).await, Tenure::Held);
    let delivered = Outcome::Delivered { at: after(2) };
    assert_eq!(settle(&*store, &lease("sent meanwhile", 1), &delivered).await, Tenure::Held);
    drop(store);
    let store = fixture.open().await;
    assert_eq!(state(&*store, "paused").await, waiting(0, 30, Some("asked for a pause")));
    assert_eq!(claim(&*store, 29, 10).await, [], "a delivery does not end the pause");
    assert_eq!(ids(&claim(&*store, 30, 10).await), ["paused"]);
}

pub async fn a_delivery_wakes_what_waits_for_the_same_recipient<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let backed_off =
        |group: &str, id: &str| Notification { state: waiting(5, 600, Some("busy")), ..about(group, id, 0) };
    let boss = Notification { recipient: "boss@example.org".into(), ..backed_off("c", "other recipient") };
    let hook = Notification { channel: Channel::Webhook, ..backed_off("c", "other channel") };
    send(&*store, [about("a", "first", 0), backed_off("b", "second"), boss, hook]).await;
    send(&*store, [Notification { state: waiting(1, 1, Some("busy")), ..about("d", "being sent", 0) }]).await;
    assert_eq!(ids(&claim(&*store, 1, 10).await), ["first", "being sent"]);
    assert_eq!(settle(&*store, &lease("first", 1), &Outcome::Delivered { at: after(2) }).await, Tenure::Held);
    assert_eq!(state(&*store, "second").await, waiting(5, 2, Some("busy")));
    assert_eq!(ids(&claim(&*store, 2, 10).await), ["second"]);
    let again = Outcome::Failed { retry_at: after(900), reason: "busy".into() };
    assert_eq!(
        settle(&*store, &lease("being sent", 1), &again).await,
        Tenure::Held,
        "its lease is untouched"
    );
    assert_eq!(ids(&claim(&*store, 600, 10).await), ["second", "other recipient", "other channel"]);
}
