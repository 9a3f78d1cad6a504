//! Claims.

use super::{LEASE, about, claim, ids, lease, notification, send, settle, waiting};
use crate::Fixture;
use crate::samples::after;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use watchkeeper_domain::{Channel, Notification, Timestamp};
use watchkeeper_ports::{Claimed, Lease, NotificationStore, Outcome, Tenure};

pub async fn a_claim_gives_what_is_due_the_longest_waiting_first<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let due_at = |id, at| Notification { state: waiting(2, at, Some("busy")), ..notification(id, 0) };
    let all = [due_at("d", 10), due_at("c", 3), due_at("a", 1), due_at("b", 2)];
    send(&*store, all.clone()).await;
    assert_eq!(claim(&*store, 0, 10).await, []);
    assert_eq!(claim(&*store, 3, 0).await, []);
    assert_eq!(claim(&*store, 3, 2).await, [all[2].clone(), all[3].clone()]);
    assert_eq!(claim(&*store, 3, 10).await, [all[1].clone()], "what is due at this instant is due");
    assert_eq!(claim(&*store, 3, 10).await, []);
    assert_eq!(claim(&*store, 10, 10).await, [all[0].clone()]);
    assert_eq!(store.waiting().await.unwrap(), 4, "until they are settled");
}

pub async fn what_is_claimed_is_given_again_only_when_the_lease_has_ended<
    F: Fixture<dyn NotificationStore>,
>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0)]).await;
    let (now, end) = (after(100), after(100).plus(LEASE));
    let claimed = |end| [Lease::new("1", end)];
    let leases = async |now, lease| {
        let claimed: Vec<Claimed> = store.claim(now, lease, 10).await.unwrap();
        claimed.into_iter().map(|claimed| claimed.lease).collect::<Vec<_>>()
    };
    assert_eq!(leases(now, LEASE).await, claimed(end));
    let just_before = end.minus(Duration::from_micros(1));
    assert_eq!(leases(just_before, LEASE).await, []);
    let again = store.claim(end, Duration::ZERO, 10).await.unwrap();
    assert_eq!(again[0].lease, Lease::new("1", end));
    assert_eq!(again[0].notification.body, notification("1", 0).body);
    assert_eq!(leases(end, Duration::MAX).await, claimed(Timestamp::MAX), "nobody leased it");
    assert_eq!(leases(end.plus(100 * LEASE), LEASE).await, []);
}

pub async fn a_recipient_is_told_about_a_group_in_the_order_in_which_it_was_planned<
    F: Fixture<dyn NotificationStore>,
>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [about("a", "fires", 0)]).await;
    assert_eq!(ids(&claim(&*store, 10, 10).await), ["fires"]);
    send(&*store, [about("a", "recovers", 10), about("b", "other group", 10)]).await;
    let other = Notification { recipient: "boss@example.org".into(), ..about("a", "other recipient", 10) };
    let hook = Notification { channel: Channel::Webhook, ..about("a", "other channel", 10) };
    send(&*store, [other, hook]).await;
    let others = ["other group", "other recipient", "other channel"];
    assert_eq!(ids(&claim(&*store, 10, 10).await), others, "the one that recovers waits for the first");
    assert_eq!(claim(&*store, 10, 10).await, [], "the first is being sent");
    let given_up = Outcome::GivenUp { at: after(20), reason: "no such mailbox".into() };
    settle(&*store, &lease("fires", 10), &given_up).await;
    assert_eq!(ids(&claim(&*store, 20, 10).await), ["recovers"]);
}

pub async fn claims_at_the_same_time_share_what_is_due<F: Fixture<dyn NotificationStore>>() {
    const NOTIFICATIONS: u64 = 500;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let all: Vec<_> =
        (0..NOTIFICATIONS).map(|number| notification(&format!("{number:03}"), number)).collect();
    send(&*store, all.clone()).await;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let mut claimed = Vec::new();
            // An engine may skip what another claim has locked at this moment: one empty answer is not the
            // end.
            while store.waiting().await.unwrap() > 0 {
                for Claimed { lease, .. } in store.claim(after(NOTIFICATIONS), LEASE, 7).await.unwrap() {
                    let outcome = Outcome::Delivered { at: after(NOTIFICATIONS) };
                    assert_eq!(settle(&*store, &lease, &outcome).await, Tenure::Held);
                    claimed.push(lease.id().to_owned());
                }
            }
            claimed
        });
    }
    let mut claimed: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    claimed.sort_unstable();
    assert_eq!(claimed, ids(&all), "each is given to one");
}

pub async fn a_lease_survives_reopening<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0)]).await;
    claim(&*store, 0, 10).await;
    drop(store);
    let store = fixture.open().await;
    assert_eq!(claim(&*store, 1, 10).await, []);
    assert_eq!(ids(&claim(&*store, LEASE.as_secs(), 10).await), ["1"]);
}
