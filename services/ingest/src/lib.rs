//! The ingest role takes samples from services over HTTP and publishes them.
//!
//! The path of a body: *read* it up to its limit → *decompress* → *decode* each item to a record, or
//! refuse it by field and reason → *publish* all records as one batch to their topic → *answer*
//! once they are durable. What an item is, and where its record goes, is its `kind`; samples are the only one.
//!
//! While the bus is away, batches are published to a spool on the disk instead, and from there to the bus in
//! the same order once it is back (`watchkeeper_spool`).

mod answer;
mod body;
mod config;
mod content;
mod decode;
mod decompress;
mod http;
mod intake;
mod kind;
mod metrics;
mod openapi;
mod role;
mod run;
mod samples;
mod status;

pub use config::{
    IngestConfig, MAX_BODY, MAX_DECOMPRESSED, MAX_IN_HAND, MAX_ITEMS, MAX_SERIES, MAX_SERIES_PER_TOKEN,
    SeriesLimits,
};
pub use intake::DECODED_AT_ONCE;
pub use openapi::openapi;
pub use role::ROLE;
pub use run::Ingest;
