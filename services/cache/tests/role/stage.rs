//! The embedded back end, with a bus and a store in front of it that tell what was done and fail when told
//! to.

use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions, EmbeddedStore, MemoryCache};
use watchkeeper_cache::{CacheConfig, run};
use watchkeeper_domain::{RangeQuery, Sample, Series, SeriesFilter, SeriesPoints, Timestamp};
use watchkeeper_ports::{
    Advance, Append, Appended, BatchBuilder, Delivery, EventBus, Extent, Group, Lag, LatestCache, Offset,
    Page, PortError, Position, ReceivedBatch, RecordBatch, SampleStore, SeriesPage, Subscription, Tail,
    Topic, TopicPartition, TtlPolicy,
};
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_wire::sample::push_sample;

/// How long anything may take before its test fails.
const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

pub(crate) async fn soon<T>(happens: impl Future<Output = T>) -> T {
    timeout(PATIENCE, happens).await.expect("it happens in time")
}

/// Values stay for an hour.
pub(crate) fn config() -> CacheConfig {
    CacheConfig { ttl: TtlPolicy { default: HOUR, by_source: BTreeMap::new() } }
}

pub(crate) fn metrics_partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

/// A sample of the series `<source>/n{of=<of>}`, measured so long ago.
pub(crate) fn aged(source: &str, of: &str, value: f64, ago: Duration) -> Sample {
    let series = Arc::new(Series::new(source, "n", "", &[("of", of)]).unwrap());
    Sample { series, collected_at: Timestamp::now().minus(ago), value }
}

/// One of now.
pub(crate) fn sample(of: &str, value: f64) -> Sample {
    aged("test", of, value, Duration::ZERO)
}

/// What a test has to do with.
pub(crate) struct Stage {
    pub(crate) bus: Arc<StagedBus>,
    pub(crate) store: Arc<StagedStore>,
    pub(crate) cache: Arc<MemoryCache>,
    _directory: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bus = Arc::new(EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap());
        let store = EmbeddedStore::open(directory.path()).unwrap();
        let committed = watch::Sender::default();
        Self {
            bus: Arc::new(StagedBus { bus, committed }),
            store: Arc::new(StagedStore { store, failures: Mutex::default() }),
            cache: Arc::default(),
            _directory: directory,
        }
    }

    pub(crate) async fn publish(&self, samples: &[Sample]) {
        let mut batch = BatchBuilder::default();
        for sample in samples {
            push_sample(&mut batch, sample);
        }
        self.publish_records(batch).await;
    }

    pub(crate) async fn publish_records(&self, batch: BatchBuilder) {
        self.bus.publish(&Topic::METRICS, batch.finish()).await.unwrap();
    }

    /// Stores samples as the persister does that has come to `next`, from the beginning.
    pub(crate) async fn store(&self, samples: Vec<Sample>, next: Offset) {
        let advance = Advance { group: Group::PERSISTER, partition: metrics_partition(), expected: 0, next };
        self.store.append(&Arc::new(Append { samples, advances: vec![advance] })).await.unwrap();
    }

    /// Commits to the bus for the cache, and tells nobody.
    pub(crate) async fn commit(&self, next: Offset) {
        let mut member = self.bus.bus.subscribe(&Topic::METRICS, &Group::CACHE).await.unwrap();
        assert!(matches!(soon(member.next(1)).await.unwrap(), Delivery::Assigned(_)));
        member.commit(&[Position { partition: metrics_partition(), next }]).await.unwrap();
    }

    pub(crate) fn run(&self, config: CacheConfig) -> Running {
        let context = RoleContext::detached("cache");
        let (bus, store, cache) = (self.bus.clone(), self.store.clone(), self.cache.clone());
        Running { context: context.clone(), role: tokio::spawn(run(context, config, bus, store, cache)) }
    }

    /// The labels and values that the cache has at `now`.
    pub(crate) async fn cached_at(&self, now: Timestamp) -> Vec<(String, f64)> {
        let samples = self.cache.latest(&SeriesFilter::default(), &Page::first(100), now).await.unwrap();
        samples.iter().map(|sample| (sample.series.label("of").unwrap().to_owned(), sample.value)).collect()
    }

    pub(crate) async fn cached(&self) -> Vec<(String, f64)> {
        self.cached_at(Timestamp::now()).await
    }
}

/// What [`Stage::cached`] gives.
pub(crate) fn values(expected: &[(&str, f64)]) -> Vec<(String, f64)> {
    expected.iter().map(|&(of, value)| (of.to_owned(), value)).collect()
}

/// A cache role at work.
pub(crate) struct Running {
    context: RoleContext,
    role: JoinHandle<RoleResult>,
}

impl Running {
    /// Asks the role to stop, and waits until it has; what it has counted stays.
    pub(crate) async fn stop(self) -> RoleContext {
        self.context.shutdown().cancel();
        soon(self.role).await.unwrap().unwrap();
        self.context
    }
}

/// The value of a counter.
pub(crate) fn counted(context: &RoleContext, name: &str) -> String {
    let families = context.registry().gather();
    let family = families.iter().find(|family| family.name() == name).unwrap();
    family.get_metric()[0].get_counter().get_value().to_string()
}

/// The embedded store, but for questions that fail.
pub(crate) struct StagedStore {
    store: EmbeddedStore,
    failures: Mutex<Vec<Option<PortError>>>,
}

impl StagedStore {
    /// The next pages of latest samples, each given or not.
    pub(crate) fn gives_pages(&self, given: &[bool]) {
        let reason = || "connection refused".to_owned();
        let failure =
            |&given: &bool| (!given).then(|| PortError::Unavailable { what: "store", reason: reason() });
        *self.failures.lock().unwrap() = given.iter().rev().map(failure).collect();
    }
}

#[async_trait]
impl SampleStore for StagedStore {
    async fn append(&self, batch: &Arc<Append>) -> Result<Appended, PortError> {
        self.store.append(batch).await
    }

    async fn position(&self, group: &Group, partition: &TopicPartition) -> Result<Option<Offset>, PortError> {
        self.store.position(group, partition).await
    }

    async fn series(&self, filter: &SeriesFilter, page: &Page) -> Result<SeriesPage, PortError> {
        self.store.series(filter, page).await
    }

    async fn latest(&self, filter: &SeriesFilter, page: &Page) -> Result<Vec<Sample>, PortError> {
        let failure = self.failures.lock().unwrap().pop().flatten();
        match failure {
            Some(error) => Err(error),
            None => self.store.latest(filter, page).await,
        }
    }

    async fn newest(&self, filter: &SeriesFilter, limit: usize) -> Result<Vec<Sample>, PortError> {
        self.store.newest(filter, limit).await
    }

    async fn range(&self, query: &RangeQuery, max_series: usize) -> Result<Vec<SeriesPoints>, PortError> {
        self.store.range(query, max_series).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        self.store.prune(before).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.store.check().await
    }
}

/// The embedded bus, but for telling what was committed.
pub(crate) struct StagedBus {
    bus: Arc<EmbeddedBus>,
    committed: watch::Sender<Option<Offset>>,
}

impl StagedBus {
    /// Waits until a member has committed `next`.
    pub(crate) async fn comes_to(&self, next: Offset) {
        let mut committed = self.committed.subscribe();
        soon(committed.wait_for(|&committed| committed == Some(next))).await.unwrap();
    }
}

#[async_trait]
impl EventBus for StagedBus {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        self.bus.publish(topic, batch).await
    }

    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        let subscription = self.bus.subscribe(topic, group).await?;
        Ok(Box::new(StagedSubscription { subscription, committed: self.committed.clone() }))
    }

    async fn tail(&self, topic: &Topic) -> Result<Box<dyn Tail>, PortError> {
        self.bus.tail(topic).await
    }

    async fn read(&self, at: &TopicPartition, from: Offset, max: usize) -> Result<ReceivedBatch, PortError> {
        self.bus.read(at, from, max).await
    }

    async fn extents(&self, topic: &Topic) -> Result<Vec<Extent>, PortError> {
        self.bus.extents(topic).await
    }

    async fn lag(&self, topic: &Topic, group: &Group) -> Result<Vec<Lag>, PortError> {
        self.bus.lag(topic, group).await
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        self.bus.topics().await
    }
}

struct StagedSubscription {
    subscription: Box<dyn Subscription>,
    committed: watch::Sender<Option<Offset>>,
}

#[async_trait]
impl Subscription for StagedSubscription {
    async fn next(&mut self, max_records: usize) -> Result<Delivery, PortError> {
        self.subscription.next(max_records).await
    }

    async fn seek(&mut self, position: Position) -> Result<(), PortError> {
        self.subscription.seek(position).await
    }

    async fn commit(&mut self, positions: &[Position]) -> Result<(), PortError> {
        self.subscription.commit(positions).await?;
        self.committed.send_replace(positions.last().map(|position| position.next));
        Ok(())
    }
}
