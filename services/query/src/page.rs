//! Answers that come a page at a time.

use crate::cursor::{Cursor, Origin};
use watchkeeper_domain::{Series, SeriesFilter};
use watchkeeper_ports::Page;

/// A page of the series that match, or of their latest samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageQuestion {
    /// Which are meant.
    pub filter: SeriesFilter,
    /// Most on the page.
    pub limit: usize,
    /// Where the page before ended; `None` asks for the first.
    pub cursor: Option<Cursor>,
}

/// One page of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Paged<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Who gave it.
    pub origin: Origin,
    /// Asks for the next page, if there is one.
    pub next: Option<Cursor>,
}

impl<T> Paged<T> {
    /// The first `limit` of the items, of which there is one more if there is another page.
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

/// The page that a port is asked for.
pub(crate) fn page(cursor: Option<&Cursor>, limit: usize) -> Page {
    Page { after: cursor.map(|cursor| cursor.after.clone()), limit }
}
