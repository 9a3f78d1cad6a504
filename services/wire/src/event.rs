//! An event as a record on topic `events`.
//!
//! Watchkeeper writes `{"@id":"019a…","time":"2026-11-29T10:00:00Z","level":"warn","service":"shop","host":"web-1","message":"timed out","fields":{"status":504}}`,
//! keyed by host and service, so that the events of one service on one host keep their order. `@id` says that a record
//! has this form.
//!
//! Other programs may write any JSON object, with the usual names of fields
//! ([`Draft::of_object`](watchkeeper_domain::event::Draft::of_object)), or a line of text; a record without a value, a
//! tombstone, is nothing.

mod decoder;
mod write;

pub use decoder::{EventDecoder, arrived, read_event, read_written};
pub use write::{push_event, write_event_key};

/// Most bytes of one event as it is sent, in any format: what its texts and fields may have, and room for escapes. A larger
/// one is refused before it is read.
pub const MAX_SENT_BYTES: usize = 1 << 20;
