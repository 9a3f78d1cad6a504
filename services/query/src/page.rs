//! Paged results.

use crate::cursor::{Cursor, Origin};
use watchkeeper_domain::{Series, SeriesFilter};
use watchkeeper_ports::Page;

/// Queries a page of matching series, or of their latest samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageQuestion {
    /// The series.
    pub filter: SeriesFilter,
    /// Maximum number of items on the page.
    pub limit: usize,
    /// Where the previous page ended; `None` for the first page.
    pub cursor: Option<Cursor>,
}

/// One page of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Paged<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where they come from.
    pub origin: Origin,
    /// The cursor of the next page, if there is one.
    pub next: Option<Cursor>,
}

impl<T> Paged<T> {
    /// The first `limit` items; one more than that means that there is another page.
    pub(crate) fn cut(
        mut items: Vec<T>,
        limit: usize,
        origin: Origin,
        series: impl Fn(&T) -> &Series,
    ) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more);
        let next = last.map(|last| Cursor { origin, after: series(last).key().to_owned() });
        Self { items, origin, next }
    }
}

/// The page to request from a port.
pub(crate) fn page(cursor: Option<&Cursor>, limit: usize) -> Page {
    Page { after: cursor.map(|cursor| cursor.after.clone()), limit }
}
