//! Committed offsets that differ from the positions of the store.

use watchkeeper_ports::{Lag, Position};

/// Of the positions at which a group begins, those that differ from its committed offsets; a partition without a
/// committed offset resumes at the low watermark.
pub(super) fn not_committed(begun: Vec<Position>, lags: &[Lag]) -> Vec<Position> {
    let of = |Position { partition, next }| {
        let lag = lags.iter().find(|lag| lag.partition == partition)?;
        let next = if (lag.low..=lag.high).contains(&next) { next } else { lag.low };
        (next != lag.committed).then_some(Position { partition, next })
    };
    begun.into_iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_ports::{Offset, Topic, TopicPartition};

    fn partition(number: u32) -> TopicPartition {
        TopicPartition::new(Topic::METRICS, number)
    }

    /// What is committed where `begun` is where the store is, and the bus keeps 10 to 20 of it.
    fn corrected(begun: Offset, committed: Offset) -> Option<Offset> {
        let lag = Lag { partition: partition(0), low: 10, committed, high: 20 };
        let begun = vec![Position { partition: partition(0), next: begun }];
        not_committed(begun, &[lag]).first().map(|position| position.next)
    }

    #[test]
    fn what_differs_is_committed_and_nothing_else() {
        assert_eq!(corrected(15, 15), None);
        assert_eq!(corrected(20, 10), Some(20), "offsets that were reset to the earliest");
        assert_eq!(corrected(12, 20), Some(12), "offsets that were reset to the latest");
    }

    #[test]
    fn a_position_that_the_bus_does_not_have_is_committed_as_where_it_goes_on() {
        assert_eq!(corrected(0, 10), None, "a group that has committed nothing is at the earliest record");
        assert_eq!(corrected(0, 20), Some(10));
        assert_eq!(corrected(21, 20), Some(10));
    }

    #[test]
    fn a_partition_that_the_bus_says_nothing_about_is_left_alone() {
        assert_eq!(not_committed(vec![Position { partition: partition(1), next: 3 }], &[]), []);
    }
}
