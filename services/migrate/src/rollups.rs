//! Rollups, as many windows at a time as one query may return.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::sides::Between;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Rollup, RollupQuery, Series, SeriesFilter, SeriesRollups, Timestamp, Window};
use watchkeeper_ports::{Page, PortError, RollupStore};

/// Series in one read: each may have [`RollupQuery::MAX_WINDOWS`] rollups.
const PAGE_SERIES: usize = 32;

/// The rollups of some windows of one length.
pub(crate) struct Windows<'m> {
    stores: &'m Between<Arc<dyn RollupStore>>,
    query: RollupQuery,
}

/// All windows of this length up to `now`.
pub(crate) fn windows(
    stores: &Between<Arc<dyn RollupStore>>,
    window: Window,
    now: Timestamp,
) -> impl Iterator<Item = Windows<'_>> {
    questions(window, now).map(move |query| Windows { stores, query })
}

/// Queries that together cover each window from the earliest instant to `now` once.
fn questions(window: Window, now: Timestamp) -> impl Iterator<Item = RollupQuery> {
    let span = Duration::from_secs(window.length().as_secs() * RollupQuery::MAX_WINDOWS);
    let end = window.start(now).plus(window.length());
    let later = move |from: &Timestamp| Some(from.plus(span)).filter(|later| *later < end);
    successors(Some(Timestamp::MIN), later).filter_map(move |from| {
        RollupQuery::new(SeriesFilter::default(), window, from, from.plus(span).min(end)).ok()
    })
}

#[derive(Clone)]
pub(crate) struct OneRollup {
    series: Arc<Series>,
    rollup: Rollup,
}

impl Windows<'_> {
    async fn page(
        &self,
        store: &Arc<dyn RollupStore>,
        after: Option<&OneRollup>,
    ) -> Result<Vec<OneRollup>, PortError> {
        let after = after.map(|last| last.series.key().to_owned());
        let found = store.rollups(&self.query, &Page { after, limit: PAGE_SERIES }).await?;
        let apart = |SeriesRollups { series, rollups }: SeriesRollups| {
            rollups.into_iter().map(move |rollup| OneRollup { series: Arc::clone(&series), rollup })
        };
        Ok(found.into_iter().flat_map(apart).collect())
    }
}

impl Carried for Windows<'_> {
    type Item = OneRollup;

    const BATCH: usize = 10_000;

    async fn here(&self, after: Option<&OneRollup>) -> Result<Vec<OneRollup>, PortError> {
        self.page(&self.stores.here, after).await
    }

    async fn there(&self, after: Option<&OneRollup>) -> Result<Vec<OneRollup>, PortError> {
        self.page(&self.stores.there, after).await
    }

    async fn put(&self, lacking: Vec<OneRollup>) -> Result<(), PortError> {
        let of_series = |some: &[OneRollup]| SeriesRollups {
            series: Arc::clone(&some[0].series),
            rollups: some.iter().map(|one| one.rollup).collect(),
        };
        let by_series: Vec<_> =
            lacking.chunk_by(|one, next| one.series == next.series).map(of_series).collect();
        self.stores.there.put(self.query.window(), &by_series).await
    }
}

impl Item for OneRollup {
    type Key<'a> = (&'a str, Timestamp);

    fn key(&self) -> Self::Key<'_> {
        (self.series.key(), self.rollup.start)
    }

    fn standing(&self, there: &Self) -> Standing {
        if self.rollup == there.rollup { Standing::Same } else { Standing::Different }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_up_to_that_of_now_is_asked_for_once() {
        let now: Timestamp = "2026-11-20T10:30:00Z".parse().unwrap();
        for window in Window::ALL {
            let questions: Vec<_> = questions(window, now).collect();
            assert_eq!(questions[0].from(), Timestamp::MIN);
            assert!(questions.is_sorted_by(|one, next| one.to() == next.from()));
            let last = questions.last().unwrap();
            assert_eq!(last.to(), window.start(now).plus(window.length()));
        }
    }
}
