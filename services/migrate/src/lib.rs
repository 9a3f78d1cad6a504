//! Migrates an embedded installation to engines, and reports what it has verified.
//!
//! One idea serves everything: *copy what the destination lacks, then read both sides again and compare*. No
//! progress is stored. A migration that was interrupted, at any point, is simply started again and finds what
//! it has copied; one that finds nothing to copy has verified that everything is there. What the destination
//! already has stays: differences are counted, and nothing is overwritten.
//!
//! The order: samples and events day by day → silences, incidents, notifications and groups → alerts and evaluator state → the
//! collector's schedule → rollups and their progress → unread records and pending dead letters → consumer
//! positions, last, because they say that everything before them is there. Each has a file here, which says
//! how to read and store it ([`carry`](mod@carry)); [`merge`] compares two ordered streams.

mod alerts;
mod carry;
mod events;
mod groups;
mod incidents;
mod marks;
mod memories;
mod merge;
mod notifications;
mod past;
mod patience;
mod positions;
mod progress;
mod records;
mod report;
mod rollups;
mod run;
mod samples;
mod sides;
mod silences;
mod takeover;

pub use notifications::MAX_NOTIFICATIONS;
pub use patience::{MAX_RETRIES, WAIT_AT_LEAST, WAIT_AT_MOST};
pub use progress::{Event, Progress};
pub use report::{Counts, Line, Report};
pub use run::{MigrateError, run};
pub use sides::{Between, Migration, StoreMigration, Stores};
pub use takeover::{
    LeftOut, LeftOuts, MAX_IDS, Reason, SETTLING_ROWS, TakenOver, Takeover, Tally, take_over,
};
