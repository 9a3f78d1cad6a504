//! Dead letters: records that no retry can help, on topic `<topic>.dead`. A dead letter has the original bytes, and in
//! headers the reason, the role that rejected it, and the original location. A marker on the same topic records that it
//! was replayed or discarded.
//!
//! A dead letter of a record that is too large has the start of the record, its size and a hash. The complete record
//! stays at its offset for as long as its topic retains it.

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
