//! The event bus on Kafka.

use crate::client::{ConsumerEvents, start};
use crate::client_log::ClientLog;
use crate::error::{broken, port_error, unavailable};
use crate::metrics::{Meter, Metrics};
use crate::names::Names;
use crate::options::KafkaOptions;
use crate::partitioner::partition_of;
use crate::publish::Publisher;
use crate::questions::Questions;
use crate::queues::Queues;
use crate::received::raw_offset;
use crate::settings::Settings;
use crate::subscription::Member;
use crate::tail::Follower;
use crate::topics::{Topics, ensure};
use async_trait::async_trait;
use prometheus::Registry;
use rdkafka::consumer::Consumer;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use watchkeeper_ports::{
    EventBus, Group, Lag, Offset, Placement, PortError, ReceivedBatch, RecordBatch, Subscription, Tail,
    Topic, TopicId, TopicPartition, Watermarks,
};

/// Most requests in flight at once, each on a thread; further ones wait.
const MAX_QUESTIONS: usize = 16;

/// Most timeouts that a call may take, whatever librdkafka does: it may make several requests, each with its
/// own timeout.
const MOST_PATIENCE: u32 = 6;
/// The least limit of a call: librdkafka gives a commit the time of a session, 45 seconds, to find the
/// coordinator.
const LEAST_LIMIT: Duration = Duration::from_secs(60);

/// Waits for an answer up to a limit. Work of librdkafka on a thread continues there.
pub(crate) async fn in_time<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, PortError>>,
) -> Result<T, PortError> {
    let limit = LEAST_LIMIT.max(MOST_PATIENCE * patience);
    let late = |_| Err(unavailable(format!("no answer within {} s", limit.as_secs())));
    timeout(limit, answer).await.unwrap_or_else(late)
}

/// The event bus on Kafka.
///
/// A tail does not follow partitions that are added later.
pub struct KafkaBus {
    engine: Option<Arc<Engine>>,
}

pub(crate) struct Engine {
    pub(crate) settings: Arc<Settings>,
    pub(crate) names: Names,
    pub(crate) topics: Topics,
    publisher: Arc<Publisher>,
    questions: Questions,
    metrics: Arc<Metrics>,
    turns: Arc<Semaphore>,
}

impl KafkaBus {
    /// Creates the clients. They connect in the background and reconnect whenever a connection is lost; no
    /// broker need be up yet.
    ///
    /// # Errors
    /// [`PortError::Broken`] when a setting is wrong or reserved.
    pub fn new(options: &KafkaOptions) -> Result<Self, PortError> {
        let settings = Arc::new(Settings::new(options)?);
        let names = Names::new(&options.prefix);
        let metrics = Arc::new(Metrics::new().map_err(|error| broken(error.to_string()))?);
        let publisher = Arc::new(Publisher::new(&settings, &metrics)?);
        let questions = Questions::new(Arc::clone(&settings), names.clone(), Arc::clone(&publisher));
        let turns = Arc::new(Semaphore::new(MAX_QUESTIONS));
        let topics = Topics::default();
        let engine = Engine { settings, names, topics, publisher, questions, metrics, turns };
        Ok(Self { engine: Some(Arc::new(engine)) })
    }

    /// Checks the options as [`Self::new`] does, except that files need not be readable.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn check(options: &KafkaOptions) -> Result<(), PortError> {
        Settings::new(options).map(drop)
    }

    /// Registers the statistics that its clients report every few seconds: `watchkeeper_kafka_*`.
    ///
    /// # Errors
    /// If the registry already has metrics with these names, from another bus.
    pub fn register_metrics(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        self.engine().metrics.register(registry)
    }

    fn engine(&self) -> &Arc<Engine> {
        self.engine.as_ref().expect("it is taken when the bus is dropped, and not before")
    }
}

/// Closing a client blocks until its threads have ended: other tasks must not wait for that.
impl Drop for KafkaBus {
    fn drop(&mut self) {
        let engine = self.engine.take();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(engine));
        }
    }
}

impl Engine {
    fn client_log(&self, client: String) -> ClientLog {
        ClientLog::with_meter(client, Meter::of(&self.metrics))
    }

    /// Counts unreadable records that were skipped.
    pub(crate) fn count_unreadable(&self) {
        self.metrics.count_unreadable();
    }

    /// Makes a blocking request on a thread.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Questions) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let engine = Arc::clone(self);
        let answer = async {
            let turn = Arc::clone(&self.turns).acquire_owned().await;
            let asked = spawn_blocking(move || {
                let _turn = turn;
                question(&engine.questions)
            });
            asked.await.map_err(|error| unavailable(error.to_string()))?
        };
        in_time(self.settings.options().timeout, answer).await
    }
}

#[async_trait]
impl EventBus for KafkaBus {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        let engine = self.engine();
        if batch.is_empty() {
            return Ok(());
        }
        if !engine.topics.is_known(topic) {
            ensure(engine, topic).await?;
        }
        let published = engine.publisher.publish(&engine.names.topic(topic), &batch).await;
        // The topic may have been deleted.
        published.inspect_err(|_| engine.topics.forget(topic))
    }

    async fn placement(&self, topic: &Topic) -> Result<Placement, PortError> {
        let count = ensure(self.engine(), topic).await?;
        Ok(Placement::new(topic.clone(), u32::try_from(count).unwrap_or(u32::MAX), partition_of))
    }

    async fn topic_id(&self, topic: &Topic) -> Result<TopicId, PortError> {
        let engine = self.engine();
        ensure(engine, topic).await?;
        let topic = topic.clone();
        engine.ask(move |questions| questions.topic_id(&topic)).await
    }

    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        let engine = self.engine();
        ensure(engine, topic).await?;
        let (name, group_name) = (engine.names.topic(topic), engine.names.group(group));
        let timeout = engine.settings.options().timeout;
        let events = ConsumerEvents::new(
            name.clone(),
            engine.client_log(format!("member of {group_name}")),
            Some(timeout),
        );
        let consumer = start(&engine.settings.member(&group_name, &name), events, Arc::downgrade(engine))?;
        consumer.subscribe(&[&name]).map_err(|error| port_error(&error))?;
        let bus = Arc::downgrade(engine);
        let queues = Queues::new(topic.clone(), name, Some(group.clone()), consumer, bus);
        Ok(Box::new(Member::new(group.clone(), queues, timeout)))
    }

    async fn tail(&self, topic: &Topic) -> Result<Box<dyn Tail>, PortError> {
        let engine = self.engine();
        ensure(engine, topic).await?;
        let asked = topic.clone();
        let watermarks = engine.ask(move |questions| questions.watermarks(&asked)).await?;
        let ends = watermarks.iter().map(|Watermarks { partition, high: end, .. }| {
            (i32::try_from(partition.partition).unwrap_or(i32::MAX), raw_offset(*end))
        });
        let (ends, name) = (ends.collect(), engine.names.topic(topic));
        let events = ConsumerEvents::new(name.clone(), engine.client_log(format!("tail of {name}")), None);
        let consumer =
            start(&engine.settings.follower(&engine.names.no_group()), events, Arc::downgrade(engine))?;
        let queues = Queues::new(topic.clone(), name, None, consumer, Arc::downgrade(engine));
        Ok(Box::new(Follower::begin(queues, &ends)?))
    }

    async fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max_records: usize,
    ) -> Result<ReceivedBatch, PortError> {
        let partition = partition.clone();
        self.engine().ask(move |questions| questions.read(&partition, from, max_records)).await
    }

    async fn watermarks(&self, topic: &Topic) -> Result<Vec<Watermarks>, PortError> {
        let topic = topic.clone();
        self.engine().ask(move |questions| questions.watermarks(&topic)).await
    }

    async fn lag(&self, topic: &Topic, group: &Group) -> Result<Vec<Lag>, PortError> {
        let (topic, group) = (topic.clone(), group.clone());
        self.engine().ask(move |questions| questions.lag(&topic, &group)).await
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        self.engine().ask(Questions::topics).await
    }
}
