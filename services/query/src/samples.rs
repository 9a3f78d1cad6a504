//! Queries for series and samples: the cache has the latest samples, the store everything else.

use crate::answer::ANSWER_WITHIN;
use crate::cursor::{Cursor, Origin};
use crate::page::{PageQuestion, Paged, page};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use watchkeeper_domain::clock::DISAGREEMENT;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_domain::{RangeQuery, Sample, Series, SeriesFilter, SeriesPoints, Timestamp};
use watchkeeper_ports::{Failure, LatestCache, Page, PortError, SampleQueries};

/// Maximum number of windows per range query, over all series: what clients can be expected to handle.
pub const MAX_RANGE_WINDOWS: u64 = 200_000;
/// How long a query waits for the cache before it queries the store: short enough that a page still gets an answer from
/// the store within [`ANSWER_WITHIN`].
const CACHE_WITHIN: Duration = Duration::from_secs(1);
const _: () = assert!(CACHE_WITHIN.as_secs() * 2 < ANSWER_WITHIN.as_secs());
/// Maximum number of processes whose clock skew is read.
const MAX_CLOCKS: usize = 50;

/// Queries the newest samples of all matching series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestQuestion {
    /// The series.
    pub filter: SeriesFilter,
    /// Maximum number of samples.
    pub limit: usize,
}

/// Queries for series and their samples.
#[derive(Clone)]
pub struct Samples {
    store: Arc<dyn SampleQueries>,
    cache: Arc<dyn LatestCache>,
    /// Maximum number of series per range query.
    range_series: usize,
}

/// The result of a range query.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeFound {
    /// By key.
    pub series: Vec<SeriesPoints>,
    /// The maximum number of series, if there are more than that.
    pub cut_to: Option<usize>,
}

impl Samples {
    /// Queries on `store` and `cache`. A range query returns at most `range_series` series.
    pub fn new(store: Arc<dyn SampleQueries>, cache: Arc<dyn LatestCache>, range_series: usize) -> Self {
        Self { store, cache, range_series }
    }

    /// A page of matching series.
    ///
    /// # Errors
    /// Those of [`SampleQueries::series`].
    pub async fn series(&self, question: &PageQuestion) -> Result<Paged<Arc<Series>>, PortError> {
        let page =
            self.store.series(&question.filter, &page(question.cursor.as_ref(), question.limit)).await?;
        let last = page.series.last().filter(|_| page.more);
        let next = last.map(|last| Cursor { origin: Origin::Store, after: last.key().to_owned() });
        Ok(Paged { items: page.series, origin: Origin::Store, next })
    }

    /// A page of the latest samples of matching series: from the cache, or from the store if the cache has none or is
    /// unavailable. All pages come from where the first one came from.
    ///
    /// # Errors
    /// Those of [`SampleQueries::latest`], and of [`LatestCache::latest`] unless it is unavailable.
    pub async fn latest(&self, question: &PageQuestion, now: Timestamp) -> Result<Paged<Sample>, PortError> {
        // One more than the limit, to know whether there is a next page.
        let page = page(question.cursor.as_ref(), question.limit + 1);
        let begun_by = question.cursor.as_ref().map(|cursor| cursor.origin);
        if begun_by != Some(Origin::Store) {
            let found = from_cache(self.cache.latest(&question.filter, &page, now)).await;
            let has_none = match &found {
                Ok(samples) => samples.is_empty(),
                Err(error) => error.failure() == Failure::Retry,
            };
            if begun_by.is_some() || !has_none {
                return Ok(Paged::cut(found?, question.limit, Origin::Cache, |sample| &sample.series));
            }
        }
        let found = self.store.latest(&question.filter, &page, latest_possible(now)).await?;
        Ok(Paged::cut(found, question.limit, Origin::Store, |sample| &sample.series))
    }

    /// The newest sample of all matching series: from the cache, or from the store if the cache has none or is
    /// unavailable.
    ///
    /// # Errors
    /// Those of [`SampleQueries::newest`], and of [`LatestCache::newest`] unless it is unavailable.
    pub async fn newest_one(
        &self,
        filter: &SeriesFilter,
        now: Timestamp,
    ) -> Result<Option<Sample>, PortError> {
        match from_cache(self.cache.newest(filter, now)).await {
            Ok(Some(sample)) => Ok(Some(sample)),
            Err(error) if error.failure() != Failure::Retry => Err(error),
            Ok(None) | Err(_) => Ok(self.store.newest(filter, 1, latest_possible(now)).await?.pop()),
        }
    }

    /// The latest sample of one series: from the cache, or from the store if the cache has none or is unavailable.
    ///
    /// # Errors
    /// As for [`Self::latest`].
    pub async fn latest_of(&self, series: &Series, now: Timestamp) -> Result<Option<Sample>, PortError> {
        let (filter, page) = (SeriesFilter::only(series), Page::first(1));
        let cached = match from_cache(self.cache.latest(&filter, &page, now)).await {
            Err(error) if error.failure() != Failure::Retry => return Err(error),
            found => found.unwrap_or_default().pop(),
        };
        Ok(match cached {
            Some(sample) => Some(sample),
            None => self.store.latest(&filter, &page, latest_possible(now)).await?.pop(),
        })
    }

    /// The newest samples of all matching series, newest first.
    ///
    /// # Errors
    /// Those of [`SampleQueries::newest`].
    pub async fn newest(&self, question: &NewestQuestion, now: Timestamp) -> Result<Vec<Sample>, PortError> {
        self.store.newest(&question.filter, question.limit, latest_possible(now)).await
    }

    /// The latest samples of the first `limit` matching series: from the cache, or from the store if the cache is
    /// unavailable. The store is not asked for what the cache does not have.
    ///
    /// # Errors
    /// Those of [`SampleQueries::latest`], and of [`LatestCache::latest`] unless it is unavailable.
    pub async fn cached_latest(
        &self,
        filter: &SeriesFilter,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        match from_cache(self.cache.latest(filter, &Page::first(limit), now)).await {
            Err(error) if error.failure() == Failure::Retry => self.stored_latest(filter, limit, now).await,
            found => found,
        }
    }

    /// The latest sample in the store of the first `limit` matching series, by key.
    ///
    /// # Errors
    /// Those of [`SampleQueries::latest`].
    pub(crate) async fn stored_latest(
        &self,
        filter: &SeriesFilter,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        self.store.latest(filter, &Page::first(limit), latest_possible(now)).await
    }

    /// The time of the newest matching sample, if it is later than any sample can be: a clock ran ahead when it was
    /// stored. No other query returns such samples as the latest of anything.
    ///
    /// # Errors
    /// Those of [`SampleQueries::newest`].
    pub async fn newest_in_future(
        &self,
        filter: &SeriesFilter,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, PortError> {
        let newest = self.store.newest(filter, 1, Timestamp::MAX).await?.pop();
        Ok(newest.map(|sample| sample.collected_at).filter(|at| *at > latest_possible(now)))
    }

    /// The windows of matching series, up to the maximum number of series.
    ///
    /// # Errors
    /// Those of [`SampleQueries::range`].
    pub async fn range(&self, query: &RangeQuery) -> Result<RangeFound, PortError> {
        let most = most_series(query, self.range_series);
        let mut series = self.store.range(query, most + 1).await?;
        let cut_to = (series.len() > most).then_some(most);
        series.truncate(most);
        Ok(RangeFound { series, cut_to })
    }

    /// Number of series in the cache.
    ///
    /// # Errors
    /// Those of [`LatestCache::len`].
    pub async fn cached_series(&self) -> Result<usize, PortError> {
        self.cache.len().await
    }

    /// The largest clock skew of a process whose clock is ignored, if any. Only the cache is queried: the store may have
    /// outdated ones.
    ///
    /// # Errors
    /// Those of [`LatestCache::latest`].
    pub async fn clock_disagreement(&self, now: Timestamp) -> Result<Option<Duration>, PortError> {
        let filter = SeriesFilter::named(DISAGREEMENT.0, DISAGREEMENT.1);
        let told = self.cache.latest(&filter, &Page::first(MAX_CLOCKS), now).await?;
        let seconds = told.iter().map(|sample| sample.value).fold(0.0, f64::max);
        Ok(Duration::try_from_secs_f64(seconds).ok().filter(|by| !by.is_zero()))
    }

    /// The time of the oldest sample.
    ///
    /// # Errors
    /// Those of [`SampleQueries::oldest`].
    pub async fn oldest(&self) -> Result<Option<Timestamp>, PortError> {
        self.store.oldest().await
    }
}

/// Waits for the cache for at most [`CACHE_WITHIN`]; on a timeout it is unavailable.
async fn from_cache<T>(query: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
    timeout(CACHE_WITHIN, query).await.unwrap_or_else(|_| {
        let reason = format!("no answer within {} s", CACHE_WITHIN.as_secs());
        Err(PortError::Unavailable { what: "cache", reason })
    })
}

/// The largest number of series, at most `allowed`, with no more than [`MAX_RANGE_WINDOWS`] windows.
fn most_series(query: &RangeQuery, allowed: usize) -> usize {
    let span = query.to().since(query.from().window_start(query.step()));
    let windows = span.as_secs().div_ceil(query.step().as_secs()).max(1);
    usize::try_from(MAX_RANGE_WINDOWS / windows).unwrap_or(usize::MAX).clamp(1, allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::within_time;
    use watchkeeper_domain::Aggregate;
    use watchkeeper_test_kit::World;

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

    #[tokio::test]
    async fn samples_of_a_clock_that_ran_ahead_are_told_apart_and_are_never_the_newest() {
        let world = World::new();
        let now = Timestamp::MIN.plus(Duration::from_secs(10_000));
        let series = Arc::new(Series::new("host", "load", "", &[]).unwrap());
        let possible = Sample::new(Arc::clone(&series), latest_possible(now), 1.0);
        let later = latest_possible(now).plus(Duration::from_secs(1));
        let samples = Samples::new(world.samples.inner(), world.latest.clone(), 1);
        let filter = SeriesFilter::only(&series);
        world.store(std::slice::from_ref(&possible)).await;
        assert_eq!(samples.newest_in_future(&filter, now).await, Ok(None));
        world.store(&[Sample::new(Arc::clone(&series), later, 2.0)]).await;
        assert_eq!(samples.newest_in_future(&filter, now).await, Ok(Some(later)));
        let question = NewestQuestion { filter, limit: 5 };
        assert_eq!(samples.newest(&question, now).await, Ok(vec![possible]));
    }

    #[tokio::test(start_paused = true)]
    async fn the_store_is_queried_when_the_cache_does_not_answer_in_time() {
        let world = World::new();
        let now = Timestamp::MIN.plus(Duration::from_secs(100));
        let series = Arc::new(Series::new("host", "load", "", &[]).unwrap());
        let sample = Sample::new(Arc::clone(&series), now, 7.0);
        world.store(std::slice::from_ref(&sample)).await;
        world.latest.hold("latest");
        let samples = Samples::new(world.samples.inner(), world.latest.clone(), 1);
        let mut question = PageQuestion { filter: SeriesFilter::only(&series), limit: 1, cursor: None };
        let page = within_time("store", samples.latest(&question, now)).await.unwrap();
        assert_eq!((page.items, page.origin), (vec![sample.clone()], Origin::Store));
        let one = within_time("store", samples.latest_of(&series, now)).await.unwrap();
        assert_eq!(one, Some(sample.clone()));
        let newest = within_time("store", samples.newest_one(&question.filter, now)).await.unwrap();
        assert_eq!(newest, Some(sample));
        question.cursor = Some(Cursor { origin: Origin::Cache, after: String::new() });
        let late = samples.latest(&question, now).await.unwrap_err();
        assert_eq!(late, PortError::Unavailable { what: "cache", reason: "no answer within 1 s".to_owned() });
    }
}
