//! Imports the samples of the previous platform from its table `metrics`.
//!
//! Rows are read by number, page by page. A row is a sample if the topic's decoder accepts the same as one;
//! any other row is reported with the reason ([`LeftOut`]). A page is stored in one transaction that commits
//! the position at its beginning: everything before it is done. Then the progress of analytics is moved back,
//! so that it makes the rollups of these windows again, and the page is read back and compared. A takeover
//! that was interrupted, at any point, continues from the position; the store skips what it has already.
//!
//! Each run begins [`SETTLING_ROWS`] before the position: a row gets its number before it is committed, and may
//! appear behind one that was read.

mod left_out;
mod marks;
mod page;
mod reading;
mod run;

pub use left_out::{LeftOut, LeftOuts, MAX_IDS, Reason, Tally};
pub use run::{TakenOver, Takeover, take_over};

/// Rows in one read, and samples in one transaction.
const PAGE_ROWS: usize = 10_000;

/// How many row numbers before the position a run begins.
pub const SETTLING_ROWS: u64 = 100_000;
