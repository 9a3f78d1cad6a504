//! Topics that were recreated or got more partitions, and buses that were replaced.

use std::time::Duration;
use tokio::time::sleep;
use watchkeeper_ports::{
    EventBus, Group, PortError, Position, StoredPosition, Topic, TopicId, TopicPartition,
};

/// How often a consumer checks whether its topic was recreated. Records that it receives from a recreated topic in
/// between are consumed again from the first one on.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Waits until the ID or the number of partitions of `topic` differs: keys then map to other partitions, and a member
/// restarts all of its partitions. A bus that does not answer counts as unchanged.
pub(super) async fn until_replaced(bus: &dyn EventBus, topic: &Topic, topic_id: &TopicId) -> PortError {
    let partitions = async || bus.placement(topic).await.ok().map(|placement| placement.partitions());
    let mut before = partitions().await;
    loop {
        sleep(LOOK_EVERY).await;
        if let Ok(now) = bus.topic_id(topic).await
            && now != *topic_id
        {
            return replaced(format!("topic {topic} was recreated: its ID is {now}, it was {topic_id}"));
        }
        let now = partitions().await;
        if let (Some(before), Some(now)) = (before, now)
            && before != now
        {
            return replaced(format!("topic {topic} has {now} partitions, it had {before}"));
        }
        before = before.or(now);
    }
}

fn replaced(reason: String) -> PortError {
    PortError::Unavailable { what: "bus", reason }
}

/// Where `group` resumes in a partition according to its store. Logs when the topic was recreated.
pub fn resume(
    group: &Group,
    partition: &TopicPartition,
    topic_id: &TopicId,
    stored: &StoredPosition,
) -> Position {
    if let StoredPosition::OfAnother(before) = stored {
        tracing::warn!(
            %group,
            topic = %partition.topic,
            partition = partition.partition,
            %topic_id,
            old_topic_id = %before,
            "the topic was recreated or the bus was replaced: consuming from its first record"
        );
    }
    Position { partition: partition.clone(), next: stored.next() }
}
