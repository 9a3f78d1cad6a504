//! The embedded backend, in a directory of its own.

use crate::builders::batch;
use crate::in_memory::mailbox;
use crate::staged::Staged;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use watchkeeper_adapter_embedded::{
    EmbeddedAlerts, EmbeddedBus, EmbeddedEvents, EmbeddedOptions, EmbeddedReports, EmbeddedRollups,
    EmbeddedStore, MemoryAnswers, MemoryCache,
};
use watchkeeper_domain::clock::Looks;
use watchkeeper_domain::{Alert, Event, Sample, Timestamp};
use watchkeeper_ports::{
    AlertStore, AnswerCache, Append, Evaluation, EventBus, EventStore, IncidentStore, LatestCache, Mailer,
    NotificationStore, Offset, Processed, ReceivedBatch, RecordBatch, Reports, RollupStore, SampleStore,
    ScheduleStore, SilenceStore, Topic, TopicId, TopicPartition, TtlPolicy,
};
use watchkeeper_runtime::clock::to_marks;

/// A file system in memory, if there is one: commits there wait for no disk.
const IN_MEMORY: &str = "/dev/shm";
/// Time to live of the latest values.
const TTL: Duration = Duration::from_secs(3_600);

/// A temporary directory.
pub fn directory() -> TempDir {
    if Path::new(IN_MEMORY).is_dir() { TempDir::new_in(IN_MEMORY) } else { TempDir::new() }.unwrap()
}

/// The only partition of topic `metrics` on the embedded bus.
pub fn metrics_partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

/// The embedded backend, with a script for each port.
pub struct World {
    /// Topics.
    pub bus: Arc<Staged<dyn EventBus>>,
    /// Samples.
    pub samples: Arc<Staged<dyn SampleStore>>,
    /// Events.
    pub events: Arc<Staged<dyn EventStore>>,
    /// Marks.
    pub schedule: Arc<Staged<dyn ScheduleStore>>,
    /// The latest values.
    pub latest: Arc<Staged<dyn LatestCache>>,
    /// Answers to queries of events.
    pub answers: Arc<Staged<dyn AnswerCache>>,
    /// Reports in SQL over both.
    pub reports: Arc<Staged<dyn Reports>>,
    /// Rollups.
    pub rollups: Arc<Staged<dyn RollupStore>>,
    /// Alerts.
    pub alerts: Arc<Staged<dyn AlertStore>>,
    /// The outbox.
    pub notifications: Arc<Staged<dyn NotificationStore>>,
    /// Silences.
    pub silences: Arc<Staged<dyn SilenceStore>>,
    /// Incidents.
    pub incidents: Arc<Staged<dyn IncidentStore>>,
    /// A mailer that accepts everything.
    pub mailer: Arc<Staged<dyn Mailer>>,
    /// The directory of all of it.
    pub directory: TempDir,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An empty one.
    pub fn new() -> Self {
        let directory = directory();
        let dir = directory.path();
        let (store, alerts) = (EmbeddedStore::open(dir).unwrap(), EmbeddedAlerts::open(dir).unwrap());
        Self {
            bus: Staged::new(Arc::new(EmbeddedBus::open(dir, &EmbeddedOptions::default()).unwrap())),
            samples: Staged::new(store.samples()),
            events: Staged::new(Arc::new(EmbeddedEvents::open(dir).unwrap())),
            schedule: Staged::new(store.schedule()),
            latest: Staged::new(Arc::new(MemoryCache::new())),
            answers: Staged::new(Arc::new(MemoryAnswers::new())),
            reports: Staged::new(Arc::new(EmbeddedReports::of(dir))),
            rollups: Staged::new(Arc::new(EmbeddedRollups::open(dir).unwrap())),
            alerts: Staged::new(alerts.alerts()),
            notifications: Staged::new(alerts.notifications()),
            silences: Staged::new(alerts.silences()),
            incidents: Staged::new(alerts.incidents()),
            mailer: mailbox(),
            directory,
        }
    }

    /// Publishes records to topic `metrics`.
    pub async fn publish(&self, records: RecordBatch) {
        self.bus.publish(&Topic::METRICS, records).await.unwrap();
    }

    /// Publishes samples.
    pub async fn publish_samples(&self, samples: &[Sample]) {
        self.publish(batch(samples)).await;
    }

    /// Stores samples; no position moves.
    pub async fn store(&self, samples: &[Sample]) {
        self.samples.inner().append(Arc::new(Append::of(samples.to_vec()))).await.unwrap();
    }

    /// Stores events; no position moves.
    pub async fn store_events(&self, events: &[Event]) {
        let processed = events.iter().cloned().map(Processed::stored).collect();
        self.events.inner().append(Arc::new(Append::of(processed))).await.unwrap();
    }

    /// Puts samples into the cache for an hour.
    pub async fn cache(&self, samples: &[Sample]) {
        let ttl = TtlPolicy { default: TTL, by_source: BTreeMap::new() };
        self.latest.inner().put(samples, &ttl, Timestamp::now()).await.unwrap();
    }

    /// Alerts fire, or clear.
    pub async fn fire(&self, alerts: &[Alert]) {
        let evaluation = Evaluation { alerts: alerts.to_vec(), ..Evaluation::default() };
        self.alerts.inner().store(Arc::new(evaluation)).await.unwrap();
    }

    /// Records that a role read the clock, and trusted it, so long ago.
    pub async fn looked_at_the_clock(&self, role: &str, ago: Duration) {
        let marks = to_marks(&Looks::beginning_at(Timestamp::now().minus(ago)));
        self.schedule.mark(role, &marks.map(|(name, at)| (name.to_owned(), at))).await.unwrap();
    }

    /// The records in the first partition of a topic.
    pub async fn records(&self, topic: &Topic) -> ReceivedBatch {
        self.bus.read(&TopicPartition::new(topic.clone(), 0), 0, 10_000).await.unwrap()
    }

    /// The ID of topic `metrics`.
    pub async fn topic_id(&self) -> TopicId {
        self.bus.topic_id(&Topic::METRICS).await.unwrap()
    }

    /// The high watermark of topic `metrics`.
    pub async fn end(&self) -> Offset {
        self.bus.watermarks(&Topic::METRICS).await.unwrap()[0].high
    }
}
