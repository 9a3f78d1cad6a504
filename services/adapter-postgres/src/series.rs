//! Series and their ids.

pub(crate) mod columns;
mod interning;
mod known;
mod prune;
mod select;

pub(crate) use interning::{Interning, TooManySeries, count_all};
pub(crate) use prune::{numbers_after, prune, remove_empty};
pub(crate) use select::{
    BY_KEY, IS_MEANT, Meant, by_number, count, first, numbers, page, some_with_samples, with_samples,
};
