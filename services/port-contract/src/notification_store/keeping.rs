//! Retention.

use super::{ALL, LEASE, claim, ids, lease, newest, notification, send, settle};
use crate::Fixture;
use crate::samples::{ODD_TEXT, after};
use watchkeeper_domain::{Channel, Notification, NotificationState, Timestamp};
use watchkeeper_ports::{Claimed, Lease, NotificationStore, Outcome, Tenure};

pub async fn the_newest_come_first<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let made = |number: u64| notification(&format!("{:02}", number * 7 % 30), number * 7 % 30);
    send(&*store, (0..30).map(made).collect::<Vec<_>>()).await;
    let expected: Vec<_> =
        (0..30).rev().map(|number| notification(&format!("{number:02}"), number)).collect();
    for limit in [0, 1, 7, 30, 1_000] {
        assert_eq!(store.newest(limit).await.unwrap(), expected[..limit.min(30)], "limit {limit}");
    }
}

pub async fn texts_and_times_come_back_exactly<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let odd = Notification {
        group: ODD_TEXT.into(),
        recipient: ODD_TEXT.into(),
        subject: ODD_TEXT.into(),
        body: ODD_TEXT.repeat(2_000),
        ..notification("odd-1.x", 0)
    };
    let empty = Notification {
        group: String::new(),
        channel: Channel::Webhook,
        recipient: String::new(),
        subject: String::new(),
        body: String::new(),
        ..notification("empty", 0)
    };
    let ever = NotificationState::Waiting { attempts: 1_000, next_at: Timestamp::MAX, last_error: None };
    let late = Notification { made_at: Timestamp::MAX, state: ever, ..notification("late", 0) };
    let early = NotificationState::Waiting { attempts: 0, next_at: Timestamp::MIN, last_error: None };
    let early = Notification { made_at: Timestamp::MIN, state: early, ..notification("early", 0) };
    for one in [odd, empty, late, early] {
        send(&*store, [one.clone()]).await;
        let found = newest(&*store).await.into_iter().find(|found| found.id == one.id);
        assert_eq!(found, Some(one.clone()));
        let claimed = store.claim(Timestamp::MAX, LEASE, 10).await.unwrap();
        let expected = Claimed { lease: Lease::new(&*one.id, Timestamp::MAX), notification: one };
        assert_eq!(claimed, std::slice::from_ref(&expected));
        settle(&*store, &expected.lease, &Outcome::Delivered { at: Timestamp::MAX }).await;
    }
}

pub async fn pruning_removes_what_is_old_and_does_not_wait<F: Fixture<dyn NotificationStore>>() {
    const MANY: u64 = 3_000;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let id = |number: u64| format!("{number:04}");
    send(&*store, (0..MANY).map(|number| notification(&id(number), number)).collect::<Vec<_>>()).await;
    claim(&*store, MANY, ALL).await;
    // Of four: one is delivered, one given up, two wait.
    for number in 0..MANY {
        let outcome = match number % 4 {
            0 => Outcome::Delivered { at: after(MANY) },
            1 => Outcome::GivenUp { at: after(MANY), reason: "no such mailbox".into() },
            2 => Outcome::Failed { retry_at: after(MANY), reason: "busy".into() },
            _ => continue,
        };
        assert_eq!(settle(&*store, &lease(&id(number), MANY), &outcome).await, Tenure::Held);
    }
    assert_eq!(store.prune(after(0)).await.unwrap(), 0);
    assert_eq!(store.prune(after(2_800)).await.unwrap(), 1_400);
    assert_eq!(store.prune(after(2_800)).await.unwrap(), 0);
    let kept: Vec<_> = (0..MANY).rev().filter(|number| *number >= 2_800 || number % 4 > 1).map(id).collect();
    assert_eq!(ids(&newest(&*store).await), kept);
    assert_eq!(store.waiting().await.unwrap(), MANY / 2);
    // A removed one may come again.
    send(&*store, [notification(&id(0), 0)]).await;
    assert_eq!(store.waiting().await.unwrap(), MANY / 2 + 1);
}

pub async fn an_outbox_in_use_can_be_checked<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.check().await.unwrap();
    send(&*store, [notification("1", 0)]).await;
    store.check().await.unwrap();
    assert_eq!(store.waiting().await.unwrap(), 1);
}
