//! Finds the first record of a partition from an offset on, through librdkafka's C client: rdkafka does not
//! expose the offset at which a consumer met an error.

use crate::client::list;
use crate::client_log::ClientLog;
use crate::error::{is_unreadable, of_code, passes, port_error, unavailable};
use rdkafka::bindings::{rd_kafka_consumer_poll, rd_kafka_message_destroy, rd_kafka_resp_err_t};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use std::time::{Duration, Instant};
use watchkeeper_ports::PortError;

/// The longest single wait, in milliseconds.
const POLL_MS: i32 = 100;

/// librdkafka reports the same error for batches that are merely too large.
const TOO_LARGE: &str = ", or it is larger, once unpacked, than receive.message.max.bytes";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// A record that can be read, or nothing.
    Readable,
    /// A record batch that cannot be read, and the offset at which it begins.
    Unreadable { base: i64, reason: String },
}

/// What comes first from `offset` on, which is below the high watermark.
pub(super) fn first(
    consumer: &BaseConsumer<ClientLog>,
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
    Err(unavailable(format!("{topic}/{number} at offset {offset}: timed out")))
}

/// A readable record, if there is no error code, or an error.
struct Met {
    code: Option<Code>,
    offset: i64,
    reason: String,
}

#[expect(unsafe_code, reason = "rdkafka has no safe call that says at which offset an error was met")]
fn poll(consumer: &BaseConsumer<ClientLog>) -> Option<Met> {
    // SAFETY: the client lives as long as `consumer`, and nobody else polls it. The message belongs to this
    // function until it destroys it, and is not used after that; the payload of an error is text of `len`
    // bytes.
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
