//! Topics that were created anew under a name that is consumed, and buses that were replaced.

use std::time::Duration;
use tokio::time::sleep;
use watchkeeper_ports::{
    EventBus, Group, PortError, Position, StoredPosition, Topic, TopicId, TopicPartition,
};

/// How often a consumer looks whether its topic is still the one that it consumes. What it takes in between from a
/// topic that was created anew it takes again, from the first record on.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Waits until `topic` has another ID than this one. A bus that does not answer says nothing.
pub(super) async fn until_replaced(bus: &dyn EventBus, topic: &Topic, topic_id: &TopicId) -> PortError {
    loop {
        sleep(LOOK_EVERY).await;
        match bus.topic_id(topic).await {
            Ok(now) if now != *topic_id => {
                let reason = format!("topic {topic} was created anew: its ID is {now}, and was {topic_id}");
                return PortError::Unavailable { what: "bus", reason };
            }
            Ok(_) | Err(_) => {}
        }
    }
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
