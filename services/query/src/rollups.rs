//! Rollups that are kept.

use crate::cursor::{Cursor, Origin};
use crate::page::{Paged, page};
use std::sync::Arc;
use watchkeeper_domain::{RollupQuery, SeriesRollups};
use watchkeeper_ports::{PortError, RollupStore};

/// Most rollups on one page, over all series: they fit the 4 MiB that a gRPC client takes unless told otherwise.
pub const MAX_PAGE_ROLLUPS: u64 = 50_000;

/// A page of the rollups that are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct RollupsQuestion {
    /// Which are meant.
    pub query: RollupQuery,
    /// Most series on the page.
    pub limit: usize,
    /// Where the page before ended; `None` asks for the first.
    pub cursor: Option<Cursor>,
}

/// Answers questions about the rollups that are kept.
#[derive(Clone)]
pub struct Rollups(Arc<dyn RollupStore>);

impl Rollups {
    /// Those of this store.
    pub fn new(store: Arc<dyn RollupStore>) -> Self {
        Self(store)
    }

    /// A page of the rollups of the series that match.
    ///
    /// # Errors
    /// Those of [`RollupStore::rollups`].
    pub async fn page(&self, question: &RollupsQuestion) -> Result<Paged<SeriesRollups>, PortError> {
        let limit = most_rolled_up(&question.query, question.limit);
        // One more than is asked for tells whether there is a next page.
        let found = self.0.rollups(&question.query, &page(question.cursor.as_ref(), limit + 1)).await?;
        Ok(Paged::cut(found, limit, Origin::Store, |rolled_up| &rolled_up.series))
    }
}

/// As many series as are asked for and have no more than [`MAX_PAGE_ROLLUPS`].
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
