//! The ingest role takes samples from services over HTTP and publishes them.
//!
//! The path of a body: *read* it up to its limit → *decompress* → *decode* each item to a sample, or
//! refuse it by field and reason → *publish* all samples as one batch to topic `metrics` → *answer*
//! once they are durable. A sample that does not say when it was collected gets the time it arrives.
//!
//! While the bus is away, batches are published to a spool on the disk instead, and from there to the bus in
//! the same order once it is back.

mod answer;
mod arrival;
mod body;
mod config;
mod content;
mod decode;
mod decompress;
mod http;
mod intake;
mod metrics;
mod openapi;
mod outlet;
mod refusal;
mod repeats;
mod role;
mod room;
mod run;
mod series;
mod spool;
mod status;
mod watched_bus;

pub use config::{
    IngestConfig, MAX_BODY, MAX_DECOMPRESSED, MAX_IN_HAND, MAX_ITEMS, MAX_SERIES, MAX_SERIES_PER_TOKEN,
    MAX_SPOOL, SeriesLimits, SpoolConfig,
};
pub use intake::DECODED_AT_ONCE;
pub use openapi::openapi;
pub use outlet::SpoolPort;
pub use role::{OpenSpool, ROLE};
pub use run::Ingest;
