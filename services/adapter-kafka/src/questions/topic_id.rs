//! The ID of a topic (KIP-516). rdkafka does not expose it, so this calls librdkafka directly.
#![expect(unsafe_code, reason = "rdkafka has no call of its own that tells a topic's ID")]

use rdkafka::ClientContext;
use rdkafka::bindings as native;
use rdkafka::client::Client;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};
use std::time::Duration;

/// How long after the request's own timeout to wait for its result: librdkafka reports the timeout itself.
const GRACE: Duration = Duration::from_secs(1);

/// The ID, in Base64, of the topic with this name in Kafka. Brokers before 2.8 have no topic IDs and give
/// sixteen zero bytes. Blocks.
pub(super) fn ask<C: ClientContext>(
    client: &Client<C>,
    name: &str,
    patience: Duration,
) -> KafkaResult<String> {
    let name = CString::new(name)?;
    let client = client.native_ptr();
    // SAFETY: `client` is alive for as long as it is borrowed. Everything created here is freed when its
    // owner is dropped, the result after everything that points into it.
    unsafe {
        let queue = Owned::new(native::rd_kafka_queue_new(client), native::rd_kafka_queue_destroy)?;
        let options = Owned::new(
            native::rd_kafka_AdminOptions_new(
                client,
                native::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
            ),
            native::rd_kafka_AdminOptions_destroy,
        )?;
        check(native::rd_kafka_AdminOptions_set_request_timeout(
            options.get(),
            millis(patience),
            ptr::null_mut(),
            0,
        ))?;
        let topics = Owned::new(
            native::rd_kafka_TopicCollection_of_topic_names([name.as_ptr()].as_mut_ptr(), 1),
            native::rd_kafka_TopicCollection_destroy,
        )?;
        native::rd_kafka_DescribeTopics(client, topics.get(), options.get(), queue.get());
        let event = native::rd_kafka_queue_poll(queue.get(), millis(patience + GRACE));
        let event = Owned::new(event, native::rd_kafka_event_destroy)?;
        check(native::rd_kafka_event_error(event.get()))?;
        id_in(native::rd_kafka_event_DescribeTopics_result(event.get()))
    }
}

/// The ID of the requested topic.
///
/// # Safety
/// `result` must be null, or a result that lives for the whole call.
unsafe fn id_in(result: *const native::rd_kafka_DescribeTopics_result_t) -> KafkaResult<String> {
    if result.is_null() {
        return Err(timed_out());
    }
    let mut count = 0;
    // SAFETY: as the caller guarantees; the result owns the topics, their IDs and the texts of these.
    unsafe {
        let topics = native::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        if count == 0 {
            return Err(timed_out());
        }
        let topic = *topics;
        let error = native::rd_kafka_TopicDescription_error(topic);
        if !error.is_null() {
            check(native::rd_kafka_error_code(error))?;
        }
        let id = native::rd_kafka_TopicDescription_topic_id(topic);
        Ok(CStr::from_ptr(native::rd_kafka_Uuid_base64str(id)).to_string_lossy().into_owned())
    }
}

fn check(code: RDKafkaRespErr) -> KafkaResult<()> {
    match code {
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(KafkaError::AdminOp(code.into())),
    }
}

fn timed_out() -> KafkaError {
    KafkaError::AdminOp(RDKafkaErrorCode::OperationTimedOut)
}

fn millis(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}

/// A librdkafka object that must be freed.
struct Owned<T> {
    it: NonNull<T>,
    give_back: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    /// Null means that librdkafka had no answer in time.
    fn new(it: *mut T, give_back: unsafe extern "C" fn(*mut T)) -> KafkaResult<Self> {
        Ok(Self { it: NonNull::new(it).ok_or_else(timed_out)?, give_back })
    }

    fn get(&self) -> *mut T {
        self.it.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: librdkafka returned it to be freed with this function, and nobody else frees it.
        unsafe { (self.give_back)(self.get()) }
    }
}
