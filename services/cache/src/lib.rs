//! The cache role keeps the latest value of every series.
//!
//! The path of a record: *receive* from topic `metrics` → *decode* to a sample → *store* it in the latest-value cache
//! if it is newer than the cached one → *commit* the position, in the cache first: a cache that has lost it has lost
//! more, is refilled from the store, and resumes at the store's position.
//!
//! Clients of the previous platform query `cache.CacheService`, and measure if there is no value. So it returns a
//! value for no longer than the cache of that platform kept it, whatever `[cache]` says.

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
