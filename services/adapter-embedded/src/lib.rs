//! Every port on SQLite or memory, for one machine.
//!
//! Everything that a call on the bus or a store has acknowledged survives `kill -9` and power loss: each
//! commit is synced to disk. A directory is used by one process at a time.

mod alerts;
mod answers;
pub mod backup;
mod bus;
mod cache;
mod events;
mod maildir;
mod options;
mod positions;
mod reports;
mod rollups;
mod series;
mod sqlite;
mod store;

pub use alerts::EmbeddedAlerts;
pub use answers::MemoryAnswers;
pub use bus::EmbeddedBus;
pub use cache::MemoryCache;
pub use events::EmbeddedEvents;
pub use maildir::MaildirMailer;
pub use options::EmbeddedOptions;
pub use reports::EmbeddedReports;
pub use rollups::EmbeddedRollups;
pub use store::EmbeddedStore;
