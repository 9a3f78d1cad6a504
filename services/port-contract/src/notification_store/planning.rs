//! Groups of alerts, and plans.

use super::{change, claim, group, lease, newest, notification, plan, removal, send, settle, version};
use crate::Fixture;
use crate::samples::{ODD_TEXT, after};
use std::sync::Arc;
use tokio::task::JoinSet;
use watchkeeper_domain::{Channel, Notification};
use watchkeeper_ports::{AlertGroup, NotificationStore, Outcome, Plan, Planned, PortError};

pub async fn an_empty_outbox_has_nothing<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(store.groups().await.unwrap(), []);
    assert_eq!(newest(&*store).await, []);
    assert_eq!(claim(&*store, 0, 10).await, []);
    assert_eq!(store.waiting().await.unwrap(), 0);
    assert_eq!(store.prune(after(0)).await.unwrap(), 0);
}

pub async fn groups_and_notifications_are_stored_together<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let made = [notification("b", 2), notification("a", 1)];
    let planned = plan(&*store, [change("z", 0, "of z"), change("a", 0, ODD_TEXT)], made.clone()).await;
    assert_eq!(planned, Planned::Stored);
    let groups = store.groups().await.unwrap();
    let found: Vec<_> = groups.iter().map(|group| (&*group.key, &group.state[..])).collect();
    assert_eq!(found, [("a", ODD_TEXT.as_bytes()), ("z", b"of z")]);
    assert!(groups.iter().all(|group| group.version > 0));
    assert_eq!(newest(&*store).await, made);
    assert_eq!(store.waiting().await.unwrap(), 2);
}

pub async fn a_plan_for_a_group_that_was_changed_stores_nothing<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    plan(&*store, [change("a", 0, "one"), change("b", 0, "one")], []).await;
    let (seen_a, seen_b) = (version(&*store, "a").await, version(&*store, "b").await);
    plan(&*store, [change("b", seen_b, "two")], []).await;
    let before = store.groups().await.unwrap();
    for outdated in [
        [change("a", seen_a, "x"), change("b", seen_b, "x")],
        [change("b", seen_b, "x"), change("a", seen_a, "x")],
        [change("new", 0, "x"), removal("b", seen_b)],
        [change("a", seen_a, "x"), change("b", 0, "x")],
        [change("a", seen_a, "x"), change("new", 1, "x")],
        [change("a", seen_a, "x"), removal("new", 1)],
        [removal("a", seen_a), change("b", u64::from(u32::MAX), "x")],
    ] {
        let planned = plan(&*store, outdated.clone(), [notification("1", 0)]).await;
        assert_eq!(planned, Planned::Outdated, "{outdated:?}");
        assert_eq!(store.groups().await.unwrap(), before, "{outdated:?}");
        assert_eq!(newest(&*store).await, []);
    }
}

pub async fn a_plan_that_names_a_group_twice_is_refused<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    plan(&*store, [change("a", 0, "one")], []).await;
    let (seen, before) = (version(&*store, "a").await, store.groups().await.unwrap());
    for twice in [
        [change("new", 0, "x"), change("a", seen, "x"), change("a", seen, "x")],
        [change("a", seen, "x"), removal("new", 0), removal("a", seen)],
        [removal("a", seen), removal("a", seen + 1), change("new", 0, "x")],
    ] {
        let planned =
            Plan { groups: twice.to_vec(), notifications: vec![notification("1", 0)], ..Plan::default() };
        match store.plan(Arc::new(planned)).await.unwrap_err() {
            PortError::Rejected { reason, .. } => assert_eq!(reason, "groups: \"a\" is named twice"),
            other => panic!("{other}"),
        }
        assert_eq!(store.groups().await.unwrap(), before, "{twice:?}");
        assert_eq!(newest(&*store).await, []);
    }
}

pub async fn a_version_grows_and_is_not_given_again<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let mut store = fixture.open().await;
    let mut last = 0;
    for _ in 0..3 {
        for state in ["one", "two", "two"] {
            let seen = version(&*store, "a").await;
            assert_eq!(plan(&*store, [change("a", seen, state)], []).await, Planned::Stored);
            let grown = version(&*store, "a").await;
            assert!(grown > last, "{grown} after {last}");
            last = grown;
        }
        assert_eq!(plan(&*store, [removal("a", last)], []).await, Planned::Stored);
        drop(store);
        store = fixture.open().await;
        assert_eq!(group(&*store, "a").await, None);
        assert_eq!(plan(&*store, [change("a", last, "of a ghost")], []).await, Planned::Outdated);
    }
}

pub async fn a_group_is_removed_by_who_saw_it_last<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    plan(&*store, [change("a", 0, "one"), change("b", 0, "one")], []).await;
    let first = version(&*store, "a").await;
    plan(&*store, [change("a", first, "two")], []).await;
    assert_eq!(plan(&*store, [removal("a", first)], []).await, Planned::Outdated);
    let second = version(&*store, "a").await;
    assert_eq!(plan(&*store, [removal("a", second)], [notification("1", 0)]).await, Planned::Stored);
    assert_eq!(plan(&*store, [removal("a", second)], []).await, Planned::Outdated);
    assert_eq!(plan(&*store, [removal("a", 0)], []).await, Planned::Stored, "there is none, as was seen");
    let left = store.groups().await.unwrap();
    assert_eq!(left.iter().map(|group| &*group.key).collect::<Vec<_>>(), ["b"]);
    assert_eq!(newest(&*store).await, [notification("1", 0)]);
}

pub async fn of_many_planners_one_succeeds<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    for round in 0..5 {
        let seen = version(&*store, "a").await;
        let mut tasks = JoinSet::new();
        for task in 0..16 {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                let name = format!("{round}-{task}");
                let made = notification(&name, round);
                (plan(&*store, [change("a", seen, &name)], [made]).await == Planned::Stored).then_some(name)
            });
        }
        let winners: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "round {round}");
        assert_eq!(group(&*store, "a").await.unwrap().state, winners[0]);
        assert_eq!(newest(&*store).await[0].id, winners[0]);
    }
    assert_eq!(newest(&*store).await.len(), 5);
}

pub async fn a_notification_that_is_there_is_left_out<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let other = |id| Notification {
        channel: Channel::Webhook,
        subject: "other".into(),
        body: "other".into(),
        ..notification(id, 9)
    };
    send(&*store, [notification("1", 1), notification("2", 2), other("1")]).await;
    assert_eq!(newest(&*store).await, [notification("2", 2), notification("1", 1)]);
    claim(&*store, 1, 1).await;
    settle(&*store, &lease("1", 1), &Outcome::Delivered { at: after(3) }).await;
    let before = newest(&*store).await;
    send(&*store, [other("2"), other("1")]).await;
    assert_eq!(newest(&*store).await, before);
    assert_eq!(store.waiting().await.unwrap(), 1);
}

pub async fn an_empty_plan_changes_nothing<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    plan(&*store, [change("a", 0, "one")], [notification("1", 1)]).await;
    let groups = store.groups().await.unwrap();
    assert_eq!(plan(&*store, [], []).await, Planned::Stored);
    assert_eq!(store.groups().await.unwrap(), groups);
    assert_eq!(newest(&*store).await, [notification("1", 1)]);
}

pub async fn a_plan_survives_reopening<F: Fixture<dyn NotificationStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    plan(&*store, [change("a", 0, "one")], [notification("1", 1)]).await;
    let seen = version(&*store, "a").await;
    drop(store);
    let store = fixture.open().await;
    let group = AlertGroup { key: "a".into(), version: seen, state: "one".into() };
    assert_eq!(store.groups().await.unwrap(), [group]);
    assert_eq!(newest(&*store).await, [notification("1", 1)]);
    assert_eq!(plan(&*store, [change("a", seen, "two")], []).await, Planned::Stored);
}
