//! A sample as JSON: the value of a record on topic `metrics`, and an item of an HTTP body.
//!
//! `{"source":"github","name":"stargazers_count","unit":"stars","labels":{"repository":"golang/go"},"value":125000,"CollectedAt":"2026-11-20T10:00:00.123Z"}`
//!
//! That is how a record is written. The services of the previous platform read it as it is: to Go, `source`
//! is the field `Source`, but `collected_at` is not `CollectedAt`, and labels that are left out are a nil map; so the
//! time has their spelling, once, and labels are an object also when there are none. A field given twice is refused,
//! so that there are not both spellings of the time. Records of earlier versions, which have `collected_at`, are read
//! as well, and bodies and answers over HTTP have no other spelling than that.
//!
//! The series comes first and what changes from sample to sample last, so that [`SampleDecoder`] knows
//! the series again by the bytes before the value.
//!
//! A record may be no news: see [`Decoded::Copy`](crate::Decoded::Copy).

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
