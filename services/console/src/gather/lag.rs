//! How far consumer groups are behind.

use super::{Answer, ask};
use futures_util::future::join_all;
use watchkeeper_ports::{EventBus, Group, Lag, Topic};

/// How far one group is behind on a topic, all partitions together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupLag {
    pub(crate) partitions: usize,
    /// Records that the group has yet to take.
    pub(crate) behind: u64,
    /// The positions that the group has committed, added up.
    pub(crate) committed: u64,
    /// The positions after the newest records, added up.
    pub(crate) end: u64,
}

pub(super) async fn of_groups(
    bus: &dyn EventBus,
    consumers: &[(Topic, Group)],
) -> Vec<(Group, Answer<GroupLag>)> {
    join_all(consumers.iter().map(async |(topic, group)| (group.clone(), of(bus, topic, group).await))).await
}

async fn of(bus: &dyn EventBus, topic: &Topic, group: &Group) -> Answer<GroupLag> {
    let partitions = ask("bus", bus.lag(topic, group)).await?;
    Ok(sum(&partitions))
}

fn sum(partitions: &[Lag]) -> GroupLag {
    partitions.iter().fold(GroupLag::default(), |sum, lag| GroupLag {
        partitions: sum.partitions + 1,
        behind: sum.behind.saturating_add(lag.records()),
        committed: sum.committed.saturating_add(lag.committed),
        end: sum.end.saturating_add(lag.end),
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
            earliest: 0,
            committed,
            end,
        };
        let expected = GroupLag { partitions: 2, behind: 5, committed: 30, end: 35 };
        assert_eq!(sum(&[lag(0, 10, 15), lag(1, 20, 20)]), expected);
        assert_eq!(sum(&[]), GroupLag::default());
    }
}
