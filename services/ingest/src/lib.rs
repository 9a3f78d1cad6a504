//! The ingest role accepts samples and events from services over HTTP and publishes them.
//!
//! The path of a body: *read* it up to its limit → *decompress* → *decode* each item to a record, or refuse it with
//! field and reason → *publish* all records as one batch to their topic → *respond* once they are durable. Items and
//! their topics are defined by a `kind`: samples or events.
//!
//! Events arrive in the formats of others, too: [Loki's push API](https://grafana.com/docs/loki/latest/reference/loki-http-api/)
//! and OTLP, each in a module of its own that decodes bodies and responds in its words.
//!
//! While the bus is unavailable, batches go to a spool on the disk instead, and from there to the bus in the same
//! order once it is available again (`watchkeeper_spool`).

mod answer;
mod body;
mod config;
mod content;
mod decode;
mod decompress;
mod events;
mod heartbeats;
mod http;
mod intake;
mod kind;
mod loki;
mod metrics;
mod openapi;
mod otlp;
mod refusals;
mod role;
mod run;
mod samples;
mod status;
mod syslog;

pub use config::{
    IngestConfig, MAX_BODY, MAX_DECOMPRESSED, MAX_IN_HAND, MAX_ITEMS, MAX_SERIES, MAX_SERIES_PER_TOKEN,
    SeriesLimits,
};
pub use intake::DECODED_AT_ONCE;
pub use kind::Retention;
pub use openapi::openapi;
pub use refusals::MAX_COUNTED_CLIENTS;
pub use role::ROLE;
pub use run::{Ingest, OfOtherRoles};
pub use syslog::{Syslog, SyslogConfig};
