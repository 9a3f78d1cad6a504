//! The shapes that cross a process boundary: protobuf, JSON, and their conversions to the domain.
//!
//! [`sample`] is a sample as the bus carries it, [`Decode`] how any kind of record is read, [`body`] how an HTTP body holds many, [`dead_letter`] a
//! record that was rejected, [`moved_from`] one that came from another bus; [`json`] and [`proto`] are questions and answers, [`refusals`] what
//! OpenAPI says of those that are refused. No I/O, no async.

pub mod body;
pub mod dead_letter;
mod decode;
pub mod json;
pub mod moved_from;
pub mod proto;
pub mod refusals;
pub mod sample;

pub use decode::{Decode, Decoded};
