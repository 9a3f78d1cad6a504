//! Series and their numbers, in each file that keeps something of series.

pub(crate) mod columns;
mod interning;
mod prune;
mod select;

pub(crate) use interning::Interning;
pub(crate) use prune::{Old, prune};
pub(crate) use select::{answer_page, each_series, series_page};
