//! The journal of the host: its entries become events.
//!
//! `journalctl` reads the journal for us, whatever the version and the compression of its files: it runs as a child, prints
//! entries in the export format and follows the journal. The cursor of the last entry is kept in a file *after* its event
//! is published, on the bus or in the spool. So after any crash the journal is read again from an entry whose event is
//! safe; an entry that is read twice has the same id, and is stored once.

mod config;
mod cursor;
mod entry;
mod export;
mod follow;
mod metrics;
mod sequence;
mod tool;

pub use config::JournalConfig;
pub(crate) use follow::Journal;
pub use follow::JournalPorts;

#[cfg(test)]
mod tests;
