//! Outcomes of attempts to send.

use super::{claim, ids, lease, newest, notification, send, settle, unclaimed, waiting};
use crate::Fixture;
use crate::samples::{ODD_TEXT, after};
use watchkeeper_domain::{Notification, NotificationState};
use watchkeeper_ports::{NotificationStore, Outcome, Tenure};

/// Later than any retry here.
const MUCH_LATER: u64 = 1_000_000;

fn delivered(at: u64) -> Outcome {
    Outcome::Delivered { at: after(at) }
}

fn failed(retry_at: u64, reason: &str) -> Outcome {
    Outcome::Failed { retry_at: after(retry_at), reason: reason.to_owned() }
}

fn given_up(at: u64, reason: &str) -> Outcome {
    Outcome::GivenUp { at: after(at), reason: reason.to_owned() }
}

pub async fn what_is_delivered_is_not_given_again<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0), notification("2", 0)]).await;
    claim(&*store, 0, 10).await;
    assert_eq!(settle(&*store, &lease("1", 0), &delivered(5)).await, Tenure::Held);
    assert_eq!(settle(&*store, &lease("unknown", 0), &delivered(5)).await, Tenure::Lost);
    assert_eq!(store.waiting().await.unwrap(), 1);
    assert_eq!(ids(&claim(&*store, MUCH_LATER, 10).await), ["2"]);
    let found = newest(&*store).await.into_iter().find(|found| found.id == "1").unwrap();
    let state = NotificationState::Delivered { at: after(5) };
    assert_eq!(found, Notification { state, ..notification("1", 0) });
}

pub async fn what_is_given_up_is_not_given_again<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0)]).await;
    claim(&*store, 0, 10).await;
    settle(&*store, &lease("1", 0), &failed(1, "busy")).await;
    assert_eq!(settle(&*store, &unclaimed("1", 1), &given_up(5, ODD_TEXT)).await, Tenure::Held);
    assert_eq!(store.waiting().await.unwrap(), 0);
    assert_eq!(claim(&*store, MUCH_LATER, 10).await, []);
    let state = NotificationState::GivenUp { at: after(5), reason: ODD_TEXT.to_owned() };
    assert_eq!(newest(&*store).await, [Notification { state, ..notification("1", 0) }]);
}

pub async fn a_failed_attempt_is_counted_and_tried_again_in_time<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0)]).await;
    claim(&*store, 0, 10).await;
    let mut held = lease("1", 0);
    // Before or after the end of the lease.
    for (attempts, retry_at) in [(1, 10), (2, 500)] {
        assert_eq!(settle(&*store, &held, &failed(retry_at, ODD_TEXT)).await, Tenure::Held);
        let expected =
            Notification { state: waiting(attempts, retry_at, Some(ODD_TEXT)), ..notification("1", 0) };
        assert_eq!(newest(&*store).await, std::slice::from_ref(&expected));
        assert_eq!(store.waiting().await.unwrap(), 1);
        assert_eq!(claim(&*store, retry_at - 1, 10).await, []);
        assert_eq!(claim(&*store, retry_at, 10).await, [expected]);
        held = lease("1", retry_at);
    }
    // A lease that ended without an outcome is not a failed attempt.
    settle(&*store, &held, &failed(600, "busy")).await;
    claim(&*store, 600, 10).await;
    let again = claim(&*store, MUCH_LATER, 10).await;
    let NotificationState::Waiting { attempts, .. } = again[0].state else { panic!("{again:?}") };
    assert_eq!(attempts, 3);
}

pub async fn what_is_settled_for_good_stays_as_it_is<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("2", 1), notification("1", 0)]).await;
    claim(&*store, 1, 10).await;
    settle(&*store, &lease("1", 1), &delivered(5)).await;
    settle(&*store, &lease("2", 1), &given_up(5, "no such mailbox")).await;
    let settled = newest(&*store).await;
    for late in [delivered(9), failed(9, "late"), given_up(9, "late")] {
        for id in ["1", "2"] {
            for lease in [lease(id, 1), unclaimed(id, 5)] {
                assert_eq!(settle(&*store, &lease, &late).await, Tenure::Lost);
            }
        }
        assert_eq!(newest(&*store).await, settled, "{late:?}");
        assert_eq!(claim(&*store, MUCH_LATER, 10).await, []);
    }
}

pub async fn an_outcome_survives_reopening<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let mut store = fixture.open().await;
    send(&*store, [notification("1", 0)]).await;
    for outcome in [failed(10, "busy"), delivered(20)] {
        claim(&*store, 10, 10).await;
        settle(&*store, &lease("1", 10), &outcome).await;
        let before = newest(&*store).await;
        drop(store);
        store = fixture.open().await;
        assert_eq!(newest(&*store).await, before);
    }
    assert_eq!(newest(&*store).await[0].state, NotificationState::Delivered { at: after(20) });
}
