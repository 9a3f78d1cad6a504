//! The port of the latest values on Redis 6 or later, or what speaks as it does.
//!
//! Three keys of Redis hold everything: a hash of the samples by series key, a sorted set of the series
//! keys in the order of their bytes, for paging, and one of them by when they expire. They share a hash tag,
//! so that they lie on one node of a cluster. Scripts keep the three in step. A fourth holds the positions, which
//! count for nothing once the server was started anew: it may have come back with less than it had.

mod cache;
mod entry;
mod error;
mod options;
mod script;

pub use cache::RedisCache;
pub use options::RedisOptions;
