//! Every port on SQLite or memory, for one machine.
//!
//! What a call on the bus or the store has acknowledged survives `kill -9` and the loss of power: each
//! commit is synchronised with the disk. One process at a time uses a directory.

mod bus;
mod cache;
mod key_range;
mod options;
mod sqlite;
mod store;

pub use bus::EmbeddedBus;
pub use cache::MemoryCache;
pub use options::EmbeddedOptions;
pub use store::EmbeddedStore;
