//! Series and their ids, in each file that stores series.

pub(crate) mod columns;
mod delete;
mod interning;
mod prune;
mod select;

pub(crate) use delete::delete;
pub(crate) use interning::{Interning, count};
pub(crate) use prune::{Old, prune};
pub(crate) use select::{answer_page, answer_some, by_number, numbers, series_page};
