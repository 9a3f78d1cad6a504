//! A sample as JSON: the value of a record on topic `metrics`, and an item of an HTTP body.
//!
//! `{"source":"github","name":"stargazers_count","unit":"stars","labels":{"repository":"golang/go"},"value":125000,"collected_at":"2026-11-20T10:00:00.123Z"}`
//!
//! The series comes first and what changes from sample to sample last, so that [`SampleDecoder`] knows
//! the series again by the bytes before the value.

mod decoder;
mod fields;
mod known_series;
mod labels;
mod read;
mod tail;
mod value;
mod write;

pub use decoder::SampleDecoder;
pub use fields::UnknownFields;
pub use known_series::{MAX_KNOWN_PREFIX_BYTES, MAX_KNOWN_SERIES};
pub use read::{SampleReader, SampleView};
pub use write::{push_sample, write_parts, write_sample};
