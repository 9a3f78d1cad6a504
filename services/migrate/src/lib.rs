//! Carries an embedded installation over to engines, and says what it is sure of.
//!
//! There is one idea for everything: *what there lacks is copied, then both sides are read again and compared*.
//! Nothing is noted on the way. A migration that was cut off, at any point, is started again, and finds what it has
//! copied; one that finds nothing lacking has verified that everything is there. What is there already stays;
//! where it says something else that is counted, and nothing is written over.
//!
//! The path: samples day by day → silences, notifications and groups → alerts, and what evaluators remember of
//! series → when the collector last began what → rollups, and how far their passes have come → the records
//! that were not read to the end, and the dead letters that wait → how far consumers have come, last, because
//! that says that everything before it is there. Each is one file here, which says how it is read and stored
//! ([`carry`](mod@carry)); [`merge`] compares two streams in one order.

mod alerts;
mod carry;
mod groups;
mod marks;
mod memories;
mod merge;
mod notifications;
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
