//! What lies first in a partition from an offset on, seen as librdkafka's client in C sees it: rdkafka does not pass
//! on at which offset a consumer met an error.

use crate::client::list;
use crate::error::{is_unreadable, of_code, passes, port_error, unavailable};
use crate::journal::Journal;
use rdkafka::bindings::{rd_kafka_consumer_poll, rd_kafka_message_destroy, rd_kafka_resp_err_t};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use std::time::{Duration, Instant};
use watchkeeper_ports::PortError;

/// The longest single wait, in milliseconds.
const POLL_MS: i32 = 100;

/// What else librdkafka says so of, though the set is not damaged.
const TOO_LARGE: &str = ", or it is larger, once unpacked, than receive.message.max.bytes";

/// What lies first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// A record that can be read, or nothing.
    Readable,
    /// A set of records that cannot be read; says at which offset it begins.
    Unreadable { base: i64, reason: String },
}

/// Says what lies first from `offset` on, which is before the end.
pub(super) fn first(
    consumer: &BaseConsumer<Journal>,
    topic: &str,
    number: i32,
    offset: i64,
    patience: Duration,
) -> Result<First, PortError> {
    let assignment =
        list(topic, &[number], &[(number, offset)].into()).map_err(|error| port_error(&error))?;
    consumer.assign(&assignment).map_err(|error| port_error(&error))?;
    let give_up_at = Instant::now() + patience;
    while Instant::now() < give_up_at {
        let Some(Met { code, offset, reason }) = poll(consumer) else { continue };
        let Some(code) = code else { return Ok(First::Readable) };
        let error = KafkaError::MessageConsumption(code);
        if code == Code::PartitionEOF {
            return Ok(First::Readable);
        }
        if is_unreadable(&error) {
            let reason = if code == Code::BadCompression { format!("{reason}{TOO_LARGE}") } else { reason };
            return Ok(First::Unreadable { base: offset, reason });
        }
        if !passes(&error) {
            return Err(of_code(Some(code), reason));
        }
    }
    Err(unavailable(format!("nothing was heard of {topic}/{number} at offset {offset} in time")))
}

/// A record that can be read, if there is no code, or an error.
struct Met {
    code: Option<Code>,
    offset: i64,
    reason: String,
}

#[expect(unsafe_code, reason = "rdkafka has no safe call that says at which offset an error was met")]
fn poll(consumer: &BaseConsumer<Journal>) -> Option<Met> {
    // SAFETY: the client lives as long as `consumer`, and nobody else polls it. The message is this function's until
    // it destroys it, and is not used after that; its payload, when it tells of an error, is text of `len` bytes.
    unsafe {
        let message = rd_kafka_consumer_poll(consumer.client().native_ptr(), POLL_MS).as_mut()?;
        let is_error = message.err != rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
        let text = if is_error && !message.payload.is_null() {
            std::slice::from_raw_parts(message.payload.cast::<u8>(), message.len)
        } else {
            &[]
        };
        let met = Met {
            code: is_error.then(|| message.err.into()),
            offset: message.offset,
            reason: String::from_utf8_lossy(text).into_owned(),
        };
        rd_kafka_message_destroy(message);
        Some(met)
    }
}
