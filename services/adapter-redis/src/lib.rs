//! The latest-value cache on Redis 6 or later, or a compatible server.
//!
//! Three Redis keys hold everything: a hash of samples by series key, a sorted set of series keys in byte
//! order, for paging, and a sorted set of them by expiry. They share a hash tag, so that they are on one node
//! of a cluster. Scripts keep the three consistent. A fourth key holds the positions, which are void after a
//! restart of the server, because it may have lost data.

mod cache;
mod entry;
mod error;
mod options;
mod script;

pub use cache::RedisCache;
pub use options::RedisOptions;
