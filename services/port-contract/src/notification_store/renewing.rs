//! Leases and their renewal.

use super::{LEASE, claim, claim_one, ids, newest, notification, send, settle, waiting};
use crate::Fixture;
use crate::samples::after;
use watchkeeper_domain::NotificationState;
use watchkeeper_ports::{Lease, NotificationStore, Outcome, Tenure};

/// The end of a lease that began at 0.
const END: u64 = LEASE.as_secs();

fn failed(retry_at: u64) -> Outcome {
    Outcome::Failed { retry_at: after(retry_at), reason: "busy".into() }
}

/// Renews a lease until `end`, and applies the grant.
async fn renew(store: &dyn NotificationStore, lease: &mut Lease, end: u64) -> Tenure {
    lease.ask_for(after(end));
    let tenure = store.renew(lease).await.unwrap();
    lease.granted();
    tenure
}

pub async fn a_lease_that_is_renewed_ends_when_its_holder_asked_for<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0), notification("2", 0)]).await;
    let mut lease = claim_one(&*store, 0).await;
    claim(&*store, 0, 1).await;
    assert_eq!(renew(&*store, &mut lease, END + 100).await, Tenure::Held);
    assert_eq!(ids(&claim(&*store, END, 10).await), ["2"], "which was not renewed");
    assert_eq!(renew(&*store, &mut lease, END + 200).await, Tenure::Held);
    assert_eq!(ids(&claim(&*store, END + 199, 10).await), ["2"]);
    assert_eq!(ids(&claim(&*store, END + 200, 10).await), ["1"]);
    let NotificationState::Waiting { attempts, .. } = newest(&*store).await[1].state else { panic!() };
    assert_eq!(attempts, 0, "to hold it is no attempt");
}

pub async fn a_lease_is_renewed_by_its_holder_alone<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0)]).await;
    let mut first = claim_one(&*store, 0).await;
    let mut second = claim_one(&*store, END).await;
    assert_eq!(renew(&*store, &mut first, END + 10_000).await, Tenure::Lost);
    assert_eq!(claim(&*store, 2 * END - 1, 10).await, [], "the second still holds it");
    assert_eq!(renew(&*store, &mut second, 3 * END).await, Tenure::Held);
    assert_eq!(claim(&*store, 3 * END - 1, 10).await, []);
    assert_eq!(ids(&claim(&*store, 3 * END, 10).await), ["1"]);
    let mut unknown = Lease::new("unknown", after(END));
    assert_eq!(renew(&*store, &mut unknown, 2 * END).await, Tenure::Lost);
}

pub async fn a_lease_that_has_ended_is_held_until_another_claims_the_notification<
    F: Fixture<dyn NotificationStore>,
>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0)]).await;
    let mut lease = claim_one(&*store, 0).await;
    assert_eq!(renew(&*store, &mut lease, 10 * END).await, Tenure::Held);
    assert_eq!(claim(&*store, 10 * END - 1, 10).await, []);
    assert_eq!(settle(&*store, &lease, &failed(20 * END)).await, Tenure::Held);
}

pub async fn a_renewal_whose_answer_was_lost_may_be_made_again<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0)]).await;
    let mut lease = claim_one(&*store, 0).await;
    lease.ask_for(after(2 * END));
    assert_eq!(store.renew(&lease).await.unwrap(), Tenure::Held);
    lease.ask_for(after(3 * END));
    assert_eq!(lease.ends(), [after(END), after(2 * END)], "the same is asked for until it is answered");
    assert_eq!(store.renew(&lease).await.unwrap(), Tenure::Held);
    lease.granted();
    assert_eq!(renew(&*store, &mut lease, 4 * END).await, Tenure::Held);
    assert_eq!(claim(&*store, 4 * END - 1, 10).await, []);
}

pub async fn who_does_not_know_whether_its_lease_was_renewed_settles_with_it<
    F: Fixture<dyn NotificationStore>,
>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    for (id, was_renewed) in [("1", false), ("2", true)] {
        send(&*store, [notification(id, 0)]).await;
        let mut lease = claim_one(&*store, 0).await;
        lease.ask_for(after(2 * END));
        if was_renewed {
            store.renew(&lease).await.unwrap();
        }
        assert_eq!(settle(&*store, &lease, &failed(10_000)).await, Tenure::Held);
        let found = newest(&*store).await.into_iter().find(|found| found.id == id).unwrap();
        assert_eq!(found.state, waiting(1, 10_000, Some("busy")));
    }
}

pub async fn an_outcome_is_noted_by_the_holder_alone<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0)]).await;
    let first = claim_one(&*store, 0).await;
    let second = claim_one(&*store, END).await;
    let before = newest(&*store).await;
    let given_up = Outcome::GivenUp { at: after(END), reason: "no such mailbox".into() };
    for late in [failed(END + 1), given_up] {
        assert_eq!(settle(&*store, &first, &late).await, Tenure::Lost, "{late:?}");
        assert_eq!(newest(&*store).await, before);
    }
    assert_eq!(claim(&*store, 2 * END - 1, 10).await, [], "the second still holds it");
    assert_eq!(settle(&*store, &second, &failed(5 * END)).await, Tenure::Held);
    assert_eq!(settle(&*store, &second, &failed(6 * END)).await, Tenure::Lost, "it is settled");
    assert_eq!(newest(&*store).await[0].state, waiting(1, 5 * END, Some("busy")));
}

pub async fn what_was_delivered_by_one_whose_lease_is_lost_is_sent_by_nobody_else<
    F: Fixture<dyn NotificationStore>,
>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0)]).await;
    let first = claim_one(&*store, 0).await;
    let mut second = claim_one(&*store, END).await;
    let delivered = Outcome::Delivered { at: after(END + 1) };
    assert_eq!(settle(&*store, &first, &delivered).await, Tenure::Held);
    assert_eq!(renew(&*store, &mut second, 3 * END).await, Tenure::Lost);
    assert_eq!(settle(&*store, &second, &failed(3 * END)).await, Tenure::Lost);
    assert_eq!(newest(&*store).await[0].state, NotificationState::Delivered { at: after(END + 1) });
    assert_eq!(claim(&*store, 10 * END, 10).await, []);
}

pub async fn what_is_settled_is_not_renewed<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let outcomes = [
        failed(END),
        Outcome::Delivered { at: after(END) },
        Outcome::GivenUp { at: after(END), reason: "no such mailbox".into() },
    ];
    for (id, outcome) in ["1", "2", "3"].into_iter().zip(outcomes) {
        send(&*store, [notification(id, 0)]).await;
        // Not the time of its settlement or retry: a lease is identified by its end.
        let mut lease = claim_one(&*store, 1).await;
        settle(&*store, &lease, &outcome).await;
        let settled = newest(&*store).await;
        assert_eq!(renew(&*store, &mut lease, 9 * END).await, Tenure::Lost, "{outcome:?}");
        assert_eq!(newest(&*store).await, settled);
    }
}

pub async fn a_renewal_survives_reopening<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    send(&*store, [notification("1", 0)]).await;
    let mut lease = claim_one(&*store, 0).await;
    renew(&*store, &mut lease, 2 * END).await;
    drop(store);
    let store = fixture.open().await;
    assert_eq!(claim(&*store, 2 * END - 1, 10).await, []);
    assert_eq!(settle(&*store, &lease, &failed(9 * END)).await, Tenure::Held);
}
