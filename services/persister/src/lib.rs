//! The persister stores every sample exactly once.
//!
//! The path of a record: *receive* from topic `metrics` → *decode* to a sample → *handle* by gathering
//! a batch ([`BATCH_RECORDS`]) by size and age → *store* the samples and the position in one transaction
//! → *commit* the position to the bus, for those who watch the lag. What cannot be decoded, is refused by the
//! store, is older than the retention or ahead of the clock, or is of a series for which there is no room
//! ([`MAX_SERIES`]) goes to `metrics.dead` before the position moves.

mod clock;
mod config;
#[cfg(test)]
mod fake_store;
mod handle;
mod metrics;
mod persist;
mod retention;
mod role;
mod run;
mod series;

pub use config::{BATCH_RECORDS, MAX_SERIES, PersisterConfig};
pub use role::ROLE;
pub use run::run;
