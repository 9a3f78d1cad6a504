//! Records that no retry can help, on topic `<topic>.dead`: the original bytes, and in headers why, by
//! whom and from where. That one was replayed or discarded is noted on the same topic, by a
//! marker.

mod header;
mod ledger;
mod letter;
mod letter_id;
mod marker;
mod place;

pub use header::{
    DISCARDED, OFFSET, PARTITION, REASON, REJECTED_AT, REJECTED_BY, REPLAYED, REPLAYED_FROM, TOPIC,
};
pub use ledger::Ledger;
pub use letter::{DeadLetter, MAX_REASON_BYTES};
pub use letter_id::LetterId;
pub use marker::{Settlement, is_marker};
pub use place::Place;
