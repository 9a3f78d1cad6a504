//! Evaluator state.

use super::{memories, memory, partition, remember, remembered};
use crate::Fixture;
use crate::confusable::confusable;
use crate::samples::ODD_TEXT;
use std::sync::Arc;
use tokio::task::JoinSet;
use watchkeeper_ports::{AlertStore, Memory, Page, Topic, TopicPartition};

pub async fn a_memory_takes_the_place_of_the_one_before<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let longer = ODD_TEXT.repeat(100);
    for state in ["one", &longer, "three", "\0"] {
        remember(&*store, [remembered(0, "test/a", state), remembered(0, "test/b", "stays")]).await;
        assert_eq!(memories(&*store, 0).await, [memory("test/a", state), memory("test/b", "stays")]);
        assert_eq!(store.memory("test/a").await.unwrap().unwrap(), state);
    }
    // Not text, and twice in one evaluation: the last one wins.
    let bytes: Vec<u8> = (0..=255).collect();
    let last = Memory { series_key: "test/a".into(), state: bytes.clone().into(), pending: true };
    remember(&*store, [remembered(0, "test/a", "first"), (partition(0), last)]).await;
    assert_eq!(store.memory("test/a").await.unwrap().unwrap(), bytes);
}

pub async fn an_empty_memory_is_none<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    remember(&*store, [remembered(0, "test/a", "one"), remembered(0, "test/b", "stays")]).await;
    remember(&*store, [remembered(0, "test/a", ""), remembered(0, "test/never", "")]).await;
    assert_eq!(memories(&*store, 0).await, [memory("test/b", "stays")]);
    assert_eq!(store.memory("test/a").await.unwrap(), None);
    remember(&*store, [remembered(0, "test/a", "anew")]).await;
    assert_eq!(memories(&*store, 0).await, [memory("test/a", "anew"), memory("test/b", "stays")]);
}

pub async fn partitions_keep_their_memories_apart<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let dead = TopicPartition::new(Topic::METRICS.dead_letters(), 0);
    let of_dead = (dead.clone(), memory("test/a", "dead"));
    remember(&*store, [remembered(0, "test/a", "zero"), remembered(1, "test/a", "one"), of_dead]).await;
    remember(&*store, [remembered(1, "test/a", "")]).await;
    assert_eq!(memories(&*store, 0).await, [memory("test/a", "zero")]);
    assert_eq!(memories(&*store, 1).await, []);
    assert_eq!(store.memories(&dead, &Page::first(10)).await.unwrap(), [memory("test/a", "dead")]);
}

pub async fn memories_are_paged_by_key<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut keys: Vec<_> = confusable().iter().map(|series| series.key().to_owned()).collect();
    remember(&*store, keys.iter().map(|key| remembered(0, key, key)).collect::<Vec<_>>()).await;
    remember(&*store, [remembered(1, "a/neighbour", "x"), remembered(1, "z/neighbour", "x")]).await;
    keys.sort_unstable();
    let expected: Vec<_> = keys.iter().map(|key| memory(key, key)).collect();
    for limit in [1, 7, keys.len(), 1_000] {
        let (mut page, mut found) = (Page::first(limit), Vec::new());
        loop {
            let memories = store.memories(&partition(0), &page).await.unwrap();
            assert!(memories.len() <= limit);
            let Some(last) = memories.last() else { break };
            page.after = Some(last.series_key.clone());
            found.extend(memories);
        }
        assert_eq!(found, expected, "limit {limit}");
    }
    assert_eq!(store.memories(&partition(0), &Page::first(0)).await.unwrap(), []);
}

pub async fn what_was_remembered_last_is_found_in_whichever_partition<F: Fixture<dyn AlertStore>>() {
    let fixture = F::fresh().await;
    let mut store = fixture.open().await;
    for (number, state) in [(1, "a"), (0, "b"), (2, "c"), (1, "d")] {
        remember(&*store, [remembered(number, "test/a", state)]).await;
        remember(&*store, [remembered(number, "test/b", "other")]).await;
        assert_eq!(store.memory("test/a").await.unwrap().unwrap(), state);
        drop(store);
        store = fixture.open().await;
        assert_eq!(store.memory("test/a").await.unwrap().unwrap(), state);
    }
}

pub async fn a_large_evaluation_is_stored_whole<F: Fixture<dyn AlertStore>>() {
    const SERIES: usize = 20_000;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let key = |number: usize| format!("test/many{{number=\"{number:05}\"}}");
    for state in ["first", "second"] {
        // Not in the order of their keys.
        let of_number = |number: usize| remembered(0, &key(number * 7 % SERIES), state);
        remember(&*store, (0..SERIES).map(of_number).collect::<Vec<_>>()).await;
        let found = memories(&*store, 0).await;
        assert_eq!(found.len(), SERIES);
        assert!(found.into_iter().enumerate().all(|(number, found)| found == memory(&key(number), state)));
    }
}

pub async fn evaluations_at_the_same_time_lose_nothing<F: Fixture<dyn AlertStore>>() {
    const TASKS: u32 = 16;
    const ROUNDS: u32 = 10;
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for round in 0..ROUNDS {
                remember(&*store, [remembered(task, "test/shared", &round.to_string())]).await;
                remember(&*store, [remembered(0, &format!("test/{task}/{round}"), "x")]).await;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(memories(&*store, 0).await.len(), (ROUNDS * TASKS + 1) as usize);
    for task in 1..TASKS {
        assert_eq!(memories(&*store, task).await, [memory("test/shared", "9")]);
    }
}
