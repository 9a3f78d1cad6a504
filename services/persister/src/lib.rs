//! The persister stores every sample exactly once.
//!
//! The path of a record: *receive* from topic `metrics` → *decode* to a sample → *handle* by adding it to a batch
//! ([`BATCH_RECORDS`]) limited by size and age → *store* the samples and the position in one transaction → *commit*
//! the position to the bus, for lag monitoring. Records that cannot be decoded, are rejected by the store, are older
//! than the retention or ahead of the clock, or belong to a series beyond the limit ([`MAX_SERIES`]) go to
//! `metrics.dead` before the commit.

mod config;
mod role;
mod run;
mod series;

pub use config::{BATCH_RECORDS, MAX_SERIES, PersisterConfig};
pub use role::ROLE;
pub use run::run;
