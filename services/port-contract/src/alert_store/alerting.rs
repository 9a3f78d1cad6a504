//! Alerts.

use super::{alert, alerts, cleared, firing, remember, remembered, sorted};
use crate::Fixture;
use crate::confusable::confusable;
use crate::samples::{ODD_TEXT, after, series};
use std::sync::Arc;
use watchkeeper_domain::{Acknowledgement, Alert, Series, Severity, Timestamp};
use watchkeeper_ports::{AlertKey, AlertStore};

pub async fn an_alert_takes_the_place_of_the_one_of_its_rule_and_series<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (load, free) = (series("load", &[]), series("free", &[]));
    let others = [firing("busy", &free, 1), firing("down", &load, 1)];
    alert(&*store, others.clone()).await;
    let first = firing("busy", &load, 1);
    let again = Alert { severity: Severity::Info, value: Some(2.0), ..firing("busy", &load, 9) };
    for of_load in [first.clone(), cleared(&first, 5), again] {
        alert(&*store, [of_load.clone()]).await;
        let expected = sorted([&others[..], &[of_load]].concat());
        assert_eq!(alerts(&*store).await, expected);
    }
    // Twice in one evaluation: the last one wins.
    alert(&*store, [first.clone(), cleared(&first, 20)]).await;
    assert_eq!(alerts(&*store).await, sorted([&others[..], &[cleared(&first, 20)]].concat()));
}

pub async fn alerts_are_paged_by_rule_and_series<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let of_rule = |rule| confusable().into_iter().map(move |series| firing(rule, &series, 1));
    let all: Vec<_> = ["busy", "Busy", "busy-2", "busy.2", "b"].into_iter().flat_map(of_rule).collect();
    alert(&*store, all.clone()).await;
    let all = sorted(all);
    for limit in [1, 7, all.len(), 1_000] {
        let mut found: Vec<Alert> = Vec::new();
        loop {
            let last = found.last().map(AlertKey::of);
            let page = store.alerts(last.as_ref(), limit).await.unwrap();
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        assert_eq!(found, all, "limit {limit}");
    }
    assert_eq!(store.alerts(None, 0).await.unwrap(), []);
    let between = AlertKey { rule: "busy".into(), series_key: "zzz".into() };
    assert_eq!(store.alerts(Some(&between), 1).await.unwrap()[0].rule, "busy-2");
}

pub async fn alerts_come_back_exactly<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let labels = [("ключ", "значение"), ("quote", "\"\\{},=|:"), ("empty", "")];
    let odd = Arc::new(Series::new("test", "a/b:c", "°C", &labels).unwrap());
    let mut all = Vec::new();
    let values = [None, Some(0.0), Some(-0.1), Some(f64::MAX), Some(5e-324), Some(0.1 + 0.2)];
    for (number, (value, severity)) in (0..).zip(values.into_iter().zip(Severity::ALL.repeat(2))) {
        let fires = Alert { severity, value, ..firing(&format!("rule_{number}"), &odd, number) };
        all.push(Alert { cleared_at: (number % 2 == 0).then_some(after(number)), ..fires });
    }
    let bounds = firing("bounds", &odd, 0);
    all.push(Alert { fired_at: Timestamp::MIN, cleared_at: Some(Timestamp::MAX), ..bounds });
    all.push(Alert { reason: ODD_TEXT.repeat(10), ..firing(ODD_TEXT, &odd, 0) });
    alert(&*store, all.clone()).await;
    let (found, all) = (alerts(&*store).await, sorted(all));
    assert_eq!(found, all);
    for found in found {
        assert_eq!(found.series.labels().collect::<Vec<_>>(), odd.labels().collect::<Vec<_>>());
        assert_eq!(found.series.unit(), "°C");
    }
}

fn acknowledgement(by: &str, until: Option<u64>) -> Acknowledgement {
    Acknowledgement { at: after(3), by: by.into(), comment: ODD_TEXT.into(), until: until.map(after) }
}

pub async fn an_alert_stays_acknowledged_until_it_fires_anew<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let load = series("load", &[]);
    let (busy, other) = (firing("busy", &load, 1), firing("down", &load, 1));
    alert(&*store, [busy.clone(), other.clone()]).await;
    let fires = [(AlertKey::of(&busy), busy.fired_at)];
    for acknowledged in [acknowledgement("ann", Some(90)), acknowledgement(ODD_TEXT, None)] {
        assert_eq!(store.acknowledge(&fires, Some(&acknowledged)).await.unwrap(), 1);
        let acknowledged = Some(acknowledged);
        assert_eq!(alerts(&*store).await, [Alert { acknowledged, ..busy.clone() }, other.clone()]);
    }
    drop(store);
    let store = fixture.open().await;
    let acknowledged = Some(acknowledgement(ODD_TEXT, None));
    for same in [Alert { value: Some(7.0), ..busy.clone() }, cleared(&busy, 9)] {
        alert(&*store, [same.clone()]).await;
        let expected = Alert { acknowledged: acknowledged.clone(), ..same };
        assert_eq!(alerts(&*store).await, [expected, other.clone()], "it is the same alert");
    }
    let again = firing("busy", &load, 20);
    alert(&*store, [again.clone()]).await;
    assert_eq!(alerts(&*store).await, [again.clone(), other.clone()]);
    // As a copy of another store has it.
    let copied = Alert { acknowledged: Some(acknowledgement("bob", Some(99))), ..again };
    alert(&*store, [copied.clone()]).await;
    assert_eq!(alerts(&*store).await, [copied, other]);
}

pub async fn only_what_fires_since_then_is_acknowledged<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let load = series("load", &[]);
    let (fires, clears) = (firing("fires", &load, 1), cleared(&firing("clears", &load, 1), 5));
    alert(&*store, [fires.clone(), clears.clone()]).await;
    let at = |alert: &Alert, seconds| (AlertKey::of(alert), after(seconds));
    let wrong = [at(&fires, 2), at(&clears, 1), at(&firing("unknown", &load, 1), 1)];
    assert_eq!(store.acknowledge(&wrong, Some(&acknowledgement("ann", None))).await.unwrap(), 0);
    assert_eq!(store.acknowledge(&[], Some(&acknowledgement("ann", None))).await.unwrap(), 0);
    assert_eq!(alerts(&*store).await, [clears, fires]);
}

pub async fn an_alert_is_removed_only_if_it_cleared_at_that_instant<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let load = series("load", &[]);
    let (fires, clears) = (firing("fires", &load, 1), cleared(&firing("clears", &load, 1), 5));
    let again = firing("again", &load, 9);
    alert(&*store, [fires.clone(), clears.clone(), again.clone(), cleared(&again, 12)]).await;
    alert(&*store, [again.clone()]).await;
    remember(&*store, [remembered(0, load.key(), "stays")]).await;

    let at = |alert: &Alert, seconds| (AlertKey::of(alert), after(seconds));
    store.remove(&[at(&fires, 1), at(&clears, 4), at(&clears, 6), at(&again, 12)]).await.unwrap();
    store.remove(&[]).await.unwrap();
    assert_eq!(alerts(&*store).await, [again.clone(), clears.clone(), fires.clone()]);
    store.remove(&[at(&clears, 5), at(&firing("unknown", &load, 0), 5)]).await.unwrap();
    assert_eq!(alerts(&*store).await, [again, fires]);
    assert_eq!(store.memory(load.key()).await.unwrap().unwrap(), "stays");

    drop(store);
    let store = fixture.open().await;
    assert_eq!(alerts(&*store).await.len(), 2);
    alert(&*store, [clears]).await;
    assert_eq!(alerts(&*store).await.len(), 3, "it can come back");
}

pub async fn a_store_in_use_can_be_checked<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    store.check().await.unwrap();
    alert(&*store, [firing("busy", &series("load", &[]), 1)]).await;
    store.check().await.unwrap();
    assert_eq!(alerts(&*store).await.len(), 1);
}
