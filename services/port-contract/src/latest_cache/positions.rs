//! Positions.

use crate::Fixture;
use crate::samples::{created_anew, topic_id};
use watchkeeper_ports::{Advance, Group, LatestCache, Offset, PortError, Topic, TopicPartition};

fn partitions() -> [TopicPartition; 2] {
    [3, 4].map(|number| TopicPartition::new(Topic::METRICS, number))
}

fn advance(partition: &TopicPartition, expected: Option<Offset>, next: Offset) -> Advance {
    Advance { group: Group::CACHE, partition: partition.clone(), topic_id: topic_id(), expected, next }
}

async fn noted(cache: &dyn LatestCache) -> Vec<Option<Offset>> {
    cache.positions(&partitions(), &topic_id()).await.unwrap()
}

pub async fn nothing_is_noted_of_a_partition_that_was_never_taken<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let cache = fixture.open().await;
    assert_eq!(noted(&*cache).await, [None, None]);
    assert_eq!(cache.positions(&[], &topic_id()).await.unwrap(), []);
    cache.advance(&[]).await.unwrap();
}

pub async fn a_position_is_where_it_was_moved<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, [one, other]) = (fixture.open().await, partitions());
    cache.advance(&[advance(&one, None, 0)]).await.unwrap();
    assert_eq!(noted(&*cache).await, [Some(0), None]);
    let far = i64::MAX as Offset;
    cache.advance(&[advance(&one, Some(0), 7), advance(&other, None, far)]).await.unwrap();
    assert_eq!(noted(&*cache).await, [Some(7), Some(far)]);
    cache.advance(&[advance(&one, Some(7), 7), advance(&other, Some(far), 5)]).await.unwrap();
    assert_eq!(noted(&*cache).await, [Some(7), Some(5)], "it may also move back");
}

pub async fn a_position_that_was_moved_by_another_holds_all_back<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, [one, other]) = (fixture.open().await, partitions());
    cache.advance(&[advance(&one, None, 7), advance(&other, None, 8)]).await.unwrap();
    for (expected, next) in [(None, 9), (Some(6), 9), (Some(9), 9)] {
        let advances = [advance(&one, Some(7), 10), advance(&other, expected, next)];
        let error = cache.advance(&advances).await.unwrap_err();
        let is_told =
            matches!(&error, PortError::PositionMoved { partition, found: 8, .. } if *partition == other);
        assert!(is_told, "{error}");
        assert_eq!(noted(&*cache).await, [Some(7), Some(8)]);
    }
}

pub async fn a_move_that_was_made_may_be_made_again<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, [one, _]) = (fixture.open().await, partitions());
    for (expected, next) in [(None, 7), (None, 7), (Some(7), 9), (Some(7), 9)] {
        cache.advance(&[advance(&one, expected, next)]).await.unwrap();
        assert_eq!(noted(&*cache).await, [Some(next), None]);
    }
}

pub async fn nothing_is_noted_of_a_topic_created_anew<F: Fixture<dyn LatestCache>>() {
    let fixture = F::fresh().await;
    let (cache, [one, other]) = (fixture.open().await, partitions());
    cache.advance(&[advance(&one, None, 7)]).await.unwrap();
    assert_eq!(cache.positions(&partitions(), &created_anew()).await.unwrap(), [None, None]);
    let anew = |partition, next| Advance { topic_id: created_anew(), ..advance(partition, None, next) };
    cache.advance(&[anew(&one, 2), anew(&other, 3)]).await.unwrap();
    assert_eq!(cache.positions(&partitions(), &created_anew()).await.unwrap(), [Some(2), Some(3)]);
    assert_eq!(noted(&*cache).await, [Some(7), None]);
}
