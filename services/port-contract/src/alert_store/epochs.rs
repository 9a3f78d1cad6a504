//! Taking partitions over.

use super::{advance, alerts, firing, memories, partition, position, remembered, try_store};
use crate::Fixture;
use crate::samples::{created_anew, series, topic_id};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;
use watchkeeper_ports::{Advance, AlertStore, Epoch, Evaluation, PortError};

async fn take_over(store: &dyn AlertStore, number: u32) -> Epoch {
    store.take_over(&partition(number), &topic_id()).await.unwrap()
}

/// An evaluation with something of each kind, which moves the position of a partition by one.
fn finding(epochs: &[&Epoch], next: u64) -> Evaluation {
    let load = series("load", &[]);
    Evaluation {
        past: Vec::new(),
        epochs: epochs.iter().copied().cloned().collect(),
        advances: vec![advance(0, next - 1, next)],
        memories: vec![remembered(0, load.key(), "state")],
        alerts: vec![firing("rule", &load, next)],
    }
}

pub async fn a_position_that_was_never_moved_is_where_nothing_or_zero_is_expected<
    F: Fixture<dyn AlertStore>,
>() {
    for never in [None, Some(0)] {
        let fixture = F::fresh().await;
        let store = fixture.open().await;
        let moving = |expected, next| Evaluation {
            advances: vec![Advance { expected, ..advance(0, 0, next) }],
            ..Evaluation::default()
        };
        try_store(&*store, moving(never, 0)).await.unwrap();
        try_store(&*store, moving(never, 3)).await.unwrap();
        let moved = try_store(&*store, moving(never, 4)).await;
        assert!(matches!(moved, Err(PortError::PositionMoved { expected: 0, found: 3, .. })), "{moved:?}");
    }
}

pub async fn each_takeover_of_a_partition_begins_a_later_epoch<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    for number in 1..=3 {
        let epoch = Epoch { partition: partition(0), topic_id: topic_id(), number };
        assert_eq!(take_over(&*store, 0).await, epoch);
    }
    assert_eq!(take_over(&*store, 1).await.number, 1, "each partition has its own");
    let anew = store.take_over(&partition(0), &created_anew()).await.unwrap();
    assert_eq!((anew.number, anew.topic_id), (1, created_anew()), "and so has a topic that is created anew");
}

pub async fn an_evaluation_of_an_earlier_epoch_is_fenced_and_stores_nothing<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let zombie = take_over(&*store, 0).await;
    try_store(&*store, finding(&[&zombie], 1)).await.unwrap();
    try_store(&*store, Evaluation { epochs: vec![zombie.clone()], ..Evaluation::default() }).await.unwrap();
    let successor = take_over(&*store, 0).await;
    let time_passed = Evaluation { advances: Vec::new(), ..finding(&[&zombie], 9) };
    for of_the_zombie in [finding(&[&zombie], 2), time_passed] {
        match try_store(&*store, of_the_zombie).await.unwrap_err() {
            PortError::Fenced { partition: taken_over, expected, found } => {
                assert_eq!((taken_over, expected, found), (partition(0), 1, 2));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!((position(&*store, 0).await, alerts(&*store).await.len()), (Some(1), 1));
    assert_eq!(alerts(&*store).await, finding(&[], 1).alerts);
    try_store(&*store, finding(&[&successor], 2)).await.unwrap();
    assert_eq!(position(&*store, 0).await, Some(2));
}

pub async fn one_ended_epoch_holds_all_findings_back<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let (held, lost) = (take_over(&*store, 0).await, take_over(&*store, 1).await);
    take_over(&*store, 1).await;
    let half_fenced = try_store(&*store, finding(&[&held, &lost], 1)).await;
    assert!(matches!(half_fenced, Err(PortError::Fenced { .. })), "{half_fenced:?}");
    assert_eq!((position(&*store, 0).await, alerts(&*store).await), (None, vec![]));
    assert_eq!(memories(&*store, 0).await, []);
    try_store(&*store, finding(&[&held], 1)).await.unwrap();
}

pub async fn epochs_survive_reopening_and_are_no_positions<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let epoch = take_over(&*store, 0).await;
    drop(store);
    let store = fixture.open().await;
    assert_eq!(position(&*store, 0).await, None);
    try_store(&*store, finding(&[&epoch], 1)).await.unwrap();
    assert_eq!(take_over(&*store, 0).await.number, 2);
    assert_eq!(position(&*store, 0).await, Some(1));
}

pub async fn takeovers_at_the_same_time_begin_different_epochs<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { take_over(&*store, 0).await.number });
    }
    let numbers: BTreeSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(numbers, (1..=16).collect());
}
