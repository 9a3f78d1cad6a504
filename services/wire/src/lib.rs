//! Wire formats: protobuf, JSON, and their conversions to and from the domain.
//!
//! - [`sample`], [`event`]: samples and events as records on the bus; [`Decode`]: decoding any kind of record.
//! - [`dead_letter`]: rejected records; [`moved_from`]: records migrated from another bus.
//! - [`body`]: HTTP bodies with many items; [`loki`], [`otlp`], [`syslog`]: events as other programs send them.
//! - [`csv`]: tables for spreadsheets; [`json`], [`proto`]: requests and responses; [`refusals`]: error responses in OpenAPI documents.
//!
//! No I/O, no async.

pub mod body;
pub mod csv;
pub mod dead_letter;
mod decode;
pub mod event;
pub mod json;
pub mod loki;
pub mod moved_from;
pub mod otlp;
pub mod proto;
mod protobuf;
pub mod refusals;
pub mod sample;
pub mod syslog;

pub use decode::{Decode, Decoded};
pub use protobuf::Malformed;
