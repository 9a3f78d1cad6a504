//! Queries for stored rollups.

use crate::cursor::{Cursor, Origin};
use crate::page::{Paged, page};
use std::sync::Arc;
use watchkeeper_domain::{RollupQuery, SeriesRollups};
use watchkeeper_ports::{PortError, RollupStore};

/// Maximum number of rollups on one page, over all series: they fit into 4 MiB, the default limit of gRPC clients.
pub const MAX_PAGE_ROLLUPS: u64 = 50_000;

/// Queries a page of stored rollups.
#[derive(Clone, Debug, PartialEq)]
pub struct RollupsQuestion {
    /// The series and windows.
    pub query: RollupQuery,
    /// Maximum number of series on the page.
    pub limit: usize,
    /// Where the previous page ended; `None` for the first page.
    pub cursor: Option<Cursor>,
}

/// Queries for stored rollups.
#[derive(Clone)]
pub struct Rollups(Arc<dyn RollupStore>);

impl Rollups {
    /// Queries on `store`.
    pub fn new(store: Arc<dyn RollupStore>) -> Self {
        Self(store)
    }

    /// A page of the rollups of matching series.
    ///
    /// # Errors
    /// Those of [`RollupStore::rollups`].
    pub async fn page(&self, question: &RollupsQuestion) -> Result<Paged<SeriesRollups>, PortError> {
        let limit = most_rolled_up(&question.query, question.limit);
        // One more than the limit, to know whether there is a next page.
        let found = self.0.rollups(&question.query, &page(question.cursor.as_ref(), limit + 1)).await?;
        Ok(Paged::cut(found, limit, Origin::Store, |rolled_up| &rolled_up.series))
    }
}

/// The largest number of series, at most `asked`, with no more than [`MAX_PAGE_ROLLUPS`] rollups.
fn most_rolled_up(query: &RollupQuery, asked: usize) -> usize {
    usize::try_from(MAX_PAGE_ROLLUPS / query.windows().max(1)).unwrap_or(usize::MAX).clamp(1, asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::{SeriesFilter, Timestamp, Window};

    #[test]
    fn a_page_of_rollups_is_bound_by_series_and_by_windows() {
        let of = |windows: u32| {
            let to = Timestamp::MIN.plus(windows * Window::Hour.length());
            RollupQuery::new(SeriesFilter::default(), Window::Hour, Timestamp::MIN, to).unwrap()
        };
        assert_eq!(most_rolled_up(&of(24), 1_000), 1_000);
        assert_eq!(most_rolled_up(&of(50), 1_000), 1_000);
        assert_eq!(most_rolled_up(&of(51), 1_000), 980);
        assert_eq!(most_rolled_up(&of(8_808), 1_000), 5);
    }
}
