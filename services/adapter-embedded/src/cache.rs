//! The latest values in memory.

mod entries;
mod index;

use async_trait::async_trait;
use entries::{Bounds, Entries, STEP_SERIES};
use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::collections::HashMap;
use std::time::Instant;
use watchkeeper_domain::{KeyRange, Sample, Seldom, SeriesFilter, Timestamp};
use watchkeeper_ports::{
    Advance, Deleted, LatestCache, Offset, Page, PortError, SeriesDeletion, TopicId, TopicPartition,
    TtlPolicy,
};

/// The position in each partition of each topic.
type Positions = HashMap<(TopicPartition, TopicId), Offset>;

/// The latest values in memory: bounded, and lost with the process.
pub struct MemoryCache {
    entries: RwLock<Entries>,
    positions: Mutex<Positions>,
    bounds: Bounds,
    /// Lines about series for which there is no room.
    told: Mutex<Seldom>,
}

impl MemoryCache {
    /// Most series: with keys of usual length, about 300 MB. Beyond it new series are skipped until others
    /// expire; what is cached stays correct.
    pub const MAX_SERIES: usize = 1_000_000;
    /// Bytes that a series with two labels and no note takes on top of its key, when the cache has just grown.
    pub const SERIES_BYTES: usize = 240;
    /// Most bytes of the keys of all series, 256 MiB. A key contains the labels; with everything else, a long
    /// one takes about twice its length. Beyond it new series are skipped too.
    pub const MAX_KEY_BYTES: usize = 256 << 20;

    /// An empty cache.
    #[must_use]
    pub fn new() -> Self {
        let bounds = Bounds { series: Self::MAX_SERIES, key_bytes: Self::MAX_KEY_BYTES };
        Self { entries: RwLock::default(), positions: Mutex::default(), bounds, told: Mutex::default() }
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.entries.read()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.entries.write()
    }

    fn noted(&self) -> MutexGuard<'_, Positions> {
        self.positions.lock()
    }
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl SeriesDeletion for MemoryCache {
    async fn delete(&self, filter: &SeriesFilter, after: &str) -> Result<Deleted, PortError> {
        let step = self.read().matching(filter, &KeyRange::of(filter, Some(after)));
        let mut entries = self.write();
        let series = step.found.iter().filter(|series| entries.remove(series)).count() as u64;
        Ok(Deleted { series, items: series, next: step.go_on_after })
    }
}

/// A long call yields to other tasks between its steps.
#[async_trait]
impl LatestCache for MemoryCache {
    async fn put(&self, samples: &[Sample], ttl: &TtlPolicy, now: Timestamp) -> Result<(), PortError> {
        let mut refused = 0_usize;
        for some in samples.chunks(STEP_SERIES) {
            {
                let mut entries = self.write();
                for sample in some {
                    refused += usize::from(!entries.put(sample, ttl, now, self.bounds));
                }
            }
            tokio::task::yield_now().await;
        }
        if let Some(samples) = self.told.lock().admit(refused as u64, Instant::now()) {
            tracing::warn!(
                samples,
                max_series = self.bounds.series,
                max_key_bytes = self.bounds.key_bytes,
                "the cache is full: skipping new series"
            );
        }
        Ok(())
    }

    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        now: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        let (mut range, mut found) = (KeyRange::of(filter, page.after.as_deref()), Vec::new());
        loop {
            let step = self.read().latest(filter, &range, page.limit - found.len(), now);
            found.extend(step.found);
            match step.go_on_after {
                Some(key) => range.after = key,
                None => return Ok(found),
            }
            tokio::task::yield_now().await;
        }
    }

    async fn positions(
        &self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
    ) -> Result<Vec<Option<Offset>>, PortError> {
        let noted = self.noted();
        let position =
            |partition: &TopicPartition| noted.get(&(partition.clone(), topic_id.clone())).copied();
        Ok(partitions.iter().map(position).collect())
    }

    async fn advance(&self, advances: &[Advance]) -> Result<(), PortError> {
        let mut noted = self.noted();
        let key = |advance: &Advance| (advance.partition.clone(), advance.topic_id.clone());
        advances.iter().try_for_each(|advance| advance.check_noted(noted.get(&key(advance)).copied()))?;
        noted.extend(advances.iter().map(|advance| (key(advance), advance.next)));
        Ok(())
    }

    async fn len(&self) -> Result<usize, PortError> {
        Ok(self.read().len())
    }

    async fn sweep(&self, now: Timestamp) -> Result<(), PortError> {
        let mut range = KeyRange::of(&SeriesFilter::default(), None);
        loop {
            let step = self.read().expired(&range, now);
            {
                let mut entries = self.write();
                step.found.iter().for_each(|series| entries.forget(series, now));
            }
            match step.go_on_after {
                Some(key) => range.after = key,
                None => return Ok(()),
            }
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::Duration;
    use watchkeeper_domain::Series;

    const TTL: Duration = Duration::from_secs(60);

    fn sample(number: usize) -> Sample {
        let series = Series::new("host", "load", "", &[("cpu", &format!("{number:06}"))]).unwrap();
        Sample::new(Arc::new(series), Timestamp::MIN.plus(TTL), 1.0)
    }

    async fn put(cache: &MemoryCache, samples: &[Sample], now: Timestamp) {
        let ttl = TtlPolicy { default: TTL, by_source: BTreeMap::new() };
        cache.put(samples, &ttl, now).await.unwrap();
    }

    async fn a_full_cache_keeps_what_it_has(bounds: Bounds) {
        let cache = MemoryCache { bounds, ..MemoryCache::new() };
        let newer = Sample { collected_at: Timestamp::MIN.plus(2 * TTL), ..sample(0) };
        put(&cache, &[sample(0), sample(1), sample(2), newer.clone()], Timestamp::MIN).await;
        let all = SeriesFilter::default();
        let latest = cache.latest(&all, &Page::first(9), Timestamp::MIN).await.unwrap();
        assert_eq!(latest, [newer, sample(1)]);
        let later = Timestamp::MIN.plus(TTL);
        cache.sweep(later).await.unwrap();
        put(&cache, &[sample(2)], later).await;
        assert_eq!(cache.latest(&all, &Page::first(9), later).await.unwrap(), [sample(2)]);
    }

    #[tokio::test]
    async fn a_cache_full_of_series_takes_no_new_one_until_others_have_expired() {
        a_full_cache_keeps_what_it_has(Bounds { series: 2, key_bytes: usize::MAX }).await;
    }

    #[tokio::test]
    async fn a_cache_full_of_keys_takes_no_new_series_until_others_have_expired() {
        let key_bytes = sample(0).series.key().len() + sample(1).series.key().len();
        a_full_cache_keeps_what_it_has(Bounds { series: usize::MAX, key_bytes }).await;
    }

    #[test]
    fn a_series_takes_no_more_memory_than_is_said() {
        // Enough that the table of entries has just grown, and is half empty.
        const SERIES: usize = 120_000;
        let (cache, ttl) = (MemoryCache::new(), TtlPolicy { default: TTL, by_source: BTreeMap::new() });
        let mut key_bytes = 0;
        let cost = allocation_counter::measure(|| {
            for number in 0..SERIES {
                let labels = [("instance", "web-0001.example.org"), ("user", &format!("{number:010}"))];
                let series = Arc::new(Series::new("shop", "requests", "", &labels).unwrap());
                key_bytes += series.key().len();
                let sample = Sample::new(series, Timestamp::MIN, 1.0);
                assert!(cache.write().put(&sample, &ttl, Timestamp::MIN, cache.bounds));
            }
        });
        let bytes = usize::try_from(cost.bytes_current).unwrap();
        assert!(
            bytes <= SERIES * MemoryCache::SERIES_BYTES + key_bytes,
            "{} each",
            (bytes - key_bytes) / SERIES
        );
    }

    #[tokio::test]
    async fn more_series_than_a_step_looks_at_are_all_found_and_all_swept() {
        let cache = MemoryCache::new();
        let samples: Vec<_> = (0..=2 * STEP_SERIES).map(sample).collect();
        put(&cache, &samples, Timestamp::MIN).await;
        let of_last = SeriesFilter {
            labels: BTreeMap::from([("cpu".to_owned(), format!("{:06}", 2 * STEP_SERIES))]),
            ..SeriesFilter::default()
        };
        for (filter, limit, expected) in [
            (&SeriesFilter::default(), usize::MAX, &samples[..]),
            (&SeriesFilter::default(), STEP_SERIES, &samples[..STEP_SERIES]),
            (&of_last, 1, &samples[2 * STEP_SERIES..]),
        ] {
            assert_eq!(cache.latest(filter, &Page::first(limit), Timestamp::MIN).await.unwrap(), expected);
        }
        cache.sweep(Timestamp::MIN.plus(TTL)).await.unwrap();
        assert_eq!(cache.len().await.unwrap(), 0);
        assert!(cache.read().is_bare(), "nothing is left in any index");
    }
}
