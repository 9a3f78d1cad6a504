//! Publishes batches.

mod delivery;
pub(crate) mod limits;

use crate::bus::in_time;
use crate::client_log::ClientLog;
use crate::error::{port_error, rejected, unavailable};
use crate::metrics::{Meter, Metrics};
use crate::options::KafkaOptions;
use crate::settings::{Settings, create};
use delivery::Delivery;
use rdkafka::Statistics;
use rdkafka::client::{Client, ClientContext};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use watchkeeper_ports::{PortError, Record, RecordBatch};

/// The unit of the memory semaphore, which holds at most 2³² permits.
const ROOM_UNIT_BYTES: usize = 1024;

/// Hands batches to librdkafka, within a limit of bytes in flight.
pub(crate) struct Publisher {
    producer: ThreadedProducer<Courier>,
    room: Arc<Semaphore>,
    max_in_flight_bytes: usize,
    patience: Duration,
}

impl Publisher {
    pub(crate) fn new(settings: &Settings, metrics: &Arc<Metrics>) -> Result<Self, PortError> {
        let KafkaOptions { max_in_flight_bytes, timeout, .. } = *settings.options();
        let courier = Courier { client_log: ClientLog::with_meter("producer", Meter::of(metrics)) };
        Ok(Self {
            producer: create(&settings.producer(), courier)?,
            room: Arc::new(Semaphore::new(units(max_in_flight_bytes))),
            max_in_flight_bytes,
            patience: timeout,
        })
    }

    /// The client, for requests: it is polled, and is in no group.
    pub(crate) fn client(&self) -> &Client<Courier> {
        self.producer.client()
    }

    /// Publishes to the topic with this name in Kafka.
    ///
    /// # Errors
    /// The error of the first record that failed; others may have been stored.
    pub(crate) async fn publish(&self, topic: &str, batch: &RecordBatch) -> Result<(), PortError> {
        let bytes = limits::check(batch, self.max_in_flight_bytes)?;
        let room = self.room_for(bytes).await?;
        let delivery = Arc::new(Delivery::of(batch.len(), room));
        self.send(topic, batch, &delivery);
        in_time(self.patience, async { Ok(delivery.outcome().await) })
            .await
            .and_then(|arrived| self.judge(arrived))
    }

    /// Interprets an answer of the brokers, or its absence.
    pub(crate) fn judge<T>(&self, answer: KafkaResult<T>) -> Result<T, PortError> {
        let client_log = &self.client().context().client_log;
        answer
            .inspect(|_| client_log.forget_trouble())
            .map_err(|error| client_log.explain(port_error(&error)))
    }

    async fn room_for(&self, bytes: usize) -> Result<OwnedSemaphorePermit, PortError> {
        let units = u32::try_from(units(bytes))
            .map_err(|_| rejected(format!("the batch has {bytes} bytes in flight, too many to count")))?;
        match timeout(self.patience, self.room.clone().acquire_many_owned(units)).await {
            Ok(Ok(room)) => Ok(room),
            _ => Err(unavailable(format!(
                "the limit of {} bytes in flight has been reached for {} seconds",
                self.max_in_flight_bytes,
                self.patience.as_secs_f32()
            ))),
        }
    }

    /// Enqueues all records without a pause, so that a batch stays together.
    fn send(&self, topic: &str, batch: &RecordBatch, delivery: &Arc<Delivery>) {
        for (index, record) in batch.iter().enumerate() {
            let message = message(topic, record, Arc::clone(delivery));
            if let Err((error, _)) = self.producer.send(message) {
                delivery.settle(batch.len() - index, Err(error));
                return;
            }
        }
    }
}

fn units(bytes: usize) -> usize {
    bytes.div_ceil(ROOM_UNIT_BYTES)
}

fn message<'a>(
    topic: &'a str,
    record: Record<'a>,
    delivery: Arc<Delivery>,
) -> BaseRecord<'a, [u8], [u8], Arc<Delivery>> {
    let message = BaseRecord::with_opaque_to(topic, delivery).payload(record.value);
    // An empty key would put all records without a key into one partition.
    let message = if record.key.is_empty() { message } else { message.key(record.key) };
    if record.headers.is_empty() {
        return message;
    }
    let headers = OwnedHeaders::new_with_capacity(record.headers.len());
    message.headers(
        record
            .headers
            .iter()
            .fold(headers, |headers, (name, value)| headers.insert(Header { key: name, value: Some(value) })),
    )
}

/// Reports the outcome of records to their batch.
pub(crate) struct Courier {
    client_log: ClientLog,
}

impl ClientContext for Courier {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.client_log.log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.client_log.error(error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        self.client_log.stats(statistics);
    }
}

impl ProducerContext for Courier {
    type DeliveryOpaque = Arc<Delivery>;

    fn delivery(&self, result: &DeliveryResult<'_>, delivery: Arc<Delivery>) {
        delivery.settle(1, result.as_ref().map(drop).map_err(|(error, _)| error.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publisher(timeout: Duration) -> Publisher {
        let options = KafkaOptions { timeout, ..KafkaOptions::at("127.0.0.1:1") };
        Publisher::new(&Settings::new(&options).unwrap(), &Arc::new(Metrics::new().unwrap())).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_room_waits_and_is_told_in_the_end() {
        let publisher = publisher(Duration::from_secs(10));
        let taken = publisher.room_for(KafkaOptions::MAX_IN_FLIGHT_BYTES).await.unwrap();
        let refusal = publisher.room_for(1).await.unwrap_err();
        assert!(matches!(&refusal, PortError::Unavailable { .. }), "{refusal}");
        drop(taken);
        drop(publisher.room_for(1).await.unwrap());
    }
}
