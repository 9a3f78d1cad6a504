//! The latest value of every series, at once.

use crate::{Advance, MAX_ASKED_SERIES, Offset, Page, PortError, TopicId, TopicPartition, asked_of_too_many};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::time::Duration;
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};

/// The latest sample of every series, for as long as its source's time to live.
///
/// A cache may forget everything at any moment; who fills it fills it again from the store. So that this is
/// noticed, how far each partition was taken is noted in the cache itself, and forgotten with the rest.
#[async_trait]
#[expect(clippy::len_without_is_empty, reason = "an answer of an engine, not the size of a collection")]
pub trait LatestCache: Send + Sync {
    /// Keeps each sample that is newer than the one there is of its series (or equally old: the later
    /// one in the batch does not replace the earlier). Its time to live counts from `now`.
    ///
    /// A sample later than [`latest_possible`](watchkeeper_domain::limits::latest_possible) at `now` is not kept, and
    /// one that is there, because it was put while the clock was ahead, gives way to any other.
    async fn put(&self, samples: &[Sample], ttl: &TtlPolicy, now: Timestamp) -> Result<(), PortError>;

    /// The latest sample of each series that matches and has not expired by `now`, by key, a page at a
    /// time. One that is later than possible at `now` is not given.
    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        now: Timestamp,
    ) -> Result<Vec<Sample>, PortError>;

    /// The newest of these, the first by key among equally new ones; `None` when there are none.
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

    /// Up to where the records of each of `partitions`, of the topic that has this ID, were put, in their order;
    /// `None` where nothing was noted, or the cache may have forgotten anything since.
    async fn positions(
        &self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
    ) -> Result<Vec<Option<Offset>>, PortError>;

    /// Notes up to where records were put, after they were: all of it or nothing. A cache is filled by one group, and
    /// does not look at [`Advance::group`].
    ///
    /// # Errors
    /// [`PortError::PositionMoved`] when a position is neither where it is expected nor where it is to be
    /// ([`Advance::check_noted`]).
    async fn advance(&self, advances: &[Advance]) -> Result<(), PortError>;

    /// Series that are kept, some of them perhaps expired.
    async fn len(&self) -> Result<usize, PortError>;

    /// Forgets what has expired by `now`. A cache whose engine does so by itself does nothing.
    async fn sweep(&self, now: Timestamp) -> Result<(), PortError>;
}

/// Series that [`LatestCache::newest`] looks at in one call.
const NEWEST_PAGE: usize = 1_000;

fn newer(one: Sample, other: Sample) -> Sample {
    if other.collected_at > one.collected_at { other } else { one }
}

/// How long a latest value stays, by source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TtlPolicy {
    /// For sources that are not named.
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
