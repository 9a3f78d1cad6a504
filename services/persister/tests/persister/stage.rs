//! A persister on the embedded back end.

use crate::bus::StagedBus;
use crate::store::StagedStore;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions, EmbeddedStore};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::clock::Looks;
use watchkeeper_domain::{Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_persister::{PersisterConfig, run};
use watchkeeper_ports::{
    BatchBuilder, EventBus, Group, Offset, PortError, PositionStore, ReceivedBatch, RecordBatch,
    SampleQueries, Topic, TopicPartition,
};
use watchkeeper_runtime::clock::to_marks;
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_wire::sample::push_sample;

/// How long anything may take before its test fails.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn soon<T>(happens: impl Future<Output = T>) -> T {
    timeout(PATIENCE, happens).await.expect("it happens in time")
}

/// Stores at once.
pub(crate) fn config() -> PersisterConfig {
    PersisterConfig {
        batch_records: 10_000,
        batch_age: Duration::ZERO,
        retention: Duration::from_secs(90 * 24 * 3600),
        max_series: 1_000,
    }
}

pub(crate) fn metrics_partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

/// A sample of today that the test knows by its number.
pub(crate) fn sample(number: u32) -> Sample {
    let series = Arc::new(Series::new("test", "number", "", &[]).unwrap());
    let today = Timestamp::now().window_start(Duration::from_secs(24 * 3600));
    let collected_at = today.plus(Duration::from_micros(number.into()));
    Sample { series, collected_at, value: f64::from(number) }
}

/// The records of some samples.
pub(crate) fn records(numbers: impl IntoIterator<Item = u32>) -> RecordBatch {
    let mut batch = BatchBuilder::default();
    numbers.into_iter().for_each(|number| push_sample(&mut batch, &sample(number)));
    batch.finish()
}

/// What a test has to do with.
pub(crate) struct Stage {
    pub(crate) bus: Arc<StagedBus>,
    pub(crate) store: Arc<StagedStore>,
    _directory: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(|store| store)
    }

    /// The store refuses the sample of that number.
    pub(crate) fn refusing(number: u32) -> Self {
        Self::with(|store| store.refusing(number))
    }

    fn with(staged: impl FnOnce(StagedStore) -> StagedStore) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bus = EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap();
        let store = StagedStore::new(EmbeddedStore::open(directory.path()).unwrap());
        Self { bus: Arc::new(StagedBus::new(bus)), store: Arc::new(staged(store)), _directory: directory }
    }

    pub(crate) async fn publish(&self, records: RecordBatch) {
        self.bus.publish(&Topic::METRICS, records).await.unwrap();
    }

    /// The clock was looked at, and believed, so long ago.
    pub(crate) async fn looked_at_the_clock(&self, ago: Duration) {
        let believed = Timestamp::now().minus(ago);
        let marks = to_marks(&Looks::beginning_at(believed)).map(|(name, at)| (name.to_owned(), at));
        self.store.schedule().mark("persister", &marks).await.unwrap();
    }

    pub(crate) fn run(&self, config: PersisterConfig) -> Running {
        Running::new(config, self.bus.clone(), self.store.clone())
    }

    /// The numbers of all samples in the store, each once, rising.
    pub(crate) async fn stored(&self) -> Vec<u32> {
        let samples = self.store.newest(&SeriesFilter::default(), 100_000, Timestamp::MAX).await.unwrap();
        let mut numbers: Vec<_> = samples.iter().map(|sample| sample.value).collect();
        numbers.sort_by(f64::total_cmp);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "they were numbers")]
        numbers.into_iter().map(|number| number as u32).collect()
    }

    /// The records on the dead-letter topic.
    pub(crate) async fn dead_letters(&self) -> ReceivedBatch {
        let partition = TopicPartition::new(Topic::METRICS.dead_letters(), 0);
        self.bus.read(&partition, 0, 1_000).await.unwrap()
    }

    /// The records on topic `metrics`.
    pub(crate) async fn metrics(&self) -> ReceivedBatch {
        self.bus.read(&metrics_partition(), 0, 1_000).await.unwrap()
    }

    pub(crate) async fn position(&self) -> Option<Offset> {
        let topic_id = self.bus.topic_id(&Topic::METRICS).await.unwrap();
        self.store.position(&Group::PERSISTER, &metrics_partition(), &topic_id).await.unwrap().known()
    }
}

/// A persister at work.
pub(crate) struct Running {
    context: RoleContext,
    role: JoinHandle<RoleResult>,
}

impl Running {
    pub(crate) fn new(config: PersisterConfig, bus: Arc<StagedBus>, store: Arc<StagedStore>) -> Self {
        let context = RoleContext::detached("persister");
        let schedule = store.schedule();
        let role = tokio::spawn(run(context.clone(), Reloadable::new(config), bus, store, schedule));
        Self { context, role }
    }

    /// What the role says of itself.
    pub(crate) fn says(&self) -> String {
        self.context.roster().roles()["persister"].to_string()
    }

    /// Asks the role to stop, and waits until it has; what it has counted stays.
    pub(crate) async fn stop(self) -> RoleContext {
        let context = self.context.clone();
        context.shutdown().cancel();
        self.ended().await.unwrap();
        context
    }

    /// Waits until the role ends by itself.
    pub(crate) async fn ended(self) -> RoleResult {
        soon(self.role).await.unwrap()
    }
}

/// The values of the counters `watchkeeper_persister_<name>_total`.
pub(crate) fn counted<const N: usize>(context: &RoleContext, names: [&str; N]) -> [String; N] {
    let families = context.registry().gather();
    names.map(|name| {
        let name = format!("watchkeeper_persister_{name}_total");
        let family = families.iter().find(|family| family.name() == name).unwrap();
        family.get_metric()[0].get_counter().get_value().to_string()
    })
}

pub(crate) fn unavailable() -> PortError {
    PortError::Unavailable { what: "it", reason: "connection refused".into() }
}

pub(crate) fn broken() -> PortError {
    PortError::Broken { what: "it", reason: "damaged".into() }
}
