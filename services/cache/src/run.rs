//! The cache's loops.

use crate::config::CacheConfig;
use crate::expiry::keep_sweeping;
use crate::refill::refill;
use prometheus::IntCounter;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_ports::{
    EventBus, Group, LatestCache, PortError, Position, ReceivedBatch, SampleStore, Topic, TopicPartition,
};
use watchkeeper_runtime::consumer::{Consumer, Source, consume};
use watchkeeper_runtime::telemetry::register;
use watchkeeper_runtime::{Heartbeat, RoleContext, RoleResult};
use watchkeeper_wire::sample::SampleDecoder;

/// Keeps the cache up with topic `metrics` until asked to stop.
pub async fn run(
    context: RoleContext,
    config: CacheConfig,
    bus: Arc<dyn EventBus>,
    store: Arc<dyn SampleStore>,
    cache: Arc<dyn LatestCache>,
) -> RoleResult {
    let undecodable = IntCounter::new(
        "watchkeeper_cache_undecodable_total",
        "Records that are no sample; the persister sends them to the dead-letter topic.",
    )?;
    let undecodable = register(context.registry(), undecodable)?;
    let source = Source { bus, topic: Topic::METRICS, group: Group::CACHE };
    let sweeping = keep_sweeping(context.clone(), Arc::clone(&cache));
    let decoder = SampleDecoder::default();
    let filler = Filler {
        config,
        store,
        cache,
        undecodable,
        decoder,
        is_refilling: false,
        samples: Vec::new(),
        positions: Vec::new(),
    };
    tokio::try_join!(consume(context, source, filler), sweeping)?;
    Ok(())
}

/// Most records that one delivery brings; each delivery is stored at once.
const MAX_RECORDS: usize = 10_000;

struct Filler {
    config: CacheConfig,
    store: Arc<dyn SampleStore>,
    cache: Arc<dyn LatestCache>,
    undecodable: IntCounter,
    decoder: SampleDecoder,
    /// Whether a refill has begun and not come to its end: the cache is neither empty then nor whole.
    is_refilling: bool,
    samples: Vec<Sample>,
    positions: Vec<Position>,
}

impl Consumer for Filler {
    const STORE: &'static str = "cache";

    async fn check(&self) -> Result<(), PortError> {
        self.cache.len().await.map(drop)
    }

    /// An empty cache has lost what was committed: it is refilled, and what the store does not have yet
    /// is read from the bus again.
    async fn begin(
        &mut self,
        partitions: &[TopicPartition],
        heartbeat: &Heartbeat,
    ) -> Result<Vec<Position>, PortError> {
        self.is_refilling |= self.cache.len().await? == 0;
        if !self.is_refilling {
            return Ok(Vec::new());
        }
        // Before the samples are read: what is stored in between is put twice, not missed.
        let mut stored = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let next = self.store.position(&Group::PERSISTER, partition).await?.unwrap_or(0);
            stored.push(Position { partition: partition.clone(), next });
        }
        let (ttl, now) = (&self.config.ttl, Timestamp::now());
        let series = refill(&*self.cache, &*self.store, ttl, now, heartbeat).await?;
        tracing::info!(series, "cache refilled from the store");
        self.is_refilling = false;
        Ok(stored)
    }

    fn take(&mut self, batch: ReceivedBatch) {
        for record in batch.records.iter() {
            match self.decoder.decode(record.value) {
                Ok(sample) => self.samples.push(sample),
                Err(_) => self.undecodable.inc(),
            }
        }
        self.positions.push(Position { partition: batch.partition, next: batch.next });
    }

    fn linger(&self) -> Duration {
        Duration::ZERO
    }

    fn room(&self) -> usize {
        if self.positions.is_empty() { MAX_RECORDS } else { 0 }
    }

    async fn store(&mut self, _: &Heartbeat) -> Result<Vec<Position>, PortError> {
        self.cache.put(&self.samples, &self.config.ttl, Timestamp::now()).await?;
        self.samples.clear();
        Ok(std::mem::take(&mut self.positions))
    }

    fn forget(&mut self) {
        self.samples.clear();
        self.positions.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use watchkeeper_adapter_embedded::{EmbeddedStore, MemoryCache};
    use watchkeeper_domain::Series;
    use watchkeeper_ports::{Advance, Append, TtlPolicy};

    #[tokio::test]
    async fn every_partition_of_one_assignment_begins_where_the_persister_is() {
        let directory = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(directory.path()).unwrap().samples();
        let partitions = [7, 8, 9].map(|number| TopicPartition::new(Topic::METRICS, number));
        let advance = |(partition, next): (&TopicPartition, _)| Advance {
            group: Group::PERSISTER,
            partition: partition.clone(),
            expected: 0,
            next,
        };
        let series = Arc::new(Series::new("test", "n", "", &[]).unwrap());
        let sample = Sample { series, collected_at: Timestamp::now(), value: 1.0 };
        let advances = partitions.iter().zip([70, 80]).map(advance).collect();
        store.append(&Arc::new(Append { samples: vec![sample], advances })).await.unwrap();
        let mut filler = Filler {
            config: CacheConfig {
                ttl: TtlPolicy { default: Duration::from_secs(60), by_source: BTreeMap::new() },
            },
            store,
            cache: Arc::new(MemoryCache::new()),
            undecodable: IntCounter::new("undecodable", "For the test.").unwrap(),
            decoder: SampleDecoder::default(),
            is_refilling: false,
            samples: Vec::new(),
            positions: Vec::new(),
        };
        let position =
            |(partition, next): (&TopicPartition, _)| Position { partition: partition.clone(), next };
        let expected: Vec<_> = partitions.iter().zip([70, 80, 0]).map(position).collect();
        let heartbeat = RoleContext::detached("cache").heartbeat("receive");
        assert_eq!(filler.begin(&partitions, &heartbeat).await.unwrap(), expected);
        assert_eq!(filler.begin(&partitions, &heartbeat).await.unwrap(), [], "now it has something");
    }
}
