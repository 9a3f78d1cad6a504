//! The long-term store of samples.

use crate::{Append, Appended, PortError, SeriesDeletion, Sink};
use async_trait::async_trait;
use std::ops::Range;
use std::sync::Arc;
use watchkeeper_domain::{
    RangeQuery, RollupQuery, Sample, Series, SeriesFilter, SeriesPoints, SeriesRollups, Timestamp,
};

/// Queries over samples, for roles that show them.
#[async_trait]
pub trait SampleQueries: Send + Sync {
    /// The matching series, by key, a page at a time.
    async fn series(&self, filter: &SeriesFilter, page: &Page) -> Result<SeriesPage, PortError>;

    /// The newest sample of each matching series, by key, a page at a time (the page counts series). Samples
    /// after `until` are ignored, so that one stored while a clock was ahead does not stay the newest for
    /// years; a series that has no others is omitted.
    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError>;

    /// The newest `limit` samples of all matching series, newest first. Samples after `until` are ignored.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when more than [`MAX_ASKED_SERIES`] series match.
    async fn newest(
        &self,
        filter: &SeriesFilter,
        limit: usize,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError>;

    /// The windows of the matching series, by key; at most `max_series` series. A series without samples in
    /// the range is omitted and does not count.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when a window has more values than the store can hold to compute a percentile,
    /// which is at least one million: use a shorter step. Also when the first [`MAX_ASKED_SERIES`] matching
    /// series have fewer than `max_series` with samples, and more series match.
    async fn range(&self, query: &RangeQuery, max_series: usize) -> Result<Vec<SeriesPoints>, PortError>;

    /// The rollups of the matching series, computed from their samples in one pass, by key; the page counts
    /// series. A series without samples in these windows is omitted and does not count.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when a window has too many values, as for [`Self::range`].
    async fn roll_up(&self, query: &RollupQuery, page: &Page) -> Result<Vec<SeriesRollups>, PortError>;

    /// The instant of the oldest sample of any series.
    async fn oldest(&self) -> Result<Option<Timestamp>, PortError>;
}

/// The write side of a sample store. Series and instant identify a sample; its note is kept as long as its value. [`Sink::append`] accepts any
/// number of series; [`Sink::prune`] also removes series that have no samples left.
#[async_trait]
pub trait SampleSink: Sink<Sample> {
    /// Like [`Sink::append`], but the store may have at most `max_series` series afterwards. Concurrent
    /// appends may each exceed the limit by a few.
    ///
    /// # Errors
    /// As for [`Sink::append`]; [`PortError::ItemsRejected`] when the store would exceed the limit. It names
    /// the samples that must go, all of series that the store does not have yet; the reason is
    /// [`too_many_series`].
    async fn append_within(&self, max_series: u64, batch: Arc<Append<Sample>>)
    -> Result<Appended, PortError>;

    /// How many series there are. May cost a scan of all series.
    async fn series_count(&self) -> Result<u64, PortError>;
}

/// All samples, and the positions of the consumers that store them.
#[async_trait]
pub trait SampleStore: SampleSink + SampleQueries + SeriesDeletion {
    /// The samples collected in `time`, by series key and then by instant: at most `limit` samples after the
    /// given key, which need not exist. Returns fewer only at the end.
    ///
    /// Reading page after page returns every sample of the range once, except those appended meanwhile. The
    /// cost is proportional to the page, plus one index probe per series with no samples in the range.
    async fn samples(
        &self,
        time: Range<Timestamp>,
        after: Option<&SampleKey>,
        limit: usize,
    ) -> Result<Vec<Sample>, PortError>;
}

/// The reason for rejecting samples of new series when the store has `series`.
pub fn too_many_series(series: u64, max_series: u64) -> String {
    format!("series: is new, and the store has {series}, the limit is {max_series}")
}

/// Most series that one query searches for samples: one or two seconds of work. Paged queries, of series and
/// of their latest samples, have no such limit.
pub const MAX_ASKED_SERIES: usize = 100_000;

/// The reason for refusing a query that matches more than [`MAX_ASKED_SERIES`] series.
pub fn asked_of_too_many() -> String {
    format!(
        "series: more than {MAX_ASKED_SERIES} match, the limit of one query: \
         add a source, a name or more labels"
    )
}

/// Identifies a sample. Ordered as in [`SampleStore::samples`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SampleKey {
    /// The key of its series.
    pub series_key: String,
    /// When it was collected.
    pub collected_at: Timestamp,
}

impl SampleKey {
    /// The key of `sample`.
    pub fn of(sample: &Sample) -> Self {
        Self { series_key: sample.series.key().to_owned(), collected_at: sample.collected_at }
    }
}

/// One page of a long result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Only series with a key after this one.
    pub after: Option<String>,
    /// At most this many series.
    pub limit: usize,
}

impl Page {
    /// The first `limit`.
    pub const fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }
}

/// A page of series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesPage {
    /// The series, by key.
    pub series: Vec<Arc<Series>>,
    /// Whether more follow.
    pub more: bool,
}
