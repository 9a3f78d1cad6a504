//! The api role serves queries and administration over HTTP and gRPC.
//!
//! A request is *parsed* into a query, the same type for both protocols; the query is *answered* by
//! [`watchkeeper_query`] from the cache (latest values) or the store (everything else); the result is *encoded* as JSON
//! or protobuf.
//!
//! - Live samples: one feed follows the topic `metrics` while there are listeners, decodes each record once, and passes
//!   every batch to all streams.
//! - Rollups are computed from samples a few series at a time, for the analytics role.
//! - Dead letters come from the index of [`watchkeeper_letters`]; replays and discards run in the background.
//! - Rules are explained: why a rule fires or does not fire for a series. Silences are created and ended, incidents opened and
//!   updated.

mod config;
mod dead_letters;
mod deletion;
mod grpc;
mod http;
mod incidents;
mod live;
mod metrics;
mod ports;
mod question;
mod readiness;
mod role;
mod roll_up;
mod run;
mod silences;
mod status;

pub use config::{ApiConfig, RANGE_SERIES, STREAMS};
pub use ports::ApiPorts;
pub use role::ROLE;
pub use run::Api;
