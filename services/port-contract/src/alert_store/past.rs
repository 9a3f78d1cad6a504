//! Alerts of the past, and what is pending.

use super::{ALL, alert, alerts, cleared, firing, memory, partition, remember, try_store};
use crate::Fixture;
use crate::confusable::confusable;
use crate::samples::{ODD_TEXT, after, series};
use watchkeeper_domain::{Acknowledgement, Alert, Timestamp};
use watchkeeper_ports::{AlertKey, AlertStore, Evaluation, Memory, PastAlerts, PastKey};

fn all_of(of: Option<&Alert>) -> PastAlerts {
    PastAlerts { of: of.map(AlertKey::of), since: Timestamp::MIN, after: None, limit: ALL }
}

async fn past(store: &dyn AlertStore) -> Vec<Alert> {
    store.past(&all_of(None)).await.unwrap()
}

pub async fn what_cleared_is_kept_each_time_that_it_fired<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (load, free) = (series("load", &[]), series("free", &[]));
    let (first, again) = (firing("busy", &load, 1), firing("busy", &load, 20));
    let other = cleared(&firing("busy", &free, 2), 7);
    alert(&*store, [first.clone(), other.clone()]).await;
    assert_eq!(past(&*store).await, std::slice::from_ref(&other), "what fires is not past");
    alert(&*store, [cleared(&first, 9)]).await;
    alert(&*store, [again.clone()]).await;
    assert_eq!(past(&*store).await, [cleared(&first, 9), other.clone()]);
    alert(&*store, [cleared(&again, 30)]).await;
    // Found again after a restart, with another end.
    alert(&*store, [cleared(&again, 31)]).await;
    store.remove(&[(AlertKey::of(&again), after(31))]).await.unwrap();
    drop(store);
    let store = fixture.open().await;
    assert_eq!(alerts(&*store).await, std::slice::from_ref(&other));
    assert_eq!(past(&*store).await, [cleared(&again, 31), cleared(&first, 9), other.clone()]);
    let of_load = store.past(&all_of(Some(&first))).await.unwrap();
    assert_eq!(of_load, [cleared(&again, 31), cleared(&first, 9)]);
    let since = PastAlerts { since: after(9), ..all_of(None) };
    assert_eq!(store.past(&since).await.unwrap(), [cleared(&again, 31), cleared(&first, 9)]);
    assert_eq!(store.past(&PastAlerts { since: after(10), ..all_of(Some(&other)) }).await.unwrap(), []);
}

pub async fn what_cleared_and_fires_again_at_once_is_kept<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let load = series("load", &[]);
    let first = firing("busy", &load, 1);
    alert(&*store, [first.clone()]).await;
    let ann = Acknowledgement { at: after(3), by: "ann".into(), comment: ODD_TEXT.into(), until: None };
    store.acknowledge(&[(AlertKey::of(&first), first.fired_at)], Some(&ann)).await.unwrap();
    let again = firing("busy", &load, 20);
    let evaluation = Evaluation {
        alerts: vec![again.clone()],
        past: vec![cleared(&first, 9), cleared(&firing("busy", &load, 12), 15)],
        ..Evaluation::default()
    };
    try_store(&*store, evaluation.clone()).await.unwrap();
    try_store(&*store, evaluation).await.unwrap();
    assert_eq!(alerts(&*store).await, [again]);
    let acknowledged = Alert { acknowledged: Some(ann), ..cleared(&first, 9) };
    assert_eq!(past(&*store).await, [cleared(&firing("busy", &load, 12), 15), acknowledged]);
}

pub async fn the_past_keeps_who_acknowledged<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let busy = firing("busy", &series("load", &[]), 1);
    alert(&*store, [busy.clone()]).await;
    let ann =
        Acknowledgement { at: after(3), by: "ann".into(), comment: ODD_TEXT.into(), until: Some(after(9)) };
    store.acknowledge(&[(AlertKey::of(&busy), busy.fired_at)], Some(&ann)).await.unwrap();
    alert(&*store, [cleared(&busy, 5)]).await;
    let expected = Alert { acknowledged: Some(ann), ..cleared(&busy, 5) };
    assert_eq!(past(&*store).await, std::slice::from_ref(&expected));
    store.remove(&[(AlertKey::of(&busy), after(5))]).await.unwrap();
    try_store(&*store, Evaluation { past: vec![cleared(&busy, 6)], ..Evaluation::default() }).await.unwrap();
    assert_eq!(past(&*store).await, [Alert { cleared_at: Some(after(6)), ..expected }]);
}

pub async fn the_past_is_paged_from_the_last_to_clear<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut all = Vec::new();
    for (number, series) in (0..).zip(confusable()) {
        for rule in ["busy", "Busy", "busy-2"] {
            // Several at one instant, and of one alert.
            all.push(cleared(&firing(rule, &series, number), 100 + number / 5));
            all.push(cleared(&firing(rule, &series, 200 + number), 300 + number / 5));
        }
    }
    try_store(&*store, Evaluation { past: all.clone(), ..Evaluation::default() }).await.unwrap();
    all.sort_by_key(|alert| std::cmp::Reverse(PastKey::of(alert)));
    for limit in [1, 7, all.len(), 1_000] {
        let (mut found, mut question) = (Vec::new(), PastAlerts { limit, ..all_of(None) });
        loop {
            let page = store.past(&question).await.unwrap();
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            question.after = PastKey::of(last);
            found.extend(page);
        }
        assert_eq!(found, all, "limit {limit}");
    }
    let of_one = all_of(Some(&all[0]));
    let expected: Vec<_> =
        all.iter().filter(|one| AlertKey::of(one) == AlertKey::of(&all[0])).cloned().collect();
    assert_eq!(store.past(&of_one).await.unwrap(), expected);
    let second = PastAlerts { after: PastKey::of(&expected[0]), ..of_one };
    assert_eq!(store.past(&second).await.unwrap(), expected[1..]);
    assert_eq!(store.past(&PastAlerts { limit: 0, ..all_of(None) }).await.unwrap(), []);
}

pub async fn pruning_removes_from_the_past_what_is_old_or_too_many<F: Fixture<dyn AlertStore>>() {
    const MANY: u64 = 2_500;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let load = series("load", &[]);
    let past_alert = |number| cleared(&firing("busy", &load, number), number + 1);
    let all: Vec<_> = (0..MANY).map(past_alert).collect();
    try_store(&*store, Evaluation { past: all, ..Evaluation::default() }).await.unwrap();
    let fires = firing("fires", &load, 0);
    alert(&*store, [fires.clone()]).await;
    assert_eq!(store.prune(after(1), MANY).await.unwrap(), 0);
    assert_eq!(store.prune(after(2_201), MANY).await.unwrap(), 2_200);
    assert_eq!(store.prune(after(0), 10).await.unwrap(), 290);
    let kept: Vec<_> = (MANY - 10..MANY).rev().map(past_alert).collect();
    assert_eq!(past(&*store).await, kept);
    assert_eq!(store.prune(Timestamp::MAX, 0).await.unwrap(), 10);
    assert_eq!((past(&*store).await, alerts(&*store).await), (Vec::new(), vec![fires]));
}

pub async fn an_acknowledgement_is_taken_back<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (busy, other) = (firing("busy", &series("load", &[]), 1), firing("down", &series("up", &[]), 1));
    alert(&*store, [busy.clone(), other.clone()]).await;
    let fires = [&busy, &other].map(|alert| (AlertKey::of(alert), alert.fired_at));
    let ann =
        Acknowledgement { at: after(3), by: "ann".into(), comment: String::new(), until: Some(after(9)) };
    assert_eq!(store.acknowledge(&fires, Some(&ann)).await.unwrap(), 2);
    assert_eq!(store.acknowledge(&fires[..1], None).await.unwrap(), 1);
    let acknowledged = Alert { acknowledged: Some(ann), ..other };
    assert_eq!(alerts(&*store).await, [busy.clone(), acknowledged.clone()]);
    alert(&*store, [cleared(&busy, 5)]).await;
    assert_eq!(store.acknowledge(&fires[..1], None).await.unwrap(), 0, "it has cleared");
    assert_eq!(past(&*store).await, [cleared(&busy, 5)]);
}

pub async fn what_is_pending_is_found_in_whichever_partition<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let pending = |key: &str, state: &str| Memory { pending: true, ..memory(key, state) };
    remember(
        &*store,
        [(partition(0), pending("test/moves", "zero")), (partition(0), pending("test/b", "b"))],
    )
    .await;
    remember(
        &*store,
        [(partition(1), pending("test/a", "a")), (partition(1), memory("test/rests", "rests"))],
    )
    .await;
    let found = async |limit| store.pending(limit).await.unwrap();
    assert_eq!(
        found(ALL).await,
        [pending("test/a", "a"), pending("test/b", "b"), pending("test/moves", "zero")]
    );
    assert_eq!(found(2).await, [pending("test/a", "a"), pending("test/b", "b")]);
    remember(&*store, [(partition(1), memory("test/moves", "one"))]).await;
    remember(&*store, [(partition(0), memory("test/b", "rests"))]).await;
    remember(&*store, [(partition(1), memory("test/a", ""))]).await;
    assert_eq!(found(ALL).await, [], "the last one of each series says so");
    drop(store);
    let store = fixture.open().await;
    remember(&*store, [(partition(0), pending("test/moves", "back"))]).await;
    assert_eq!(store.pending(ALL).await.unwrap(), [pending("test/moves", "back")]);
}
