//! Files of an earlier version, from before topics had IDs.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use watchkeeper_adapter_embedded::{EmbeddedAlerts, EmbeddedBus, EmbeddedOptions, EmbeddedStore};
use watchkeeper_ports::{
    Advance, Append, EventBus as _, Group, PositionStore, StoredPosition, Topic, TopicId, TopicPartition,
};

const POSITIONS: &str = include_str!("../src/positions/schema.sql");
const CHECKS: &str = include_str!("../src/sqlite/check.sql");

/// A file of the first version, with what `rows` insert.
fn write(dir: &Path, name: &str, schema: &[&str], rows: &str) {
    let file = Connection::open(dir.join(format!("{name}.db"))).unwrap();
    file.execute_batch(&format!("{}; {rows}; PRAGMA user_version = 1", schema.concat())).unwrap();
}

fn partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

async fn position(store: &dyn PositionStore, group: &Group, topic_id: &str) -> StoredPosition {
    store.position(group, &partition(), &TopicId::new(topic_id)).await.unwrap()
}

#[tokio::test]
async fn positions_are_those_of_the_topic_that_is_asked_about_first() {
    let dir = tempfile::tempdir().unwrap();
    let (series, store) = (include_str!("../src/series/schema.sql"), include_str!("../src/store/schema.sql"));
    let position_at = |group, next| format!("INSERT INTO positions VALUES ('{group}', 'metrics', 0, {next})");
    write(dir.path(), "store", &[series, POSITIONS, store, CHECKS], &position_at("persister", 7));
    let alerts = include_str!("../src/alerts/schema.sql");
    write(dir.path(), "alerts", &[POSITIONS, alerts, CHECKS], &position_at("notifier", 5));

    let store = EmbeddedStore::open(dir.path()).unwrap().samples();
    assert_eq!(position(&*store, &Group::PERSISTER, "now").await, StoredPosition::At(7));
    let (group, topic_id) = (Group::PERSISTER, TopicId::new("now"));
    let advances = vec![Advance { group, partition: partition(), topic_id, expected: Some(7), next: 8 }];
    store.append(Arc::new(Append::moving(advances))).await.unwrap();
    assert_eq!(position(&*store, &Group::PERSISTER, "now").await, StoredPosition::At(8));
    let anew = position(&*store, &Group::PERSISTER, "created anew").await;
    assert_eq!(anew, StoredPosition::OfAnother(TopicId::new("now")));

    let alerts = EmbeddedAlerts::open(dir.path()).unwrap().alerts();
    assert_eq!(position(&*alerts, &Group::NOTIFIER, "now").await, StoredPosition::At(5));
}

#[tokio::test]
async fn epochs_go_on_from_those_that_were_stored_as_positions() {
    let dir = tempfile::tempdir().unwrap();
    let alerts = include_str!("../src/alerts/schema.sql");
    let epoch = "INSERT INTO positions VALUES ('notifier assignments', 'metrics', 0, 5)";
    write(dir.path(), "alerts", &[POSITIONS, alerts, CHECKS], epoch);
    let alerts = EmbeddedAlerts::open(dir.path()).unwrap().alerts();
    for number in [6, 7] {
        let epoch = alerts.take_over(&partition(), &TopicId::new("now")).await.unwrap();
        assert_eq!(epoch.number, number);
    }
}

#[tokio::test]
async fn each_topic_gets_an_id_that_it_keeps() {
    let dir = tempfile::tempdir().unwrap();
    let schema = include_str!("../src/bus/schema.sql");
    write(dir.path(), "bus", &[schema], "INSERT INTO topics (name) VALUES ('metrics'), ('metrics.dead')");
    let ids = async || {
        let bus = EmbeddedBus::open(dir.path(), &EmbeddedOptions::default()).unwrap();
        [
            bus.topic_id(&Topic::METRICS).await.unwrap(),
            bus.topic_id(&Topic::METRICS.dead_letters()).await.unwrap(),
        ]
    };
    let [metrics, dead] = ids().await;
    assert_ne!(metrics, dead);
    assert_eq!(ids().await, [metrics, dead]);
}
