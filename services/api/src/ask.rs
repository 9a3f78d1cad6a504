//! Who answers: the cache what is latest, the store everything else.

use crate::question::{Cursor, NewestQuestion, Origin, PageQuestion, RollupsQuestion};
use std::sync::Arc;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_domain::{
    RangeQuery, RollupQuery, Sample, Series, SeriesFilter, SeriesPoints, SeriesRollups, Timestamp,
};
use watchkeeper_ports::{Failure, LatestCache, Page, PortError, RollupStore, SampleStore};

/// Most windows in one answer about a range, over all series: what a client can be expected to take.
pub(crate) const MAX_RANGE_WINDOWS: u64 = 200_000;

/// Most rollups on one page, over all series: they fit the 4 MiB that a gRPC client takes unless told otherwise.
pub(crate) const MAX_PAGE_ROLLUPS: u64 = 50_000;

/// Puts questions to the cache and the stores.
#[derive(Clone)]
pub(crate) struct Ask {
    samples: Arc<dyn SampleStore>,
    latest: Arc<dyn LatestCache>,
    rollups: Arc<dyn RollupStore>,
    /// Most series in one answer about a range.
    range_series: usize,
}

/// One page of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer<T> {
    pub(crate) items: Vec<T>,
    /// Asks for the next page, if there is one.
    pub(crate) next: Option<Cursor>,
}

/// The answer about a range.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RangeFound {
    pub(crate) series: Vec<SeriesPoints>,
    /// How many series the answer may have, if there are more.
    pub(crate) cut_to: Option<usize>,
}

impl Ask {
    pub(crate) fn new(
        samples: Arc<dyn SampleStore>,
        latest: Arc<dyn LatestCache>,
        rollups: Arc<dyn RollupStore>,
        range_series: usize,
    ) -> Self {
        Self { samples, latest, rollups, range_series }
    }

    /// A page of the series that match.
    pub(crate) async fn series(&self, question: &PageQuestion) -> Result<Answer<Arc<Series>>, PortError> {
        let page =
            self.samples.series(&question.filter, &page(question.cursor.as_ref(), question.limit)).await?;
        let last = page.series.last().filter(|_| page.more);
        let next = last.map(|last| Cursor { origin: Origin::Store, after: last.key().to_owned() });
        Ok(Answer { items: page.series, next })
    }

    /// A page of the latest samples of the series that match: from the cache, or from the store when the
    /// cache has none or is away. All pages come from the one that gave the first.
    pub(crate) async fn latest(
        &self,
        question: &PageQuestion,
        now: Timestamp,
    ) -> Result<Answer<Sample>, PortError> {
        // One more than is asked for tells whether there is a next page.
        let page = page(question.cursor.as_ref(), question.limit + 1);
        let begun_by = question.cursor.as_ref().map(|cursor| cursor.origin);
        if begun_by != Some(Origin::Store) {
            let found = self.latest.latest(&question.filter, &page, now).await;
            let has_none = match &found {
                Ok(samples) => samples.is_empty(),
                Err(error) => error.failure() == Failure::Retry,
            };
            if begun_by.is_some() || !has_none {
                return Ok(cut(found?, question.limit, Origin::Cache, |sample| &sample.series));
            }
        }
        let found = self.samples.latest(&question.filter, &page, latest_possible(now)).await?;
        Ok(cut(found, question.limit, Origin::Store, |sample| &sample.series))
    }

    /// The newest sample of all series that match: from the cache, or from the store when the cache has
    /// none or is away.
    pub(crate) async fn newest_one(
        &self,
        filter: &SeriesFilter,
        now: Timestamp,
    ) -> Result<Option<Sample>, PortError> {
        match self.latest.newest(filter, now).await {
            Ok(Some(sample)) => Ok(Some(sample)),
            Err(error) if error.failure() != Failure::Retry => Err(error),
            Ok(None) | Err(_) => Ok(self.samples.newest(filter, 1, latest_possible(now)).await?.pop()),
        }
    }

    /// The latest sample of one series: from the cache, or from the store when the cache has none or is away.
    pub(crate) async fn latest_of(
        &self,
        series: &Series,
        now: Timestamp,
    ) -> Result<Option<Sample>, PortError> {
        let (filter, page) = (SeriesFilter::only(series), Page::first(1));
        let cached = match self.latest.latest(&filter, &page, now).await {
            Err(error) if error.failure() != Failure::Retry => return Err(error),
            found => found.unwrap_or_default().pop(),
        };
        Ok(match cached {
            Some(sample) => Some(sample),
            None => self.samples.latest(&filter, &page, latest_possible(now)).await?.pop(),
        })
    }

    /// The newest samples of all series that match, newest first.
    pub(crate) async fn newest(
        &self,
        question: &NewestQuestion,
        now: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        self.samples.newest(&question.filter, question.limit, latest_possible(now)).await
    }

    /// The windows of the series that match, of as many series as an answer may have.
    pub(crate) async fn range(&self, query: &RangeQuery) -> Result<RangeFound, PortError> {
        let most = most_series(query, self.range_series);
        let mut series = self.samples.range(query, most + 1).await?;
        let cut_to = (series.len() > most).then_some(most);
        series.truncate(most);
        Ok(RangeFound { series, cut_to })
    }

    /// A page of the rollups that are kept of the series that match.
    pub(crate) async fn rollups(
        &self,
        question: &RollupsQuestion,
    ) -> Result<Answer<SeriesRollups>, PortError> {
        let limit = most_rolled_up(&question.query, question.limit);
        let found = self.rollups.rollups(&question.query, &page(question.cursor.as_ref(), limit + 1)).await?;
        Ok(cut(found, limit, Origin::Store, |rolled_up| &rolled_up.series))
    }

    /// The instant of the oldest sample.
    pub(crate) async fn oldest(&self) -> Result<Option<Timestamp>, PortError> {
        self.samples.oldest().await
    }
}

fn page(cursor: Option<&Cursor>, limit: usize) -> Page {
    Page { after: cursor.map(|cursor| cursor.after.clone()), limit }
}

/// The first `limit` of the items, and where the next page begins if there are more.
fn cut<T>(mut items: Vec<T>, limit: usize, origin: Origin, series: impl Fn(&T) -> &Series) -> Answer<T> {
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| more);
    let next = last.map(|last| Cursor { origin, after: series(last).key().to_owned() });
    Answer { items, next }
}

/// As many series as are allowed and give no more than [`MAX_RANGE_WINDOWS`].
fn most_series(query: &RangeQuery, allowed: usize) -> usize {
    let span = query.to().since(query.from().window_start(query.step()));
    let windows = span.as_secs().div_ceil(query.step().as_secs()).max(1);
    usize::try_from(MAX_RANGE_WINDOWS / windows).unwrap_or(usize::MAX).clamp(1, allowed)
}

/// As many series as are asked for and have no more than [`MAX_PAGE_ROLLUPS`].
fn most_rolled_up(query: &RollupQuery, asked: usize) -> usize {
    usize::try_from(MAX_PAGE_ROLLUPS / query.windows().max(1)).unwrap_or(usize::MAX).clamp(1, asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use watchkeeper_domain::{Aggregate, Window};

    fn query(windows: u64) -> RangeQuery {
        let (from, step) = (Timestamp::MIN, Duration::from_secs(60));
        let to = from.plus(Duration::from_secs(60 * windows));
        RangeQuery::new(SeriesFilter::default(), from, to, step, Aggregate::Avg).unwrap()
    }

    #[test]
    fn an_answer_about_a_range_is_bound_by_series_and_by_windows() {
        assert_eq!(most_series(&query(1), 100), 100);
        assert_eq!(most_series(&query(MAX_RANGE_WINDOWS / 100), 100), 100);
        assert_eq!(most_series(&query(MAX_RANGE_WINDOWS / 100 + 1), 100), 99);
        assert_eq!(most_series(&query(RangeQuery::MAX_POINTS), 100), 18);
    }

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
