//! The event bus on Apache Kafka 2.4 or later, by librdkafka; [`GroupProtocol::Consumer`] needs 4.0.
//!
//! One idempotent producer publishes. Each subscription and each tail is a consumer of its own, which a
//! thread of its own polls, so that a member stays in its group however long its role is at work. What
//! librdkafka fetched waits in a queue per partition, and a delivery is taken from one of them: nothing is
//! held back in between.

mod bus;
mod client;
mod error;
mod journal;
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
