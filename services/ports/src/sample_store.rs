//! The long-term store of samples.

use crate::{Append, Appended, PortError, Sink};
use async_trait::async_trait;
use std::ops::Range;
use std::sync::Arc;
use watchkeeper_domain::{
    RangeQuery, RollupQuery, Sample, Series, SeriesFilter, SeriesPoints, SeriesRollups, Timestamp,
};

/// What is asked about samples: by those who show them.
#[async_trait]
pub trait SampleQueries: Send + Sync {
    /// The series that match, by key, a page at a time.
    async fn series(&self, filter: &SeriesFilter, page: &Page) -> Result<SeriesPage, PortError>;

    /// The newest sample of each series that matches, by key, a page at a time (the page counts series). Samples
    /// after `until` do not count, so that one that was stored while a clock was ahead is not the newest for
    /// years; a series that has no others is left out.
    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError>;

    /// The newest `limit` samples of all series that match, newest first. Those after `until` do not count.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when more than [`MAX_ASKED_SERIES`] series match.
    async fn newest(
        &self,
        filter: &SeriesFilter,
        limit: usize,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError>;

    /// The windows of the series that match, by key; at most `max_series` series. One without samples in
    /// the range is left out and does not count.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when a window has more values than the store can hold to take a percentile
    /// of them, which is one million or more: a shorter step helps; and when `max_series` have not been found
    /// among the first [`MAX_ASKED_SERIES`] that match, and more match.
    async fn range(&self, query: &RangeQuery, max_series: usize) -> Result<Vec<SeriesPoints>, PortError>;

    /// The rollups of the series that match, made of their samples in one pass, by key; the page counts
    /// series. A series without samples in the windows asked for is left out and does not count.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when a window has too many values, as for [`Self::range`].
    async fn roll_up(&self, query: &RollupQuery, page: &Page) -> Result<Vec<SeriesRollups>, PortError>;

    /// The instant of the oldest sample there is, of any series.
    async fn oldest(&self) -> Result<Option<Timestamp>, PortError>;
}

/// What samples are appended to. A sample is identified by its series and instant; [`Sink::append`] stores any number of
/// series, and [`Sink::prune`] removes those that have no samples left.
#[async_trait]
pub trait SampleSink: Sink<Sample> {
    /// Like [`Sink::append`], but the store may have at most `max_series` series afterwards. Where several append
    /// at the same time, each of them may store a few more.
    ///
    /// # Errors
    /// As for [`Sink::append`]; [`PortError::ItemsRejected`] when the store would have more series: it names the
    /// samples without which there is room, which are none of a series that the store has, and the reason is
    /// [`too_many_series`].
    async fn append_within(&self, max_series: u64, batch: Arc<Append<Sample>>)
    -> Result<Appended, PortError>;

    /// How many series there are. May take as long as looking at each.
    async fn series_count(&self) -> Result<u64, PortError>;
}

/// Every sample of every series, and how far each consumer has come in storing them.
#[async_trait]
pub trait SampleStore: SampleSink + SampleQueries {
    /// The samples collected in `time`, by series key and then by instant: at most `limit` of those that
    /// come after the one given, which need not exist. Fewer only when no more follow.
    ///
    /// Page after page gives every sample of the range once, but for those that are appended meanwhile;
    /// each page costs about its own size, and a look at each series that has none in the range.
    async fn samples(
        &self,
        time: Range<Timestamp>,
        after: Option<&SampleKey>,
        limit: usize,
    ) -> Result<Vec<Sample>, PortError>;
}

/// Why samples of new series are rejected by a store that has `series`.
pub fn too_many_series(series: u64, max_series: u64) -> String {
    format!("series: is new, and the store has {series}, the limit is {max_series}")
}

/// Most series among which one question looks for samples: one or two seconds. Pages of series, and of the latest
/// sample of each, go on for as long as there are series.
pub const MAX_ASKED_SERIES: usize = 100_000;

/// Why a question is refused that is about more than [`MAX_ASKED_SERIES`] series.
pub fn asked_of_too_many() -> String {
    format!(
        "series: more than {MAX_ASKED_SERIES} match, the limit of one question: \
         give a source, a name or more labels"
    )
}

/// Which sample is meant. The order is that of [`SampleStore::samples`].
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

/// Which part of a long answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Only series whose key comes after this one.
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
    /// Whether there are more after the last.
    pub more: bool,
}
