//! A sample as JSON: the value of a record on topic `metrics`, and an item of an HTTP body.
//!
//! `{"source":"github","name":"stargazers_count","unit":"stars","labels":{"repository":"golang/go"},"value":125000,"CollectedAt":"2026-11-20T10:00:00.123Z"}`
//!
//! Records are written in this form, which the services of the previous platform can read: in Go, `source` decodes into
//! the field `Source`, but `collected_at` does not decode into `CollectedAt`, and missing labels become a nil map.
//! Therefore the time has the Go spelling, and labels are always an object. Duplicate fields are refused, so the time
//! cannot be given in both spellings. Records of earlier versions, with `collected_at`, are still read; HTTP bodies and
//! responses use only `collected_at`.
//!
//! A sample with a note has `"note":"TEXT"` as its last field, which the previous platform and earlier versions ignore.
//!
//! The series comes first and the fields that change per sample last, so that [`SampleDecoder`] recognises a series by
//! the bytes before the value.
//!
//! A record may be a copy: see [`Decoded::Copy`](crate::Decoded::Copy).

mod copy;
mod decoder;
mod fields;
mod known_series;
mod labels;
mod read;
mod tail;
mod value;
mod write;

pub use copy::is_marked;
pub use decoder::SampleDecoder;
pub use fields::UnknownFields;
pub use known_series::{MAX_KNOWN_PREFIX_BYTES, MAX_KNOWN_SERIES};
pub use read::{SampleReader, SampleView};
pub use write::{push_sample, write_parts, write_sample};
