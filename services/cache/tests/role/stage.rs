//! A cache role on the embedded backend.

use axum::Router;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tonic::transport::Channel;
use watchkeeper_cache::{Cache, CacheConfig, RefillSource};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};
use watchkeeper_ports::{
    Advance, Append, BatchBuilder, Delivery, Group, LatestCache as _, Offset, Page, Position, Sink as _,
    Topic, TtlPolicy,
};
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::{Access, Limits, Listener};
use watchkeeper_test_kit::{World, metrics_partition, soon};
use watchkeeper_wire::proto::cache::cache_service_client::CacheServiceClient;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Values stay for an hour.
pub(crate) fn config() -> CacheConfig {
    CacheConfig { ttl: TtlPolicy { default: HOUR, by_source: BTreeMap::new() } }
}

/// A sample of the series `<source>/n{of=<of>}`, measured so long ago.
pub(crate) fn aged(source: &str, of: &str, value: f64, ago: Duration) -> Sample {
    let collected_at = Timestamp::now().minus(ago);
    watchkeeper_test_kit::sample(&format!("{source}/n"), &[("of", of)], collected_at, value)
}

/// One of now.
pub(crate) fn sample(of: &str, value: f64) -> Sample {
    aged("test", of, value, Duration::ZERO)
}

/// The store of a world.
pub(crate) fn source(world: &World) -> RefillSource {
    RefillSource { samples: world.samples.clone(), positions: world.samples.clone() }
}

/// What a test has to do with.
pub(crate) struct Stage(World);

impl Deref for Stage {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self(World::new())
    }

    /// The clock was looked at, and believed, so long ago.
    pub(crate) async fn looked_at_the_clock(&self, ago: Duration) {
        self.0.looked_at_the_clock("cache", ago).await;
    }

    pub(crate) async fn publish(&self, samples: &[Sample]) {
        self.publish_samples(samples).await;
    }

    pub(crate) async fn publish_records(&self, batch: BatchBuilder) {
        self.0.publish(batch.finish()).await;
    }

    /// Samples have been stored by a persister that has come to `next`, from the beginning.
    pub(crate) async fn stored(&self, samples: Vec<Sample>, next: Offset) {
        let (partition, topic_id) = (metrics_partition(), self.topic_id().await);
        let advance = Advance { group: Group::PERSISTER, partition, topic_id, expected: None, next };
        self.samples.append(Arc::new(Append { items: samples, advances: vec![advance] })).await.unwrap();
    }

    /// Commits to the bus for the cache, and tells nobody.
    pub(crate) async fn commit(&self, next: Offset) {
        let mut member = self.bus.inner().subscribe(&Topic::METRICS, &Group::CACHE).await.unwrap();
        assert!(matches!(soon(member.next(1)).await.unwrap(), Delivery::Assigned(_)));
        member.commit(&[Position { partition: metrics_partition(), next }]).await.unwrap();
    }

    pub(crate) fn run(&self, config: CacheConfig) -> Running {
        let context = RoleContext::detached("cache");
        let (bus, source, latest) = (self.bus.clone(), source(self), self.latest.clone());
        let config = Reloadable::new(config);
        let role = Cache::new(context.clone(), config, bus, source, latest, self.schedule.clone()).unwrap();
        let (clock, now) = watch::channel(Timestamp::now());
        let grpc = role.grpc(&Access::open(), move || *now.borrow());
        Running { role: watchkeeper_test_kit::Running::new(context, role.run()), grpc, clock }
    }

    /// The labels and values that the cache has at `now`.
    pub(crate) async fn cached_at(&self, now: Timestamp) -> Vec<(String, f64)> {
        let samples = self.latest.latest(&SeriesFilter::default(), &Page::first(100), now).await.unwrap();
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
    grpc: Router,
    /// What its gRPC service takes for the present.
    pub(crate) clock: watch::Sender<Timestamp>,
    role: watchkeeper_test_kit::Running,
}

impl Running {
    /// A client of its gRPC service, over loopback.
    pub(crate) async fn client(&self) -> CacheServiceClient<Channel> {
        let address = "127.0.0.1:0".parse().unwrap();
        let listener = Listener::bind("listen.cache_grpc", address, &Access::open()).await.unwrap();
        let url = format!("http://{}", listener.address());
        let stop = self.role.context.shutdown().clone();
        tokio::spawn(listener.serve(self.grpc.clone(), Limits::default(), stop));
        soon(CacheServiceClient::connect(url)).await.unwrap()
    }

    /// Asks the role to stop, and waits until it has; what it has counted stays.
    pub(crate) async fn stop_well(self) -> RoleContext {
        self.role.stop_well().await
    }
}

/// The value of a counter.
pub(crate) fn counted(context: &RoleContext, name: &str) -> String {
    counted_of(context, name, &[])
}

/// The same of one that has these values of labels.
pub(crate) fn counted_of(context: &RoleContext, name: &str, labels: &[&str]) -> String {
    watchkeeper_test_kit::counted(context.registry(), name, labels).to_string()
}
