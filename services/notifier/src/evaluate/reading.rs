//! What the records of a topic say to the evaluator.

use watchkeeper_domain::limits::check_possible;
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_ports::{Record, Topic, TopicPartition};
use watchkeeper_rules::Evaluator;
use watchkeeper_wire::dead_letter::{DeadLetter, is_marker};
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

    /// Decodes a record and lets the evaluator observe it. A sample that cannot have been measured by `now` is
    /// refused: it would be the newest of its series for as long as it is ahead.
    pub(super) fn observe(
        &mut self,
        evaluator: &mut Evaluator,
        partition: &TopicPartition,
        record: Record<'_>,
        now: Timestamp,
    ) -> Result<(), Violation> {
        match self {
            Self::Samples(decoder) => {
                let sample = decoder.decode_record(record)?;
                check_possible(sample.collected_at, now)?;
                evaluator.observe(partition, &sample);
            }
            Self::DeadLetters if is_marker(&record) => {}
            Self::DeadLetters => {
                let DeadLetter { rejected_at, reason, .. } = DeadLetter::read(record)?;
                evaluator.observe_letter(partition, rejected_at, reason);
            }
        }
        Ok(())
    }
}
