//! How far consumer groups are behind.

use crate::answer::{Answer, within_time};
use futures_util::future::join_all;
use watchkeeper_ports::{EventBus, Group, Lag, Topic};

/// How far one group is behind on a topic, all partitions together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupLag {
    /// How many partitions.
    pub partitions: usize,
    /// Records that the group has yet to take.
    pub behind: u64,
    /// The positions that the group has committed, added up.
    pub committed: u64,
    /// The high watermarks, added up.
    pub high: u64,
}

/// How far each consumer is behind. Each is asked alone and within [`ANSWER_WITHIN`](crate::ANSWER_WITHIN): what is not
/// known of one does not hide the others.
pub async fn lag_of_consumers(
    bus: &dyn EventBus,
    consumers: &[(Topic, Group)],
) -> Vec<((Topic, Group), Answer<GroupLag>)> {
    let asked = consumers.iter().map(async |consumer| {
        let (topic, group) = consumer;
        let lag = within_time("bus", bus.lag(topic, group)).await;
        (consumer.clone(), lag.map(|partitions| sum(&partitions)))
    });
    join_all(asked).await
}

fn sum(partitions: &[Lag]) -> GroupLag {
    partitions.iter().fold(GroupLag::default(), |sum, lag| GroupLag {
        partitions: sum.partitions + 1,
        behind: sum.behind.saturating_add(lag.records()),
        committed: sum.committed.saturating_add(lag.committed),
        high: sum.high.saturating_add(lag.high),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_ports::TopicPartition;

    #[test]
    fn partitions_are_added_up() {
        let lag = |partition, committed, end| Lag {
            partition: TopicPartition::new(Topic::METRICS, partition),
            low: 0,
            committed,
            high: end,
        };
        let expected = GroupLag { partitions: 2, behind: 5, committed: 30, high: 35 };
        assert_eq!(sum(&[lag(0, 10, 15), lag(1, 20, 20)]), expected);
        assert_eq!(sum(&[]), GroupLag::default());
    }
}
