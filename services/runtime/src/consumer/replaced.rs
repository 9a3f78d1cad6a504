//! Topics that were created anew under a name that is consumed or have got partitions, and buses that were replaced.

use std::time::Duration;
use tokio::time::sleep;
use watchkeeper_ports::{
    EventBus, Group, PortError, Position, StoredPosition, Topic, TopicId, TopicPartition,
};

/// How often a consumer looks whether its topic is still the one that it consumes. What it takes in between from a
/// topic that was created anew it takes again, from the first record on.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Waits until `topic` has another ID than this one, or another number of partitions: keys lie elsewhere then, and a
/// member begins all that it has anew. A bus that does not answer says nothing.
pub(super) async fn until_replaced(bus: &dyn EventBus, topic: &Topic, topic_id: &TopicId) -> PortError {
    let partitions = async || bus.placement(topic).await.ok().map(|placement| placement.partitions());
    let mut before = partitions().await;
    loop {
        sleep(LOOK_EVERY).await;
        if let Ok(now) = bus.topic_id(topic).await
            && now != *topic_id
        {
            return replaced(format!("topic {topic} was created anew: its ID is {now}, and was {topic_id}"));
        }
        let now = partitions().await;
        if let (Some(before), Some(now)) = (before, now)
            && before != now
        {
            return replaced(format!("topic {topic} has {now} partitions, and had {before}"));
        }
        before = before.or(now);
    }
}

fn replaced(reason: String) -> PortError {
    PortError::Unavailable { what: "bus", reason }
}

/// Where `group` goes on in a partition, given what its store says. That it begins a topic that was created anew is
/// logged.
pub fn resume(
    group: &Group,
    partition: &TopicPartition,
    topic_id: &TopicId,
    stored: &StoredPosition,
) -> Position {
    if let StoredPosition::OfAnother(before) = stored {
        tracing::warn!(
            %group,
            %partition,
            %topic_id,
            %before,
            "the topic was created anew, or the bus was replaced: consuming it from its first record"
        );
    }
    Position { partition: partition.clone(), next: stored.next() }
}
