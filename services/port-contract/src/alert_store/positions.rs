//! Storing evaluations and committing positions.

use super::{advance, alerts, firing, memories, memory, partition, position, remembered, try_store};
use crate::Fixture;
use crate::samples::{created_anew, series, topic_id};
use std::sync::Arc;
use tokio::task::JoinSet;
use watchkeeper_ports::{
    Advance, AlertStore, Evaluation, Group, PortError, StoredPosition, Topic, TopicPartition,
};

/// An evaluation with something of each kind.
fn finding(rule: &str, advances: impl Into<Vec<Advance>>) -> Evaluation {
    let load = series("load", &[]);
    Evaluation {
        past: Vec::new(),
        epochs: Vec::new(),
        advances: advances.into(),
        memories: vec![remembered(0, load.key(), rule)],
        alerts: vec![firing(rule, &load, 1)],
    }
}

fn moving(advances: impl Into<Vec<Advance>>) -> Evaluation {
    Evaluation { advances: advances.into(), ..Evaluation::default() }
}

async fn assert_nothing_is_found(store: &dyn AlertStore) {
    assert_eq!(alerts(store).await, []);
    assert_eq!(memories(store, 0).await, []);
}

pub async fn an_empty_store_has_nothing<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    assert_eq!(position(&*store, 0).await, None);
    assert_eq!(store.memory("test/load").await.unwrap(), None);
    assert_nothing_is_found(&*store).await;
}

pub async fn findings_and_positions_move_together<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    for (rule, expected, next) in [("first", 0, 10), ("second", 10, 25), ("third", 25, 25)] {
        try_store(&*store, finding(rule, [advance(0, expected, next)])).await.unwrap();
        assert_eq!(position(&*store, 0).await, Some(next));
        assert_eq!(memories(&*store, 0).await, [memory("test/load", rule)]);
    }
    let load = series("load", &[]);
    let found = ["first", "second", "third"].map(|rule| firing(rule, &load, 1));
    assert_eq!(alerts(&*store).await, found);
}

pub async fn a_zombies_evaluation_fails_and_stores_nothing<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    try_store(&*store, moving([advance(0, 0, 10)])).await.unwrap();
    // The last one changes nothing, but is compared all the same.
    for (expected, next) in [(0, 5), (9, 20), (11, 20), (9, 9)] {
        match try_store(&*store, finding("zombie", [advance(0, expected, next)])).await.unwrap_err() {
            PortError::PositionMoved { partition: moved, expected: said, found } => {
                assert_eq!((moved, said, found), (partition(0), expected, 10));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(position(&*store, 0).await, Some(10));
    assert_nothing_is_found(&*store).await;
}

pub async fn one_moved_position_holds_all_findings_back<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    try_store(&*store, moving([advance(1, 0, 7)])).await.unwrap();
    let half_moved = finding("zombie", [advance(0, 0, 5), advance(1, 0, 9)]);
    assert!(matches!(try_store(&*store, half_moved).await, Err(PortError::PositionMoved { .. })));
    assert_eq!((position(&*store, 0).await, position(&*store, 1).await), (None, Some(7)));
    assert_nothing_is_found(&*store).await;
}

pub async fn groups_and_partitions_have_positions_of_their_own<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let dead = TopicPartition::new(Topic::METRICS.dead_letters(), 0);
    let advances = [
        advance(0, 0, 1),
        advance(1, 0, 2),
        Advance { group: Group::named("other"), ..advance(0, 0, 3) },
        Advance { partition: dead.clone(), ..advance(0, 0, 4) },
    ];
    try_store(&*store, moving(advances)).await.unwrap();
    assert_eq!((position(&*store, 0).await, position(&*store, 1).await), (Some(1), Some(2)));
    let of_group = async |group, number| store.position(group, &partition(number), &topic_id()).await;
    let other = Group::named("other");
    assert_eq!(of_group(&other, 0).await.unwrap(), StoredPosition::At(3));
    assert_eq!(of_group(&other, 1).await.unwrap(), StoredPosition::Never);
    let of_dead = store.position(&Group::NOTIFIER, &dead, &topic_id()).await.unwrap();
    assert_eq!(of_dead, StoredPosition::At(4));
}

pub async fn a_topic_created_anew_is_evaluated_from_its_beginning<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let anew = |expected, next| Advance { topic_id: created_anew(), ..advance(0, expected, next) };
    let position_anew = async || store.position(&Group::NOTIFIER, &partition(0), &created_anew()).await;
    try_store(&*store, moving([advance(0, 0, 10)])).await.unwrap();
    assert_eq!(position_anew().await.unwrap(), StoredPosition::OfAnother(topic_id()));
    let zombie = try_store(&*store, finding("zombie", [anew(10, 11)])).await;
    assert!(matches!(zombie, Err(PortError::PositionMoved { found: 0, .. })));
    try_store(&*store, finding("rule", [anew(0, 3)])).await.unwrap();
    assert_eq!(position_anew().await.unwrap(), StoredPosition::At(3));
    assert_eq!(position(&*store, 0).await, Some(10), "the topic before may be on another bus, and live");
    assert_eq!(alerts(&*store).await, finding("rule", []).alerts);
}

pub async fn an_evaluation_without_findings_moves_the_position<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    try_store(&*store, moving([advance(0, 0, 3)])).await.unwrap();
    try_store(&*store, Evaluation::default()).await.unwrap();
    assert_eq!(position(&*store, 0).await, Some(3));
    assert_nothing_is_found(&*store).await;
}

pub async fn one_position_is_moved_by_one_of_many<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut tasks = JoinSet::new();
    for task in 1..=16_u64 {
        let store = Arc::clone(&store);
        let own = finding(&task.to_string(), [advance(0, 0, task)]);
        tasks.spawn(async move { try_store(&*store, own).await.is_ok() });
    }
    let winners = tasks.join_all().await.into_iter().filter(|has_won| *has_won).count();
    assert_eq!(winners, 1);
    let winner = position(&*store, 0).await.unwrap().to_string();
    assert_eq!(alerts(&*store).await, finding(&winner, []).alerts);
    assert_eq!(memories(&*store, 0).await, [memory("test/load", &winner)]);
}

pub async fn an_evaluation_survives_reopening<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    try_store(&*store, finding("rule", [advance(0, 0, 10)])).await.unwrap();
    drop(store);
    let store = fixture.open().await;
    assert_eq!(position(&*store, 0).await, Some(10));
    assert_eq!(memories(&*store, 0).await, [memory("test/load", "rule")]);
    assert_eq!(alerts(&*store).await, finding("rule", []).alerts);
    try_store(&*store, finding("rule", [advance(0, 10, 11)])).await.unwrap();
}
