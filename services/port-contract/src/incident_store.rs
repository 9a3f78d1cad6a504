//! What every [`IncidentStore`] promises.

use crate::samples::{ODD_TEXT, after};
use crate::{Fixture, suite};
use watchkeeper_domain::{Incident, IncidentStatus, IncidentUpdate, Maintenance, Timestamp};
use watchkeeper_ports::IncidentStore;

suite!(($) incident_store_contract, incident_store, [
    an_incident_is_found_by_its_id,
    an_incident_takes_the_place_of_the_one_with_fewer_updates_only,
    of_two_updates_at_the_same_time_one_is_stored,
    those_without_an_end_come_first_then_those_that_end_last,
    all_are_paged_through_by_their_ids,
    incidents_come_back_exactly,
    pruning_removes_what_ended_before,
    incidents_survive_reopening,
]);

const ALL: usize = 1_000_000;

fn update(at: u64, status: IncidentStatus) -> IncidentUpdate {
    IncidentUpdate { at: after(at), status, text: format!("as of {at}"), by: "ops".into() }
}

/// An incident that begins at `start`, and is resolved at `end` if there is one.
fn incident(id: &str, start: u64, end: Option<u64>) -> Incident {
    let first = update(start, IncidentStatus::Investigating);
    let last = end.map(|end| update(end, IncidentStatus::Resolved));
    Incident {
        id: id.to_owned(),
        title: format!("incident {id}"),
        pages: vec!["shop".into()],
        affected: Vec::new(),
        maintenance: None,
        updates: [first].into_iter().chain(last).collect(),
    }
}

async fn put(store: &dyn IncidentStore, incidents: &[Incident]) {
    for incident in incidents {
        assert!(store.put(incident).await.unwrap(), "{}", incident.id);
    }
}

async fn all(store: &dyn IncidentStore) -> Vec<Incident> {
    store.incidents(None, ALL).await.unwrap()
}

fn ids(incidents: &[Incident]) -> Vec<&str> {
    incidents.iter().map(|incident| incident.id.as_str()).collect()
}

pub async fn an_incident_is_found_by_its_id<F: Fixture<dyn IncidentStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(store.incident("a").await.unwrap(), None);
    assert_eq!(all(&*store).await, []);
    put(&*store, &[incident("a", 0, None), incident("A", 1, None), incident("", 2, Some(3))]).await;
    assert_eq!(store.incident("a").await.unwrap(), Some(incident("a", 0, None)));
    assert_eq!(store.incident("A").await.unwrap(), Some(incident("A", 1, None)));
    assert_eq!(store.incident("").await.unwrap(), Some(incident("", 2, Some(3))));
    assert_eq!(store.incident("b").await.unwrap(), None);
}

pub async fn an_incident_takes_the_place_of_the_one_with_fewer_updates_only<F: Fixture<dyn IncidentStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (open, resolved) = (incident("a", 0, None), incident("a", 0, Some(9)));
    put(&*store, &[open.clone(), incident("b", 1, None)]).await;
    let other = Incident { title: "another".into(), ..open.clone() };
    assert!(!store.put(&other).await.unwrap(), "it has as many updates");
    assert_eq!(store.incident("a").await.unwrap(), Some(open.clone()));
    put(&*store, std::slice::from_ref(&resolved)).await;
    assert!(!store.put(&open).await.unwrap(), "it has fewer updates");
    assert_eq!(all(&*store).await, [resolved, incident("b", 1, None)]);
}

pub async fn of_two_updates_at_the_same_time_one_is_stored<F: Fixture<dyn IncidentStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    put(&*store, &[incident("a", 0, None)]).await;
    let (one, other) = (incident("a", 0, Some(5)), incident("a", 0, Some(6)));
    let stored = tokio::join!(store.put(&one), store.put(&other));
    let stored = (stored.0.unwrap(), stored.1.unwrap());
    assert_ne!(stored.0, stored.1);
    let expected = if stored.0 { one } else { other };
    assert_eq!(store.incident("a").await.unwrap(), Some(expected));
}

pub async fn those_without_an_end_come_first_then_those_that_end_last<F: Fixture<dyn IncidentStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let planned = Incident {
        maintenance: Some(Maintenance { starts_at: after(20), ends_at: after(40) }),
        updates: vec![update(1, IncidentStatus::Scheduled)],
        ..incident("planned", 1, None)
    };
    let made = [
        incident("early", 0, Some(5)),
        incident("open-2", 3, None),
        incident("late", 1, Some(30)),
        planned,
        incident("open-1", 9, None),
        incident("also-late", 2, Some(30)),
    ];
    put(&*store, &made).await;
    let order = ["open-1", "open-2", "planned", "also-late", "late", "early"];
    for (instant, limit, expected) in [
        (0, ALL, &order[..]),
        (5, ALL, &order[..]),
        (6, ALL, &order[..5]),
        (31, ALL, &order[..3]),
        (41, ALL, &order[..2]),
        (0, 3, &order[..3]),
        (0, 0, &[]),
    ] {
        let found = store.ending_from(after(instant), limit).await.unwrap();
        assert_eq!(ids(&found), expected, "from {instant}, {limit} of them");
    }
}

pub async fn all_are_paged_through_by_their_ids<F: Fixture<dyn IncidentStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut expected = ["b", "a", "B", "-", "aa", "ä"];
    put(&*store, &expected.map(|id| incident(id, 0, None))).await;
    expected.sort_unstable();
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = store.incidents(after.as_deref(), 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        found.extend(page);
    }
    assert_eq!(ids(&found), expected);
}

pub async fn incidents_come_back_exactly<F: Fixture<dyn IncidentStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let odd = |at, status| IncidentUpdate { at, status, text: ODD_TEXT.repeat(50), by: ODD_TEXT.into() };
    let updates = IncidentStatus::ALL.map(|status| odd(Timestamp::MAX, status));
    let exact = Incident {
        id: ODD_TEXT.into(),
        title: ODD_TEXT.into(),
        pages: vec![String::new(), ODD_TEXT.into(), "a,b".into()],
        affected: vec![ODD_TEXT.into(), "{}".into(), "NULL".into()],
        maintenance: Some(Maintenance { starts_at: Timestamp::MIN, ends_at: Timestamp::MAX }),
        updates: updates.to_vec(),
    };
    let bare = Incident {
        id: "bare".into(),
        title: String::new(),
        pages: Vec::new(),
        affected: Vec::new(),
        maintenance: None,
        updates: vec![IncidentUpdate {
            text: String::new(),
            ..odd(Timestamp::MIN, IncidentStatus::Resolved)
        }],
    };
    put(&*store, &[exact.clone(), bare.clone()]).await;
    assert_eq!(store.incident(ODD_TEXT).await.unwrap(), Some(exact.clone()));
    assert_eq!(store.incident("bare").await.unwrap(), Some(bare.clone()));
    assert_eq!(store.ending_from(Timestamp::MIN, ALL).await.unwrap(), [exact, bare]);
}

pub async fn pruning_removes_what_ended_before<F: Fixture<dyn IncidentStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let made = [("a", Some(5)), ("b", Some(6)), ("c", Some(7)), ("open", None)];
    put(&*store, &made.map(|(id, end)| incident(id, 0, end))).await;
    assert_eq!(store.prune(after(5)).await.unwrap(), 0);
    assert_eq!(store.prune(after(7)).await.unwrap(), 2);
    assert_eq!(store.prune(after(7)).await.unwrap(), 0);
    assert_eq!(ids(&all(&*store).await), ["c", "open"]);
    assert_eq!(store.incident("a").await.unwrap(), None);
    assert_eq!(store.prune(Timestamp::MAX).await.unwrap(), 1, "what is open has no end");
}

pub async fn incidents_survive_reopening<F: Fixture<dyn IncidentStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let made = [incident("a", 0, Some(5)), incident("b", 0, None)];
    put(&*store, &made).await;
    drop(store);
    let store = fixture.open().await;
    assert_eq!(all(&*store).await, made);
    store.prune(after(6)).await.unwrap();
    drop(store);
    assert_eq!(all(&*fixture.open().await).await, made[1..]);
}
