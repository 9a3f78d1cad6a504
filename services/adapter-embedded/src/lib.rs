//! Every port on SQLite or memory, for one machine.
//!
//! Everything that a call on the bus or a store has acknowledged survives `kill -9` and power loss: each
//! commit is synced to disk. A directory is used by one process at a time.

mod alerts;
pub mod backup;
mod bus;
mod cache;
mod maildir;
mod options;
mod positions;
mod rollups;
mod series;
mod sqlite;
mod store;

pub use alerts::EmbeddedAlerts;
pub use bus::EmbeddedBus;
pub use cache::MemoryCache;
pub use maildir::MaildirMailer;
pub use options::EmbeddedOptions;
pub use rollups::EmbeddedRollups;
pub use store::EmbeddedStore;
