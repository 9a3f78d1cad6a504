//! The latest value of every series.

use crate::{
    Advance, MAX_ASKED_SERIES, Offset, Page, PortError, SeriesDeletion, TopicId, TopicPartition,
    asked_of_too_many,
};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::time::Duration;
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};

/// The latest sample of every series, until its source's time to live has passed.
///
/// A cache may lose everything at any moment; the role that fills it then fills it again from the store. To
/// make a loss detectable, the cache holds its own positions and loses them with the rest.
#[async_trait]
#[expect(clippy::len_without_is_empty, reason = "an answer of an engine, not the size of a collection")]
pub trait LatestCache: SeriesDeletion {
    /// Stores each sample that is newer than the cached one of its series. Of equally old samples the first
    /// stays, within a batch too. The time to live counts from `now`.
    ///
    /// A sample later than [`latest_possible`](watchkeeper_domain::limits::latest_possible) at `now` is not
    /// stored. If one was stored while the clock was ahead, any other sample replaces it.
    async fn put(&self, samples: &[Sample], ttl: &TtlPolicy, now: Timestamp) -> Result<(), PortError>;

    /// The latest sample of each matching series that has not expired by `now`, by key, a page at a time. A
    /// sample later than possible at `now` is not returned.
    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        now: Timestamp,
    ) -> Result<Vec<Sample>, PortError>;

    /// The newest of these samples, the first by key among equally new ones; `None` if there are none.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when more than [`MAX_ASKED_SERIES`] series match.
    async fn newest(&self, filter: &SeriesFilter, now: Timestamp) -> Result<Option<Sample>, PortError> {
        let (mut page, mut newest, mut looked_at) = (Page::first(NEWEST_PAGE), None, 0);
        loop {
            let samples = self.latest(filter, &page, now).await?;
            let Some(last) = samples.last() else { return Ok(newest) };
            looked_at += samples.len();
            if looked_at > MAX_ASKED_SERIES {
                return Err(PortError::Rejected { what: "cache", reason: asked_of_too_many() });
            }
            page.after = Some(last.series.key().to_owned());
            newest = newest.into_iter().chain(samples).reduce(newer);
        }
    }

    /// The positions up to which the records of each of `partitions`, in the topic with this ID, were put;
    /// `None` where none was recorded, or if the cache may have lost anything since.
    async fn positions(
        &self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
    ) -> Result<Vec<Option<Offset>>, PortError>;

    /// Records positions after the records before them were put: all or nothing. One group fills a cache, so
    /// [`Advance::group`] is ignored.
    ///
    /// # Errors
    /// [`PortError::PositionMoved`] when a position is neither the expected one nor already the new one
    /// ([`Advance::check_noted`]).
    async fn advance(&self, advances: &[Advance]) -> Result<(), PortError>;

    /// The number of series, which may include expired ones.
    async fn len(&self) -> Result<usize, PortError>;

    /// Removes what has expired by `now`, and nothing else, however far in the past that is. A no-op for a cache whose engine expires entries by itself.
    async fn sweep(&self, now: Timestamp) -> Result<(), PortError>;
}

/// Series that [`LatestCache::newest`] reads in one call.
const NEWEST_PAGE: usize = 1_000;

fn newer(one: Sample, other: Sample) -> Sample {
    if other.collected_at > one.collected_at { other } else { one }
}

/// Time to live of a latest value, by source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TtlPolicy {
    /// For all other sources.
    pub default: Duration,
    /// For the sources named here.
    pub by_source: BTreeMap<String, Duration>,
}

impl TtlPolicy {
    /// The time to live of a sample of `source`.
    pub fn of(&self, source: &str) -> Duration {
        self.by_source.get(source).copied().unwrap_or(self.default)
    }
}
