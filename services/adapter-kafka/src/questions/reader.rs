//! Reads a range of one partition.

use crate::client::list;
use crate::error::{is_unreadable, passes, port_error, unavailable};
use crate::journal::Journal;
use crate::received::Received;
use parking_lot::Mutex;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use std::time::{Duration, Instant};
use watchkeeper_ports::{Offset, PortError, ReceivedBatch, TopicPartition};

/// The longest single wait for a record.
const POLL: Duration = Duration::from_millis(100);

/// What is to be read; there is something before `end`.
pub(super) struct Range {
    pub(super) topic: String,
    pub(super) number: i32,
    pub(super) from: i64,
    pub(super) end: Offset,
    pub(super) max_records: usize,
}

/// One consumer, kept from one read to the next; reads take turns.
#[derive(Default)]
pub(super) struct Reader {
    consumer: Mutex<Option<BaseConsumer<Journal>>>,
}

impl Reader {
    pub(super) fn read(
        &self,
        range: &Range,
        partition: TopicPartition,
        patience: Duration,
        create: impl FnOnce() -> Result<BaseConsumer<Journal>, PortError>,
    ) -> Result<Reading, PortError> {
        let mut kept = self.consumer.lock();
        // After an error it begins anew: it is not put back.
        let consumer = kept.take().map_or_else(create, Ok)?;
        let assignment = list(&range.topic, &[range.number], &[(range.number, range.from)].into());
        let assignment = assignment.map_err(|error| port_error(&error))?;
        consumer.assign(&assignment).map_err(|error| port_error(&error))?;
        let (received, stopped) = receive(&consumer, range, patience)?;
        if received.is_empty() && stopped == Stopped::BeforeUnreadable {
            return Ok(Reading::Unreadable);
        }
        consumer.unassign().map_err(|error| port_error(&error))?;
        *kept = Some(consumer);
        let mut batch = received.finish(partition, crate::received::offset(range.from));
        if stopped == Stopped::AtTheEnd {
            // What lies between is kept no longer, or is no record.
            batch.next = batch.next.max(range.end);
        }
        Ok(Reading::Read(batch))
    }
}

/// What came of a read.
pub(super) enum Reading {
    Read(ReceivedBatch),
    /// What lies first cannot be read.
    Unreadable,
}

/// Why a read went no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Enough,
    AtTheEnd,
    BeforeUnreadable,
}

/// Reads until there is a reason to stop, and says which.
fn receive(
    consumer: &BaseConsumer<Journal>,
    range: &Range,
    patience: Duration,
) -> Result<(Received, Stopped), PortError> {
    let give_up_at = Instant::now() + patience;
    let mut received = Received::up_to(range.max_records);
    while !received.is_full() && received.next().is_none_or(|next| next < range.end) {
        match consumer.poll(POLL) {
            Some(Ok(message)) => received.push(&message),
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok((received, Stopped::AtTheEnd)),
            Some(Err(error)) if is_unreadable(&error) => return Ok((received, Stopped::BeforeUnreadable)),
            Some(Err(error)) if !passes(&error) => return Err(port_error(&error)),
            _ if Instant::now() < give_up_at => {}
            _ if received.is_empty() => return Err(unavailable("no record came in time")),
            _ => return Ok((received, Stopped::Enough)),
        }
    }
    Ok((received, Stopped::Enough))
}

/// A read that found nothing.
pub(super) fn nothing(partition: TopicPartition, from: Offset) -> ReceivedBatch {
    Received::up_to(1).finish(partition, from)
}
