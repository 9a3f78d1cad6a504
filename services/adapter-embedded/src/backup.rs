//! Backs up the files of an installation while it runs, and restores them.
//!
//! # Why a restored installation has everything, and nothing twice
//!
//! A sample or an event is acknowledged when it is on the bus. From there consumers copy it to `store.db`, `alerts.db` and `events.db`,
//! and keep their position, the offset of the next record, in the same transaction. So a backup is consistent
//! if each position in it is an offset of the bus in it: what lies before the position is in the store, what
//! lies behind it is on the bus, and the restored consumer continues there.
//!
//! - All files are read as they were at one moment each ([`pinned`]): first the rollups, which are made of
//!   samples, then alerts, store and events, and the bus last. A position is therefore never past the end of its topic.
//! - The bus may prune a record between these moments once the store has it. If it has pruned past a position
//!   of the backup, all moments are taken again.
//! - The bus also has the offset that each group has committed, and prunes up to it. It was read later than the
//!   position in the store, so it may be ahead of that: in the copy it is set back to the position
//!   ([`database`]), or the restored bus would prune what the restored store lacks.
//! - What is both in the store and on the bus is stored once: the store identifies a sample by its series and
//!   instant, and an event by its id.
//!
//! A spool is a bus whose positions are in the same file. Other files, such as mail, are copied last: every
//! mail that `alerts.db` calls delivered is there.

mod check;
mod database;
mod error;
mod file;
mod find;
mod last;
mod manifest;
mod pinned;
mod restore;
mod space;
mod take;

pub use error::BackupError;
pub use last::{last_taken, note_taken};
pub use manifest::{BackedUpFile, Manifest, Position};
pub use restore::{Restored, restore};
pub use take::{BackupSource, take};

use std::path::Path;

/// What a backup or a restore is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Copies a file.
    Copying,
    /// Checks a copied database, or compares a file with the manifest.
    Checking,
}

/// How far a backup or a restore has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// What it is doing.
    pub step: Step,
    /// With which file, relative to the data directory.
    pub file: &'a Path,
    /// Bytes that this step has done, over all files.
    pub done: u64,
    /// Bytes that it has to do; a file that grows may exceed it.
    pub total: u64,
}

/// Receives the progress.
pub type Report<'r> = dyn FnMut(Progress<'_>) + 'r;
