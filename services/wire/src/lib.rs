//! Wire formats: protobuf, JSON, and their conversions to and from the domain.
//!
//! - [`sample`]: samples as records on the bus; [`Decode`]: decoding any kind of record.
//! - [`dead_letter`]: rejected records; [`moved_from`]: records migrated from another bus.
//! - [`body`]: HTTP bodies with many items.
//! - [`json`], [`proto`]: requests and responses; [`refusals`]: error responses in OpenAPI documents.
//!
//! No I/O, no async.

pub mod body;
pub mod dead_letter;
mod decode;
pub mod json;
pub mod moved_from;
pub mod proto;
pub mod refusals;
pub mod sample;

pub use decode::{Decode, Decoded};
