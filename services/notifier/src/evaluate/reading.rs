//! Decodes the records of a topic.

use watchkeeper_domain::limits::check_possible;
use watchkeeper_domain::{Sample, Timestamp, Violation};
use watchkeeper_ports::{Record, Topic};
use watchkeeper_wire::Decoded;
use watchkeeper_wire::dead_letter::{DeadLetter, is_marker};
use watchkeeper_wire::sample::SampleDecoder;

/// The type of a topic's records.
pub(super) enum Reading {
    Samples(Box<SampleDecoder>),
    DeadLetters,
}

/// A decoded record.
pub(super) enum Said<'a> {
    Sample(Sample),
    /// A repeated cached value.
    Copy,
    /// A record was rejected.
    Letter {
        at: Timestamp,
        reason: &'a str,
    },
    Nothing,
}

impl Reading {
    pub(super) fn of(topic: &Topic) -> Self {
        if topic.is_dead_letters() { Self::DeadLetters } else { Self::Samples(Box::default()) }
    }

    /// Decodes a record. A sample in the future of `now` is refused: it would be the newest of its series until its
    /// time has come.
    pub(super) fn read<'a>(&mut self, record: Record<'a>, now: Timestamp) -> Result<Said<'a>, Violation> {
        match self {
            Self::Samples(decoder) => match decoder.decode_sample(record)? {
                Decoded::Item(sample) => {
                    check_possible(sample.collected_at, now)?;
                    Ok(Said::Sample(sample))
                }
                Decoded::Copy => Ok(Said::Copy),
                Decoded::Tombstone => Ok(Said::Nothing),
            },
            Self::DeadLetters if is_marker(&record) => Ok(Said::Nothing),
            Self::DeadLetters => {
                let DeadLetter { rejected_at, reason, .. } = DeadLetter::read(record)?;
                Ok(Said::Letter { at: rejected_at, reason })
            }
        }
    }
}
