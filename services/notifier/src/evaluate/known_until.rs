//! Tracks up to when all records are known.

use std::collections::BTreeMap;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::TopicPartition;

/// Up to when each partition was read: everything appended before was processed. So a missing sample is absent only
/// if it should have been appended before, and never because it is still unread.
#[derive(Debug, Default)]
pub(super) struct KnownUntil(BTreeMap<TopicPartition, Option<Timestamp>>);

impl KnownUntil {
    /// Nothing is known of a newly assigned partition.
    pub(super) fn begin(&mut self, partition: &TopicPartition) {
        self.0.insert(partition.clone(), None);
    }

    /// The partition was revoked.
    pub(super) fn end(&mut self, partition: &TopicPartition) {
        self.0.remove(partition);
    }

    /// Everything appended to the partition before `instant` was processed. Never moves back.
    pub(super) fn note(&mut self, partition: &TopicPartition, instant: Timestamp) {
        if let Some(known) = self.0.get_mut(partition) {
            *known = (*known).max(Some(instant));
        }
    }

    /// The clock was ahead, and has returned to `now`: nothing later is known.
    pub(super) fn rewind(&mut self, now: Timestamp) {
        for known in self.0.values_mut() {
            *known = (*known).min(Some(now));
        }
    }

    /// Up to when all partitions were read; `None` if unknown for one, or if there are none.
    pub(super) fn all(&self) -> Option<Timestamp> {
        self.0.values().copied().min().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use watchkeeper_ports::Topic;

    #[test]
    fn the_partition_that_is_furthest_behind_says_how_much_time_has_passed() {
        let [one, other] = [0, 1].map(|number| TopicPartition::new(Topic::METRICS, number));
        let after = |seconds| Timestamp::MIN.plus(Duration::from_secs(seconds));
        let mut known = KnownUntil::default();
        assert_eq!(known.all(), None);
        known.begin(&one);
        known.begin(&other);
        known.note(&one, after(9));
        assert_eq!(known.all(), None, "nothing is known of the other");
        known.note(&other, after(5));
        known.note(&other, after(3));
        assert_eq!(known.all(), Some(after(5)));
        known.end(&other);
        known.note(&other, after(1));
        assert_eq!(known.all(), Some(after(9)));
        known.rewind(after(7));
        assert_eq!(known.all(), Some(after(7)));
        known.rewind(after(8));
        assert_eq!(known.all(), Some(after(7)));
        known.begin(&one);
        assert_eq!(known.all(), None, "it was assigned anew");
    }
}
