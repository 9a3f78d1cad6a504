//! Reads a range of one partition.

use crate::client::list;
use crate::client_log::ClientLog;
use crate::error::{is_unreadable, passes, port_error, unavailable};
use crate::received::Received;
use parking_lot::Mutex;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use std::time::{Duration, Instant};
use watchkeeper_ports::{Offset, PortError, ReceivedBatch, TopicPartition};

/// The longest single wait for a record.
const POLL: Duration = Duration::from_millis(100);

/// The range to read; there is something before `end`.
pub(super) struct Range {
    pub(super) topic: String,
    pub(super) number: i32,
    pub(super) from: i64,
    pub(super) end: Offset,
    pub(super) max_records: usize,
}

/// One consumer, kept between reads; reads take turns.
#[derive(Default)]
pub(super) struct Reader {
    consumer: Mutex<Option<BaseConsumer<ClientLog>>>,
}

impl Reader {
    pub(super) fn read(
        &self,
        range: &Range,
        partition: TopicPartition,
        patience: Duration,
        create: impl FnOnce() -> Result<BaseConsumer<ClientLog>, PortError>,
    ) -> Result<Reading, PortError> {
        let mut kept = self.consumer.lock();
        // After an error a new one is created: this one is not put back.
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
            // Offsets in between were pruned, or are not records.
            batch.next = batch.next.max(range.end);
        }
        Ok(Reading::Read(batch))
    }
}

pub(super) enum Reading {
    Read(ReceivedBatch),
    /// The first records cannot be read.
    Unreadable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Enough,
    AtTheEnd,
    BeforeUnreadable,
}

/// Reads until there is a reason to stop, and returns it.
fn receive(
    consumer: &BaseConsumer<ClientLog>,
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
            _ if received.is_empty() => return Err(unavailable("timed out waiting for a record")),
            _ => return Ok((received, Stopped::Enough)),
        }
    }
    Ok((received, Stopped::Enough))
}

pub(super) fn nothing(partition: TopicPartition, from: Offset) -> ReceivedBatch {
    Received::up_to(1).finish(partition, from)
}
