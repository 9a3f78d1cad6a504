//! The ID of a dead letter.

use super::Place;
use std::fmt;
use std::str::FromStr;
use watchkeeper_domain::Violation;
use watchkeeper_ports::{Offset, Topic, TopicPartition};

/// The location of a dead letter, `topic-partition-offset`: `metrics.dead-0-42`. It needs no escaping in a URL path; the
/// topic may contain dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId {
    /// The partition of the dead-letter topic.
    pub partition: TopicPartition,
    /// The offset in it.
    pub offset: Offset,
}

impl LetterId {
    /// Its location on the topic.
    pub fn place(&self) -> Place {
        Place { partition: self.partition.partition, offset: self.offset }
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TopicPartition { topic, partition } = &self.partition;
        write!(f, "{topic}-{partition}-{}", self.offset)
    }
}

impl FromStr for LetterId {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let mut parts = text.rsplitn(3, '-');
        let mut read = || {
            let (offset, partition) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            let topic = Topic::named(parts.next()?.to_owned());
            let partition = TopicPartition::new(topic, partition);
            Some(Self { partition, offset }).filter(|id| id.partition.topic.is_dead_letters())
        };
        read().ok_or_else(|| {
            Violation::new(
                "id",
                format!("must be an ID from the list, such as metrics.dead-0-42; is {text:?}"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_names_no_place_on_a_dead_letter_topic_is_refused() {
        for text in
            ["", "metrics.dead", "metrics.dead-0", "metrics-0-42", "metrics.dead-0--1", "metrics.dead/0/42"]
        {
            let refused = text.parse::<LetterId>().unwrap_err().to_string();
            assert_eq!(
                refused,
                format!("id: must be an ID from the list, such as metrics.dead-0-42; is {text:?}")
            );
        }
    }

    proptest! {
        #[test]
        fn an_id_is_read_as_it_was_written(topic in "[-._a-z0-9]{1,9}", partition: u32, offset: u64) {
            let topic = Topic::named(topic).dead_letters();
            let id = LetterId { partition: TopicPartition::new(topic, partition), offset };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _: Result<LetterId, Violation> = text.parse();
        }
    }
}
