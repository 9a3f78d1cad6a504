//! The event bus on Apache Kafka 2.4 or later, through librdkafka; [`GroupProtocol::Consumer`] needs 4.0.
//!
//! One idempotent producer publishes. Each subscription and each tail is a consumer polled by its own thread,
//! so that a member stays in its group however long its role takes. Fetched records wait in one queue per
//! partition, and each delivery is taken from one of them: nothing is buffered in between.

mod bus;
mod client;
mod client_log;
mod error;
mod metrics;
mod names;
mod options;
mod partitioner;
mod publish;
mod questions;
mod queues;
mod received;
mod settings;
mod subscription;
mod tail;
mod tls;
mod topics;

pub use bus::KafkaBus;
pub use options::{GroupProtocol, KafkaOptions, TopicDeclaration};
