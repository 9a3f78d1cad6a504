//! How a topic differs from its declaration.

use crate::options::TopicDeclaration;
use crate::publish::limits::MAX_MESSAGE_BYTES;
use std::collections::BTreeMap;

/// How long records are kept, in milliseconds; -1 for ever.
pub(super) const RETENTION: &str = "retention.ms";
/// Most bytes of a record batch.
pub(super) const MAX_MESSAGE: &str = "max.message.bytes";
/// Whose clock timestamps a record.
pub(super) const TIMESTAMP: &str = "message.timestamp.type";
/// The broker's, on append.
pub(super) const BY_BROKER: &str = "LogAppendTime";

/// A topic as it exists.
pub(super) struct Found {
    pub(super) partitions: usize,
    pub(super) replication: usize,
    /// Its configuration, as far as the brokers report it.
    pub(super) configuration: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) what: &'static str,
    pub(super) found: String,
    pub(super) declared: String,
}

impl Found {
    /// How it differs from `declared`. Accepting larger messages than it must is not a difference.
    pub(super) fn differences(&self, declared: &TopicDeclaration) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut compare = |what, found: String, declared: String, is_fine: bool| {
            if !is_fine {
                differences.push(Difference { what, found, declared });
            }
        };
        let (found, wanted) = (self.partitions, usize::from(declared.partitions));
        compare("the number of partitions", found.to_string(), wanted.to_string(), found == wanted);
        if let Some(wanted) = declared.replication {
            let found = self.replication;
            compare("the replication", found.to_string(), wanted.to_string(), found == usize::from(wanted));
        }
        if let Some(found) = self.configuration.get(RETENTION) {
            let wanted = declared.retention.as_millis().to_string();
            compare(RETENTION, found.clone(), wanted.clone(), *found == wanted);
        }
        if let Some(found) = self.configuration.get(MAX_MESSAGE) {
            let is_enough = found.parse().is_ok_and(|bytes: usize| bytes >= MAX_MESSAGE_BYTES);
            compare(MAX_MESSAGE, found.clone(), MAX_MESSAGE_BYTES.to_string(), is_enough);
        }
        differences
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const DECLARED: TopicDeclaration =
        TopicDeclaration { partitions: 8, replication: Some(3), retention: Duration::from_secs(60) };

    fn found(partitions: usize, replication: usize, retention: &str, max_message: &str) -> Found {
        let configuration =
            [(RETENTION.into(), retention.into()), (MAX_MESSAGE.into(), max_message.into())].into();
        Found { partitions, replication, configuration }
    }

    #[test]
    fn a_topic_as_declared_has_no_difference() {
        assert_eq!(found(8, 3, "60000", "2000000").differences(&DECLARED), []);
        let by_default = TopicDeclaration { replication: None, ..DECLARED };
        assert_eq!(found(8, 1, "60000", "2000000").differences(&by_default), []);
    }

    #[test]
    fn each_difference_is_told() {
        let differences = found(4, 1, "-1", "1048588").differences(&DECLARED);
        let told: Vec<_> = differences
            .iter()
            .map(|difference| (difference.what, &*difference.found, &*difference.declared))
            .collect();
        let expected = [
            ("the number of partitions", "4", "8"),
            ("the replication", "1", "3"),
            (RETENTION, "-1", "60000"),
            (MAX_MESSAGE, "1048588", "1179648"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_was_not_told_is_no_difference() {
        let found = Found { partitions: 8, replication: 3, configuration: BTreeMap::new() };
        assert_eq!(found.differences(&DECLARED), []);
    }
}
