//! Takes over what the previous platform has stored in its table `metrics`.
//!
//! The rows are read by their numbers, page by page. What a row says is a sample if the topic's decoder takes the
//! same for one; what is none, and why, is told ([`LeftOut`]). A page is stored in one transaction that moves a
//! position to its beginning: all before it is done. Then the marks of analytics are put back, so that it makes the
//! rollups of these windows anew, and the page is read back and compared. A takeover that was cut off, at any point,
//! goes on from the position; what is stored again is left out by the store.
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

/// How many numbers before the position a run begins.
pub const SETTLING_ROWS: u64 = 100_000;
