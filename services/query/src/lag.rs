//! The lag of consumer groups.

use crate::answer::{Answer, within_time};
use futures_util::future::join_all;
use watchkeeper_ports::{EventBus, Group, Lag, Topic};

/// The lag of one group on a topic, over all partitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupLag {
    /// Number of partitions.
    pub partitions: usize,
    /// Lag in records.
    pub behind: u64,
    /// Sum of the committed positions.
    pub committed: u64,
    /// Sum of the high watermarks.
    pub high: u64,
}

/// The lag of each consumer. Each is queried on its own, within [`ANSWER_WITHIN`](crate::ANSWER_WITHIN), so that one
/// unknown lag does not hide the others.
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
