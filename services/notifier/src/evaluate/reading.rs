//! What the records of a topic say to the evaluator.

use watchkeeper_domain::Violation;
use watchkeeper_ports::{Record, Topic, TopicPartition};
use watchkeeper_rules::Evaluator;
use watchkeeper_wire::dead_letter::{DeadLetter, REPLAYED};
use watchkeeper_wire::sample::SampleDecoder;

/// What the records of a topic are.
pub(super) enum Reading {
    Samples(Box<SampleDecoder>),
    DeadLetters,
}

impl Reading {
    pub(super) fn of(topic: &Topic) -> Self {
        if topic.is_dead_letters() { Self::DeadLetters } else { Self::Samples(Box::default()) }
    }

    /// Decodes a record and lets the evaluator observe it.
    pub(super) fn observe(
        &mut self,
        evaluator: &mut Evaluator,
        partition: &TopicPartition,
        record: Record<'_>,
    ) -> Result<(), Violation> {
        match self {
            Self::Samples(decoder) => evaluator.observe(partition, &decoder.decode_record(record)?),
            // Only says that a letter was replayed.
            Self::DeadLetters if record.header(REPLAYED).is_some() => {}
            Self::DeadLetters => {
                let DeadLetter { rejected_at, reason, .. } = DeadLetter::read(record)?;
                evaluator.observe_letter(partition, rejected_at, reason);
            }
        }
        Ok(())
    }
}
