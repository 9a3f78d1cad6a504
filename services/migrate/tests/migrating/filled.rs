//! An installation that holds something of everything.

use crate::installation::Installation;
use std::sync::Arc;
use watchkeeper_domain::event::Fields;
use watchkeeper_domain::{
    Alert, Channel, Event, EventId, Incident, IncidentStatus, IncidentUpdate, Level, Matchers, Notification,
    NotificationState, Rollup, Sample, Series, SeriesRollups, Severity, Silence, Timestamp, Window,
};
use watchkeeper_ports::{
    Advance, Append, BatchBuilder, Evaluation, Group, GroupChange, Lease, Memory, Offset, Outcome, Plan,
    Processed, Topic, TopicPartition,
};
use watchkeeper_wire::dead_letter::{DeadLetter, Place, Settlement};
use watchkeeper_wire::sample::push_sample;

/// How many samples the store holds.
pub(crate) const SAMPLES: u64 = 3 * 4 * 5;
/// The records on topic `metrics`, and how many of them the persister and the notifier have done with.
pub(crate) const RECORDS: (u64, Offset, Offset) = (10, 6, 4);

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000 + seconds * 1_000_000).unwrap()
}

pub(crate) fn series(host: &str) -> Arc<Series> {
    Arc::new(Series::new("test", "load", "percent", &[("host", host)]).unwrap())
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
pub(crate) fn sample(host: &str, seconds: i64) -> Sample {
    Sample::new(series(host), at(seconds), seconds as f64 / 7.0)
}

pub(crate) fn metrics() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

pub(crate) async fn filled() -> Installation {
    let here = Installation::fresh();
    samples(&here).await;
    events(&here).await;
    rollups(&here).await;
    records(&here).await;
    alerts(&here).await;
    outbox(&here).await;
    here
}

/// Of four series on three days.
async fn samples(here: &Installation) {
    let days = [0, 86_400, 5 * 86_400];
    let of_day = |day: i64| (0..5).flat_map(move |n| ["a", "b", "c", "d"].map(|host| sample(host, day + n)));
    let samples = days.into_iter().flat_map(of_day).collect();
    let topic_id = here.bus.topic_id(&Topic::METRICS).await.unwrap();
    let (group, partition) = (Group::PERSISTER, metrics());
    let advances = vec![Advance { group, partition, topic_id, expected: None, next: RECORDS.1 }];
    here.stores.samples.append(Arc::new(Append { items: samples, advances })).await.unwrap();
    let marks = [("github".to_owned(), at(1)), ("host".to_owned(), at(2))];
    here.stores.schedule.mark("collector", &marks).await.unwrap();
}

/// How many events the store holds; as many others were pruned, but are still counted.
pub(crate) const EVENTS: u64 = 520 + 5;
/// The records on topic `events`, and how many of them the processor has done with.
pub(crate) const EVENT_RECORDS: (u64, Offset) = (5, 3);

/// An event of one of two days.
pub(crate) fn event(day: i64, number: i64, level: Level) -> Event {
    Event {
        id: EventId::given(&format!("{day} {number} {level}")),
        occurred_at: at(day * 86_400 + number / 4),
        level,
        service: format!("s{}", number % 3),
        host: "web-1".into(),
        message: "käse".into(),
        fields: Fields::from_iter([("number".to_owned(), number.into())]),
    }
}

async fn events(here: &Installation) {
    let all = |level| {
        [(0, 520), (2, 5)]
            .into_iter()
            .flat_map(move |(day, events)| (0..events).map(move |number| event(day, number, level)))
    };
    let items = all(Level::Info).chain(all(Level::Debug)).map(Processed::stored).collect();
    let topic_id = here.bus.topic_id(&Topic::EVENTS).await.unwrap();
    let (group, partition) = (Group::PROCESSOR, TopicPartition::new(Topic::EVENTS, 0));
    let advances = vec![Advance { group, partition, topic_id, expected: None, next: EVENT_RECORDS.1 }];
    here.stores.events.append(Arc::new(Append { items, advances })).await.unwrap();
    here.stores.events.prune_some(None, Some(Level::Debug), at(10 * 86_400)).await.unwrap();
    let mut batch = BatchBuilder::default();
    (0..EVENT_RECORDS.0).for_each(|number| batch.push(b"", format!("line {number}").as_bytes()));
    here.bus.publish(&Topic::EVENTS, batch.finish()).await.unwrap();
}

async fn rollups(here: &Installation) {
    for window in Window::ALL {
        let rollup = |n: u32| Rollup {
            start: window.start(at(0)).minus(window.length() * n * 1_000),
            avg: 1.0 / 3.0,
            min: -1.0,
            max: f64::from(n),
            count: 7,
            p95: 0.1,
        };
        let of_series =
            |host| SeriesRollups { series: series(host), rollups: (0..3).rev().map(rollup).collect() };
        here.rollups.put(window, &["a", "b", "c"].map(of_series)).await.unwrap();
        here.rollups.set_made_until(window.name(), at(3)).await.unwrap();
    }
}

/// Ten records, and three letters of which the second was replayed and the notifier has seen the first two.
async fn records(here: &Installation) {
    let mut batch = BatchBuilder::default();
    let hosts = ["a", "b"].into_iter().cycle();
    (0..9).zip(hosts).for_each(|(n, host)| push_sample(&mut batch, &sample(host, 6 * 86_400 + n)));
    batch.push_with_headers(b"k", b"poison", vec![("trace".to_owned(), "1".to_owned())]);
    here.bus.publish(&Topic::METRICS, batch.finish()).await.unwrap();

    let letter = |offset| DeadLetter {
        reason: "sample: is no JSON",
        rejected_by: "persister",
        rejected_at: at(4),
        origin: metrics(),
        offset,
        record: watchkeeper_ports::Record { key: b"k", value: b"poison", headers: &[], incomplete: None },
    };
    let mut batch = BatchBuilder::default();
    (0..3).for_each(|offset| letter(offset).push(&mut batch));
    letter(1).push_marker(&mut batch, Settlement::Replayed, Place { partition: 0, offset: 1 });
    here.bus.publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();
}

async fn alerts(here: &Installation) {
    let alert = |rule: &str, host, cleared_at| Alert {
        rule: rule.to_owned(),
        series: series(host),
        severity: Severity::Critical,
        fired_at: at(1),
        cleared_at,
        value: Some(0.1 + 0.2),
        reason: "is 0.3 percent, above 0.2".into(),
        acknowledged: None,
    };
    let memory = |host, state: &'static str| Memory {
        series_key: series(host).key().to_owned(),
        state: state.as_bytes().into(),
        pending: state.len().is_multiple_of(2),
    };
    let letters = TopicPartition::new(Topic::METRICS.dead_letters(), 0);
    let advance = async |partition: &TopicPartition, next| Advance {
        group: Group::NOTIFIER,
        partition: partition.clone(),
        topic_id: here.bus.topic_id(&partition.topic).await.unwrap(),
        expected: None,
        next,
    };
    let found = Evaluation {
        epochs: Vec::new(),
        advances: vec![advance(&metrics(), RECORDS.2).await, advance(&letters, 2).await],
        memories: vec![
            (metrics(), memory("a", "fires")),
            (metrics(), memory("b", "waits")),
            (letters.clone(), memory("c", "counts")),
        ],
        alerts: vec![alert("busy", "a", None), alert("busy", "b", Some(at(9))), alert("idle", "a", None)],
        past: vec![alert("busy", "a", Some(at(1)))],
    };
    here.stores.alerts.store(Arc::new(found)).await.unwrap();
    for id in ["first", "second"] {
        let silence = Silence {
            id: id.to_owned(),
            matchers: Matchers::new(vec!["rule=~\"b.*\"".parse().unwrap()]).unwrap(),
            starts_at: at(0),
            ends_at: at(7_200),
            created_by: "ops".into(),
            comment: "peace".into(),
        };
        here.stores.silences.put(&silence).await.unwrap();
        let update =
            |(n, status)| IncidentUpdate { at: at(n), status, text: "text".into(), by: "ops".into() };
        let incident = Incident {
            id: id.to_owned(),
            title: "slow".into(),
            pages: vec!["shop".into()],
            affected: Vec::new(),
            maintenance: None,
            updates: vec![update((0, IncidentStatus::Identified)), update((9, IncidentStatus::Resolved))],
        };
        here.stores.incidents.put(&incident).await.unwrap();
    }
}

/// One notification that was delivered, one that was given up, and two that wait.
async fn outbox(here: &Installation) {
    let notifications = &here.stores.notifications;
    let mut made = ["delivered", "given-up", "waiting-1", "waiting-2"].map(notification);
    // A delivery makes due what waits for the same recipient.
    made[0].recipient = "dba@example.org".into();
    let state = Some(b"told".as_slice().into());
    let groups = vec![GroupChange { key: "rule=busy".into(), expected: 0, state }];
    notifications
        .plan(Arc::new(Plan { groups, notifications: made.to_vec(), ..Plan::default() }))
        .await
        .unwrap();
    let lease = |id: &str| Lease::new(id, at(4));
    notifications.settle(&lease("delivered"), &Outcome::Delivered { at: at(5) }).await.unwrap();
    let given_up = Outcome::GivenUp { at: at(6), reason: "no such user".into() };
    notifications.settle(&lease("given-up"), &given_up).await.unwrap();
    let failed = Outcome::Failed { retry_at: at(7), reason: "busy".into() };
    notifications.settle(&lease("waiting-1"), &failed).await.unwrap();
}

pub(crate) fn notification(id: &str) -> Notification {
    Notification {
        id: id.to_owned(),
        group: "rule=busy".into(),
        channel: Channel::Mail,
        recipient: "ops@example.org".into(),
        subject: "busy".into(),
        body: "host a is busy".into(),
        made_at: at(4),
        state: NotificationState::Waiting { attempts: 0, next_at: at(4), last_error: None },
    }
}
