//! The nouns and rules of Watchkeeper: no I/O, no async, no clock but [`Timestamp::now`].
//!
//! A [`Series`] is what is measured, a [`Sample`] one value of it at one instant. [`limits`] says what
//! a valid one looks like, [`SeriesFilter`] which are meant, [`Aggregate`] how many become one.

mod aggregate;
mod filter;
pub mod limits;
mod range;
mod sample;
mod series;
mod timestamp;

pub use aggregate::{Accumulator, Aggregate, UnknownAggregate};
pub use filter::SeriesFilter;
pub use limits::Violation;
pub use range::{Point, RangeQuery, SeriesPoints};
pub use sample::Sample;
pub use series::{Label, Series, SeriesParts};
pub use timestamp::{Timestamp, TimestampError};
