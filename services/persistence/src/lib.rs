//! Stores what a consumer group consumes, exactly once, whatever kind of record it is.
//!
//! The path of a record: *receive* from the topic → *decode* ([`watchkeeper_wire::Decode`]) → *handle* by adding it to a
//! batch limited by size and age → *store* the items and the position in one transaction → *commit* the position to the
//! bus, for lag monitoring. One batch is stored while the next is received. Records that cannot be decoded, are
//! rejected by the store, are older than the retention or ahead of the clock go to the dead-letter topic before the
//! commit.

mod clock;
mod handle;
mod letters;
mod metrics;
mod persist;
mod retention;

pub use clock::Stored;
pub use persist::{Batching, Kind, Persistence};
