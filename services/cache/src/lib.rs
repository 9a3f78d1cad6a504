//! The cache role keeps the latest value of every series at hand.
//!
//! The path of a record: *receive* from topic `metrics` → *decode* to a sample → *store* it in the
//! latest-value cache if it is newer than what is there → *commit* the position, in the cache first: one that
//! has forgotten it has lost more, is refilled from the store, and goes on where the store has come to.

mod config;
mod expiry;
mod grpc;
mod refill;
mod run;

pub use config::CacheConfig;
pub use grpc::grpc;
pub use run::run;
