//! The cache role keeps the latest value of every series at hand.
//!
//! The path of a record: *receive* from topic `metrics` → *decode* to a sample → *store* it in the
//! latest-value cache if it is newer than what is there → *commit* the position, in the cache first: one that
//! has forgotten it has lost more, is refilled from the store, and goes on where the store has come to.
//!
//! Clients of the previous platform ask `cache.CacheService` for a value, and measure when there is none. So
//! it gives none for longer than the cache of that platform kept it, whatever `[cache]` says.

mod config;
mod expiry;
mod grpc;
mod lifetime;
mod metrics;
mod refill;
mod role;
mod run;

pub use config::CacheConfig;
pub use role::ROLE;
pub use run::{Cache, RefillSource};
