//! The api role answers questions over HTTP and gRPC.
//!
//! The path of a question: *parse* the parameters or the message to a question, the same value for both
//! protocols → *ask* the cache for what is latest and the store for everything else → *answer* in JSON or
//! protobuf. Rollups are *made* of samples a few series at a time, for the one who keeps them. Live samples
//! take another path: one feed *follows* topic `metrics` while somebody listens, *decodes* once, and *hands
//! on* each batch to every stream. Dead letters that wait are known by an index ([`watchkeeper_letters`]), shown as
//! they lie on their topics, and replayed to where they came from or discarded, many of them in the background. Of a rule is *explained* why it does or does not fire about a series, and alerts are *silenced*.

mod config;
mod dead_letters;
mod grpc;
mod http;
mod live;
mod metrics;
mod ports;
mod question;
mod random_id;
mod readiness;
mod role;
mod roll_up;
mod rules;
mod run;
mod silences;
mod status;

pub use config::{ApiConfig, RANGE_SERIES, STREAMS};
pub use ports::ApiPorts;
pub use role::ROLE;
pub use run::Api;
