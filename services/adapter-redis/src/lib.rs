//! The caches of latest values and of answers on Redis 6 or later, or a compatible server.
//!
//! Three Redis keys hold the latest values: a hash of samples by series key, a sorted set of series keys in byte
//! order, for paging, and a sorted set of them by expiry. They share a hash tag, so that they are on one node
//! of a cluster. Scripts keep the three consistent. A fourth key holds the positions, which are void after a
//! restart of the server, because it may have lost data.
//!
//! Each answer has a key of its own, without the hash tag, and expires by itself. How much memory answers take is bounded
//! by their size and their time to live, and by `maxmemory` of the server, if that is set: answers may be evicted any time.

mod answers;
mod cache;
mod entry;
mod error;
mod options;
mod script;

pub use cache::RedisCache;
pub use options::RedisOptions;
