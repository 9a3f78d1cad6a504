//! The cache's loops.

use crate::config::CacheConfig;
use crate::expiry::keep_sweeping;
use crate::grpc;
use crate::metrics::{CacheMetrics, Outcome};
use crate::refill::{self, refill};
use axum::Router;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_ports::{
    Advance, EventBus, Group, LatestCache, Offset, PortError, Position, PositionStore, ReceivedBatch,
    SampleQueries, ScheduleStore, Topic, TopicId, TopicPartition,
};
use watchkeeper_runtime::clock::{Clock, ScheduledClock};
use watchkeeper_runtime::consumer::{Consumer, Offsets, Source, consume};
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::{Heartbeat, RoleContext, RoleResult};
use watchkeeper_wire::Decoded;
use watchkeeper_wire::sample::SampleDecoder;

/// What an empty cache is refilled from.
#[derive(Clone)]
pub struct RefillSource {
    /// The samples in the store.
    pub samples: Arc<dyn SampleQueries>,
    /// The persister's positions.
    pub positions: Arc<dyn PositionStore>,
}

/// The cache role: its services, and the loops that fill the cache.
pub struct Cache {
    context: RoleContext,
    config: Reloadable<CacheConfig>,
    bus: Arc<dyn EventBus>,
    source: RefillSource,
    latest: Arc<dyn LatestCache>,
    schedule: Arc<dyn ScheduleStore>,
    metrics: CacheMetrics,
}

impl Cache {
    /// The names of the gRPC services: `cache.CacheService`.
    pub const SERVICES: [&str; 1] = [grpc::SERVICE];

    /// Creates the role. The clock's state is kept in `schedule`.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(
        context: RoleContext,
        config: Reloadable<CacheConfig>,
        bus: Arc<dyn EventBus>,
        source: RefillSource,
        latest: Arc<dyn LatestCache>,
        schedule: Arc<dyn ScheduleStore>,
    ) -> Result<Self, prometheus::Error> {
        let metrics = CacheMetrics::register(context.registry())?;
        Ok(Self { context, config, bus, source, latest, schedule, metrics })
    }

    /// The gRPC services, [`Self::SERVICES`], as routes; `now` returns the current time.
    pub fn grpc(&self, access: &Access, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Router {
        grpc::router(access, Arc::clone(&self.latest), self.metrics.clone(), Arc::new(now))
    }

    /// Keeps the cache up to date with topic `metrics` until the role stops.
    pub async fn run(self) -> RoleResult {
        let Self { context, config, bus, source: refill_source, latest, schedule, metrics } = self;
        // The positions in a cache are lost with it: they do not tell whether another store shares the group.
        let source = Source { bus, topic: Topic::METRICS, group: Group::CACHE, positions: None, gate: None };
        let ledger = ScheduledClock { schedule, owner: context.role(), believes_the_first: true };
        let clock = Clock::new(&context, ledger, || A_LONG_TIME)?;
        let looking = clock.clone().keep_looking(context.clone());
        let sweeping = keep_sweeping(context.clone(), clock.clone(), Arc::clone(&latest));
        let filler = Filler::new(config, clock, refill_source, latest, metrics);
        tokio::try_join!(consume(context, source, filler), looking, sweeping)?;
        Ok(())
    }
}

/// Most records per delivery; each delivery is stored at once.
const MAX_RECORDS: usize = 10_000;

/// How often to check whether the cache has lost its content.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A value that expires too early comes back with the next sample: a host that was off for a night must not warn
/// about its clock. Only a clock far from its last reading is not trusted.
const A_LONG_TIME: Duration = Duration::MAX;

struct Filler {
    config: Reloadable<CacheConfig>,
    clock: Clock,
    source: RefillSource,
    cache: Arc<dyn LatestCache>,
    metrics: CacheMetrics,
    decoder: SampleDecoder,
    /// The ID of the consumed topic.
    topic_id: TopicId,
    partitions: BTreeMap<TopicPartition, Offsets>,
    samples: Vec<Sample>,
    look_at: Instant,
}

impl Filler {
    fn new(
        config: Reloadable<CacheConfig>,
        clock: Clock,
        source: RefillSource,
        cache: Arc<dyn LatestCache>,
        metrics: CacheMetrics,
    ) -> Self {
        Self {
            config,
            clock,
            source,
            cache,
            metrics,
            decoder: SampleDecoder::default(),
            topic_id: TopicId::default(),
            partitions: BTreeMap::new(),
            samples: Vec::new(),
            look_at: Instant::now(),
        }
    }

    fn advance(&self, partition: &TopicPartition, expected: Option<Offset>, next: Offset) -> Advance {
        let (partition, topic_id) = (partition.clone(), self.topic_id.clone());
        Advance { group: Group::CACHE, partition, topic_id, expected, next }
    }

    /// Fills the cache from the store, and sets the positions of these partitions to the persister's: what it has not
    /// stored yet is consumed from the bus again.
    async fn refill(&self, partitions: &[TopicPartition], heartbeat: &Heartbeat) -> Result<(), PortError> {
        // Before the samples are read: what is stored in between is written twice, not missed.
        let mut advances = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let position = self.source.positions.position(&Group::PERSISTER, partition, &self.topic_id);
            let stored = heartbeat.waiting(refill::STORE, position).await?;
            advances.push(self.advance(partition, None, stored.next()));
        }
        let present = heartbeat.idle(self.clock.look(Timestamp::now())).await?;
        let series =
            refill(&*self.cache, &*self.source.samples, &self.config.current().ttl, present, heartbeat)
                .await?;
        tracing::info!(series_count = series, "cache filled from the store");
        self.cache.advance(&advances).await
    }
}

impl Consumer for Filler {
    const STORE: &'static str = "cache";

    async fn check(&self) -> Result<(), PortError> {
        self.cache.len().await.map(drop)
    }

    /// A cache that has lost the position of a partition has lost its values too.
    async fn begin(
        &mut self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
        heartbeat: &Heartbeat,
    ) -> Result<Vec<Position>, PortError> {
        self.topic_id = topic_id.clone();
        let mut noted = self.cache.positions(partitions, topic_id).await?;
        let lost = partitions.iter().zip(&noted).filter(|(_, noted)| noted.is_none());
        let lost: Vec<_> = lost.map(|(partition, _)| partition.clone()).collect();
        if !lost.is_empty() {
            // Stores positions too; the partitions that were not lost keep theirs.
            self.refill(&lost, heartbeat).await?;
            noted = self.cache.positions(partitions, topic_id).await?;
        }
        let found = partitions.iter().zip(noted).filter_map(|(partition, noted)| Some((partition, noted?)));
        let positions: Vec<_> =
            found.map(|(partition, next)| Position { partition: partition.clone(), next }).collect();
        let offsets = |Position { partition, next }: &Position| (partition.clone(), Offsets::at(*next));
        self.partitions.extend(positions.iter().map(offsets));
        Ok(positions)
    }

    fn push(&mut self, batch: ReceivedBatch) {
        for record in batch.records.iter() {
            match self.decoder.decode_sample(record) {
                Ok(Decoded::Item(sample)) => self.samples.push(sample),
                Ok(Decoded::Copy) => self.metrics.copies.inc(),
                Ok(Decoded::Tombstone) => {}
                Err(_) => self.metrics.undecodable.inc(),
            }
        }
        if let Some(offsets) = self.partitions.get_mut(&batch.partition) {
            offsets.taken = batch.next;
        }
    }

    fn linger(&self) -> Duration {
        Duration::ZERO
    }

    fn capacity(&self) -> usize {
        let is_in_hand = self.partitions.values().any(|offsets| offsets.has_moved());
        if is_in_hand { 0 } else { MAX_RECORDS }
    }

    /// Compares all partitions, including those without new records: a consumer that was fenced in one, or whose
    /// cache has lost it, restarts.
    async fn store(&mut self, _: &Heartbeat) -> Result<Vec<Position>, PortError> {
        let started = std::time::Instant::now();
        let put = self.cache.put(&self.samples, &self.config.current().ttl, Timestamp::now()).await;
        if !self.samples.is_empty() {
            let outcome = if put.is_ok() { Outcome::Success } else { Outcome::Error };
            self.metrics.set.ended(outcome, self.samples.len(), started);
        }
        put?;
        let advance = |(partition, at): (_, &Offsets)| self.advance(partition, Some(at.stored), at.taken);
        let advances = self.partitions.iter().map(advance);
        self.cache.advance(&advances.collect::<Vec<_>>()).await?;
        self.samples.clear();
        let mut moved = Vec::new();
        for (partition, offsets) in &mut self.partitions {
            if offsets.has_moved() {
                *offsets = Offsets::at(offsets.taken);
                moved.push(Position { partition: partition.clone(), next: offsets.taken });
            }
        }
        Ok(moved)
    }

    fn reset(&mut self) {
        self.samples.clear();
        self.partitions.clear();
    }

    fn release(&mut self, partitions: &[TopicPartition]) {
        self.partitions.retain(|partition, _| !partitions.contains(partition));
    }

    fn next_deadline(&self) -> Option<Instant> {
        Some(self.look_at)
    }

    async fn on_deadline(&mut self, _: &Heartbeat) -> bool {
        self.look_at = Instant::now() + LOOK_EVERY;
        !self.partitions.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_adapter_embedded::{EmbeddedStore, MemoryCache};
    use watchkeeper_domain::Series;
    use watchkeeper_ports::{Append, SampleStore, TtlPolicy};

    fn metrics() -> CacheMetrics {
        CacheMetrics::register(RoleContext::detached("cache").registry()).unwrap()
    }

    fn source(store: Arc<dyn SampleStore>) -> RefillSource {
        RefillSource { samples: store.clone(), positions: store }
    }

    fn clock(directory: &tempfile::TempDir) -> Clock {
        let schedule = EmbeddedStore::open(&directory.path().join("clock")).unwrap().schedule();
        let ledger = ScheduledClock { schedule, owner: "cache", believes_the_first: true };
        Clock::new(&RoleContext::detached("cache"), ledger, || A_LONG_TIME).unwrap()
    }

    #[tokio::test]
    async fn every_partition_of_one_assignment_begins_where_the_persister_is() {
        let directory = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(directory.path()).unwrap().samples();
        let partitions = [7, 8, 9].map(|number| TopicPartition::new(Topic::METRICS, number));
        let advance = |(partition, next): (&TopicPartition, _)| Advance {
            group: Group::PERSISTER,
            partition: partition.clone(),
            topic_id: TopicId::new("metrics"),
            expected: None,
            next,
        };
        let series = Arc::new(Series::new("test", "n", "", &[]).unwrap());
        let sample = Sample::new(series, Timestamp::now(), 1.0);
        let advances = partitions.iter().zip([70, 80]).map(advance).collect();
        store.append(Arc::new(Append { items: vec![sample], advances })).await.unwrap();
        let ttl = TtlPolicy { default: Duration::from_secs(60), by_source: BTreeMap::new() };
        let cache = Arc::new(MemoryCache::new());
        let mut filler = Filler::new(
            Reloadable::new(CacheConfig { ttl }),
            clock(&directory),
            source(store),
            cache,
            metrics(),
        );
        let position =
            |(partition, next): (&TopicPartition, _)| Position { partition: partition.clone(), next };
        let expected: Vec<_> = partitions.iter().zip([70, 80, 0]).map(position).collect();
        let heartbeat = RoleContext::detached("cache").heartbeat("receive");
        assert_eq!(filler.begin(&partitions, &TopicId::new("metrics"), &heartbeat).await.unwrap(), expected);
    }

    #[tokio::test]
    async fn a_cache_that_has_forgotten_is_noticed_though_no_record_comes() {
        let directory = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(directory.path()).unwrap().samples();
        let ttl = TtlPolicy { default: Duration::from_secs(60), by_source: BTreeMap::new() };
        let cache = Arc::new(MemoryCache::new());
        let mut filler = Filler::new(
            Reloadable::new(CacheConfig { ttl }),
            clock(&directory),
            source(store),
            cache,
            metrics(),
        );
        let heartbeat = RoleContext::detached("cache").heartbeat("receive");
        assert!(!filler.on_deadline(&heartbeat).await, "it has no partition");
        let partition = TopicPartition::new(Topic::METRICS, 0);
        filler.begin(&[partition], &TopicId::new("metrics"), &heartbeat).await.unwrap();
        assert!(filler.on_deadline(&heartbeat).await);
        assert_eq!(filler.store(&heartbeat).await.unwrap(), [], "nothing has moved");
        filler.cache = Arc::new(MemoryCache::new());
        let error = filler.store(&heartbeat).await.unwrap_err();
        assert!(matches!(error, PortError::PositionMoved { .. }), "{error}");
    }
}
