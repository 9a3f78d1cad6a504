//! Alerts, plans and deliveries.

use crate::{ALL, BATCH, WRITERS, instant, name, partition, topic_id};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::EmbeddedAlerts;
use watchkeeper_domain::{Alert, Channel, Notification, NotificationState, Series, Severity, Timestamp};
use watchkeeper_ports::{
    Advance, AlertGroup, AlertStore, Claimed, Evaluation, Group, GroupChange, Memory, NotificationStore,
    Outcome, Page, Plan, Planned,
};

/// Notifications in one claim.
const CLAIM: usize = 10;

/// Counts each kind, and checks that what is stored together exists together.
pub(crate) async fn look(alerts: &EmbeddedAlerts) -> BTreeMap<String, u64> {
    let (store, outbox) = (alerts.alerts(), alerts.notifications());
    let (all, sent) = (store.alerts(None, ALL).await.unwrap(), outbox.newest(ALL).await.unwrap());
    let mut found = BTreeMap::new();
    for writer in 0..WRITERS {
        let position =
            store.position(&Group::NOTIFIER, &partition(writer), &topic_id()).await.unwrap().next();
        let of_writer: Vec<_> = all.iter().filter(|alert| alert.rule == name(writer)).cloned().collect();
        let memories = store.memories(&partition(writer), &Page::first(ALL)).await.unwrap();
        let is_any = position > 0;
        assert_eq!(of_writer, is_any.then(|| alert(writer, position)).into_iter().collect::<Vec<_>>());
        assert_eq!(memories, is_any.then(|| memory(writer, position)).into_iter().collect::<Vec<_>>());
        found.insert(format!("evaluated {writer}"), position);

        let planned = group(&*outbox, writer).await.map_or(0, |group| number(&group));
        let of_writer = format!("{} ", name(writer));
        let mut ids: Vec<_> =
            sent.iter().filter(|sent| sent.group.starts_with(&of_writer)).map(|sent| &sent.id).collect();
        let mut expected: Vec<_> = (0..planned).map(|number| notification(writer, number).id).collect();
        ids.sort_unstable();
        expected.sort_unstable();
        assert!(ids.into_iter().eq(&expected), "the notifications are those of the plans");
        found.insert(format!("planned {writer}"), planned);
    }
    found.insert("delivered".to_owned(), delivered(&sent));
    found
}

/// Evaluates record after record of its own partition.
pub(crate) async fn evaluate(store: Arc<dyn AlertStore>, writer: u32) {
    let mut expected =
        store.position(&Group::NOTIFIER, &partition(writer), &topic_id()).await.unwrap().next();
    loop {
        let next = expected + 1;
        let evaluation = Evaluation {
            epochs: Vec::new(),
            advances: vec![Advance {
                group: Group::NOTIFIER,
                partition: partition(writer),
                topic_id: topic_id(),
                expected: Some(expected),
                next,
            }],
            memories: vec![(partition(writer), memory(writer, next))],
            alerts: vec![alert(writer, next)],
            past: Vec::new(),
        };
        store.store(Arc::new(evaluation)).await.unwrap();
        expected = next;
        println!("acknowledged evaluated {writer} {next}");
    }
}

/// Plans notifications of its own group, whose state counts them.
pub(crate) async fn plan(store: Arc<dyn NotificationStore>, writer: u32) {
    loop {
        let seen = group(&*store, writer).await;
        let from = seen.as_ref().map_or(0, number);
        let next = from + BATCH;
        let change = GroupChange {
            key: name(writer),
            expected: seen.map_or(0, |group| group.version),
            state: Some(next.to_string().into()),
        };
        let notifications = (from..next).map(|number| notification(writer, number)).collect();
        let plan = Plan { groups: vec![change], notifications, ..Plan::default() };
        let planned = store.plan(Arc::new(plan)).await.unwrap();
        assert_eq!(planned, Planned::Stored);
        println!("acknowledged planned {writer} {next}");
    }
}

/// Delivers all planned notifications.
pub(crate) async fn deliver(store: Arc<dyn NotificationStore>) {
    let mut count = delivered(&store.newest(ALL).await.unwrap());
    loop {
        let claimed = store.claim(Timestamp::MAX, Duration::ZERO, CLAIM).await.unwrap();
        for Claimed { lease, .. } in &claimed {
            store.settle(lease, &Outcome::Delivered { at: Timestamp::MIN }).await.unwrap();
        }
        if !claimed.is_empty() {
            count += claimed.len() as u64;
            println!("acknowledged delivered {count}");
        }
    }
}

fn delivered(all: &[Notification]) -> u64 {
    let is_delivered = |sent: &&Notification| matches!(sent.state, NotificationState::Delivered { .. });
    all.iter().filter(is_delivered).count() as u64
}

async fn group(store: &dyn NotificationStore, writer: u32) -> Option<AlertGroup> {
    store.groups().await.unwrap().into_iter().find(|group| group.key == name(writer))
}

fn number(group: &AlertGroup) -> u64 {
    std::str::from_utf8(&group.state).unwrap().parse().unwrap()
}

fn alert(writer: u32, position: u64) -> Alert {
    Alert {
        rule: name(writer),
        series: Arc::new(Series::new("crash", &name(writer), "", &[]).unwrap()),
        severity: Severity::Warning,
        fired_at: instant(position),
        cleared_at: None,
        value: None,
        reason: String::new(),
        acknowledged: None,
    }
}

fn memory(writer: u32, position: u64) -> Memory {
    Memory { series_key: name(writer), state: position.to_string().into(), pending: false }
}

fn notification(writer: u32, number: u64) -> Notification {
    Notification {
        id: format!("{writer}-{number}"),
        group: format!("{} {number}", name(writer)),
        channel: Channel::Mail,
        recipient: String::new(),
        subject: String::new(),
        body: String::new(),
        made_at: Timestamp::MIN,
        state: NotificationState::Waiting { attempts: 0, next_at: Timestamp::MIN, last_error: None },
    }
}
