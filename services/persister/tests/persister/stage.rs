//! The embedded back end, with a bus and a store in front of it that tell what they did and fail when
//! told to.

use async_trait::async_trait;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions, EmbeddedStore};
use watchkeeper_domain::{RangeQuery, Sample, Series, SeriesFilter, SeriesPoints, Timestamp};
use watchkeeper_persister::{PersisterConfig, run};
use watchkeeper_ports::{
    Advance, Append, Appended, BatchBuilder, EventBus, Extent, Group, Lag, Offset, Page, PortError,
    ReceivedBatch, RecordBatch, SampleStore, SeriesPage, Subscription, Tail, Topic, TopicPartition,
};
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
        let directory = tempfile::tempdir().unwrap();
        let bus = EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap();
        let store = EmbeddedStore::open(directory.path()).unwrap();
        Self {
            bus: Arc::new(StagedBus { bus: Arc::new(bus), group: None, failures: Mutex::default() }),
            store: Arc::new(StagedStore {
                store,
                refused: None,
                failures: Mutex::default(),
                appends: watch::Sender::default(),
                prunes: watch::Sender::default(),
            }),
            _directory: directory,
        }
    }

    /// The store refuses the sample of that number.
    pub(crate) fn refusing(mut self, number: u32) -> Self {
        Arc::get_mut(&mut self.store).unwrap().refused = Some(f64::from(number));
        self
    }

    pub(crate) async fn publish(&self, records: RecordBatch) {
        self.bus.publish(&Topic::METRICS, records).await.unwrap();
    }

    pub(crate) fn run(&self, config: PersisterConfig) -> Running {
        Running::new(config, self.bus.clone(), self.store.clone())
    }

    /// The numbers of all samples in the store, each once, rising.
    pub(crate) async fn stored(&self) -> Vec<u32> {
        let samples = self.store.newest(&SeriesFilter::default(), 100_000).await.unwrap();
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

    pub(crate) async fn position(&self) -> Option<Offset> {
        self.store.position(&Group::PERSISTER, &metrics_partition()).await.unwrap()
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
        let role = tokio::spawn(run(context.clone(), config, bus, store));
        Self { context, role }
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

/// The embedded store, but for what it refuses and fails at.
pub(crate) struct StagedStore {
    store: EmbeddedStore,
    refused: Option<f64>,
    failures: Mutex<Vec<PortError>>,
    appends: watch::Sender<Vec<Append>>,
    prunes: watch::Sender<usize>,
}

impl StagedStore {
    /// The next append that moves a position fails.
    pub(crate) fn fails(&self, error: PortError) {
        self.failures.lock().unwrap().push(error);
    }

    /// What was appended, in order.
    pub(crate) fn appends(&self) -> Vec<Append> {
        self.appends.borrow().clone()
    }

    /// Waits until the position of the persister has been moved to `next`.
    pub(crate) async fn comes_to(&self, next: Offset) {
        let moved = |advance: &Advance| advance.next == next;
        let has_moved = |appends: &Vec<Append>| appends.iter().flat_map(|append| &append.advances).any(moved);
        soon(self.appends.subscribe().wait_for(has_moved)).await.unwrap();
    }

    /// Waits until it was pruned.
    pub(crate) async fn was_pruned(&self) {
        soon(self.prunes.subscribe().wait_for(|&prunes| prunes > 0)).await.unwrap();
    }
}

#[async_trait]
impl SampleStore for StagedStore {
    async fn append(&self, batch: &Arc<Append>) -> Result<Appended, PortError> {
        if let Some(refused) = batch.samples.iter().find(|sample| Some(sample.value) == self.refused) {
            return Err(PortError::Rejected { what: "store", reason: format!("no {}", refused.value) });
        }
        let failure = if batch.advances.is_empty() { None } else { self.failures.lock().unwrap().pop() };
        if let Some(error) = failure {
            return Err(error);
        }
        let appended = SampleStore::append(&self.store, batch).await?;
        self.appends.send_modify(|appends| appends.push(Append::clone(batch)));
        Ok(appended)
    }

    async fn position(&self, group: &Group, partition: &TopicPartition) -> Result<Option<Offset>, PortError> {
        self.store.position(group, partition).await
    }

    async fn series(&self, filter: &SeriesFilter, page: &Page) -> Result<SeriesPage, PortError> {
        self.store.series(filter, page).await
    }

    async fn latest(&self, filter: &SeriesFilter, page: &Page) -> Result<Vec<Sample>, PortError> {
        self.store.latest(filter, page).await
    }

    async fn newest(&self, filter: &SeriesFilter, limit: usize) -> Result<Vec<Sample>, PortError> {
        self.store.newest(filter, limit).await
    }

    async fn range(&self, query: &RangeQuery, max_series: usize) -> Result<Vec<SeriesPoints>, PortError> {
        self.store.range(query, max_series).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        let pruned = self.store.prune(before).await;
        self.prunes.send_modify(|prunes| *prunes += 1);
        pruned
    }

    async fn check(&self) -> Result<(), PortError> {
        self.store.check().await
    }
}

/// The embedded bus, but for failures, and for who a member says it is.
pub(crate) struct StagedBus {
    bus: Arc<EmbeddedBus>,
    group: Option<Group>,
    failures: Mutex<Vec<PortError>>,
}

impl StagedBus {
    /// The same bus, where members join a group of their own: one that has not heard that it was put out
    /// of its group gets the records that the others get.
    pub(crate) fn of_a_zombie(&self) -> Arc<Self> {
        let group = Some(Group::named("zombie"));
        Arc::new(Self { bus: self.bus.clone(), group, failures: Mutex::default() })
    }

    /// The next publication fails.
    pub(crate) fn fails(&self, error: PortError) {
        self.failures.lock().unwrap().push(error);
    }
}

#[async_trait]
impl EventBus for StagedBus {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        let failure = self.failures.lock().unwrap().pop();
        match failure {
            Some(error) => Err(error),
            None => self.bus.publish(topic, batch).await,
        }
    }

    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        self.bus.subscribe(topic, self.group.as_ref().unwrap_or(group)).await
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

pub(crate) fn unavailable() -> PortError {
    PortError::Unavailable { what: "it", reason: "connection refused".into() }
}

pub(crate) fn broken() -> PortError {
    PortError::Broken { what: "it", reason: "damaged".into() }
}
