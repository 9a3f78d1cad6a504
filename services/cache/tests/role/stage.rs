//! A cache role on the embedded back end.

use crate::bus::StagedBus;
use crate::forgetful::ForgetfulCache;
use crate::store::StagedStore;
use axum::Router;
use prometheus::proto::{LabelPair, Metric};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic::transport::Channel;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions, EmbeddedStore};
use watchkeeper_cache::{Cache, CacheConfig, RefillSource};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::clock::Looks;
use watchkeeper_domain::{Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::{
    Advance, Append, BatchBuilder, Delivery, EventBus, Group, LatestCache, Offset, Page, Position, Topic,
    TopicId, TopicPartition, TtlPolicy,
};
use watchkeeper_runtime::clock::to_marks;
use watchkeeper_runtime::http::{Access, Limits, Listener};
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_wire::proto::cache::cache_service_client::CacheServiceClient;
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
    pub(crate) cache: Arc<ForgetfulCache>,
    _directory: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bus = EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap();
        let store = EmbeddedStore::open(directory.path()).unwrap();
        Self {
            bus: Arc::new(StagedBus::new(bus)),
            store: Arc::new(StagedStore::new(store)),
            cache: Arc::default(),
            _directory: directory,
        }
    }

    /// The clock was looked at, and believed, so long ago.
    pub(crate) async fn looked_at_the_clock(&self, ago: Duration) {
        let marks = to_marks(&Looks::beginning_at(Timestamp::now().minus(ago)));
        self.store.schedule().mark("cache", &marks.map(|(name, at)| (name.to_owned(), at))).await.unwrap();
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

    pub(crate) async fn topic_id(&self) -> TopicId {
        self.bus.topic_id(&Topic::METRICS).await.unwrap()
    }

    /// Stores samples as the persister does that has come to `next`, from the beginning.
    pub(crate) async fn store(&self, samples: Vec<Sample>, next: Offset) {
        let (partition, topic_id) = (metrics_partition(), self.topic_id().await);
        let advance = Advance { group: Group::PERSISTER, partition, topic_id, expected: None, next };
        self.store
            .samples()
            .append(Arc::new(Append { items: samples, advances: vec![advance] }))
            .await
            .unwrap();
    }

    /// Commits to the bus for the cache, and tells nobody.
    pub(crate) async fn commit(&self, next: Offset) {
        let mut member = self.bus.join(&Group::CACHE).await;
        assert!(matches!(soon(member.next(1)).await.unwrap(), Delivery::Assigned(_)));
        member.commit(&[Position { partition: metrics_partition(), next }]).await.unwrap();
    }

    pub(crate) fn run(&self, config: CacheConfig) -> Running {
        let context = RoleContext::detached("cache");
        let (bus, store, cache) = (self.bus.clone(), self.store.clone(), self.cache.clone());
        let schedule = self.store.schedule();
        let source = RefillSource { samples: store.clone(), positions: store };
        let role =
            Cache::new(context.clone(), Reloadable::new(config), bus, source, cache, schedule).unwrap();
        let (clock, now) = watch::channel(Timestamp::now());
        let grpc = role.grpc(&Access::open(), move || *now.borrow());
        Running { context, grpc, clock, role: tokio::spawn(role.run()) }
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
    grpc: Router,
    /// What its gRPC service takes for the present.
    pub(crate) clock: watch::Sender<Timestamp>,
    role: JoinHandle<RoleResult>,
}

impl Running {
    /// A client of its gRPC service, over loopback.
    pub(crate) async fn client(&self) -> CacheServiceClient<Channel> {
        let address = "127.0.0.1:0".parse().unwrap();
        let listener = Listener::bind("listen.cache_grpc", address, &Access::open()).await.unwrap();
        let url = format!("http://{}", listener.address());
        let stop = self.context.shutdown().clone();
        tokio::spawn(listener.serve(self.grpc.clone(), Limits::default(), stop));
        soon(CacheServiceClient::connect(url)).await.unwrap()
    }

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

/// The same of one that has these values of labels, by the order of their names.
pub(crate) fn counted_of(context: &RoleContext, name: &str, labels: &[&str]) -> String {
    let families = context.registry().gather();
    let family = families.iter().find(|family| family.name() == name).unwrap();
    let is_meant =
        |metric: &&Metric| metric.get_label().iter().map(LabelPair::value).eq(labels.iter().copied());
    family.get_metric().iter().find(is_meant).unwrap().get_counter().get_value().to_string()
}
