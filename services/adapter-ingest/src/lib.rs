//! A bus that publishes to the ingest of another Watchkeeper, over HTTPS.
//!
//! For roles on a host that has neither Kafka nor a bus of its own to offer: what they publish is sent to
//! `POST /v1/samples` and `POST /v1/events` of another host. Such a bus can be published to, and nothing else.

mod answer;
mod bus;
mod options;

pub use bus::IngestBus;
pub use options::IngestOptions;
