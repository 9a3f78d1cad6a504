//! Records that no retry can help, on topic `<topic>.dead`: the original bytes, and in headers why, by
//! whom and from where. That one was replayed or discarded is noted on the same topic, by a
//! marker.
//!
//! A record that is too large for a letter is there with its head, its size and a hash. The whole lies at its
//! position for as long as its topic keeps it.

mod header;
mod incomplete;
mod ledger;
mod letter;
mod letter_id;
mod marker;
mod place;
mod sending;

pub use header::{
    DISCARDED, HEADER_BYTES_LEFT_OUT, HEADERS_LEFT_OUT, KEY_SIZE_BYTES, OFFSET, PARTITION, REASON,
    REJECTED_AT, REJECTED_BY, REPLAYED, REPLAYED_FROM, SHA256, SIZE_BYTES, TOPIC, UNREADABLE_UNTIL,
};
pub use ledger::Ledger;
pub use letter::{DeadLetter, MAX_REASON_BYTES};
pub use letter_id::LetterId;
pub use marker::{Settlement, is_marker};
pub use place::Place;
pub use sending::{LETTER_BATCH_BYTES, Rejected, SentLetters, first_letters, send_letters};
