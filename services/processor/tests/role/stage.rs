//! A processor on the embedded backend.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_domain::event::{Draft, EventIds};
use watchkeeper_domain::{Event, EventFilter, Level, Timestamp};
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::{
    BatchBuilder, EventBus, EventQuery, Group, Lag, Order, RecordBatch, Topic, TopicPartition,
};
use watchkeeper_processor::{Processor, ProcessorConfig, SourceTopics, run};
use watchkeeper_runtime::RoleContext;
use watchkeeper_test_kit::{Running, Staged, World, counted, soon};
use watchkeeper_wire::event::push_event;

/// Stores at once.
pub(crate) fn config() -> ProcessorConfig {
    ProcessorConfig {
        batch_records: 10_000,
        batch_age: Duration::ZERO,
        retention: Duration::from_secs(30 * 24 * 3600),
        keep: Vec::new(),
        defer_from_lag: 1_000,
        defer_below: None,
    }
}

/// An event of now, with a number as its message.
pub(crate) fn event(number: u32, level: Level) -> Event {
    let now = Timestamp::now();
    let draft = Draft { level, service: "shop".into(), ..Draft::of_line(number.to_string()) };
    draft.arrived(|| EventIds::new(number).next(now), now).unwrap()
}

/// The records of events.
pub(crate) fn records<'e>(events: impl IntoIterator<Item = &'e Event>) -> RecordBatch {
    let mut batch = BatchBuilder::default();
    events.into_iter().for_each(|event| push_event(&mut batch, event));
    batch.finish()
}

/// The records of texts.
pub(crate) fn texts(texts: &[&[u8]]) -> RecordBatch {
    let mut batch = BatchBuilder::default();
    for text in texts {
        batch.push(b"", text);
    }
    batch.finish()
}

/// What a test has to do with.
pub(crate) struct Stage {
    world: World,
    pub(crate) pipelines: PipelineSet,
    pub(crate) topics: SourceTopics,
}

impl Deref for Stage {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// With the pipelines and topics of this configuration.
    pub(crate) fn with(text: &str) -> Self {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        let read =
            document.read(|root| (PipelineSet::read(root), root.section("processor", SourceTopics::read)));
        let (pipelines, topics) = read.map_err(|errors| errors.first()[0].to_string()).unwrap();
        Self { world: World::new(), pipelines, topics }
    }

    pub(crate) async fn publish_to(&self, topic: &Topic, records: RecordBatch) {
        self.bus.publish(topic, records).await.unwrap();
    }

    pub(crate) async fn publish_events(&self, records: RecordBatch) {
        self.publish_to(&Topic::EVENTS, records).await;
    }

    pub(crate) fn run(&self, config: ProcessorConfig) -> Running {
        self.run_on(self.bus.clone(), config)
    }

    pub(crate) fn run_on(&self, bus: Arc<Staged<dyn EventBus>>, config: ProcessorConfig) -> Running {
        let context = RoleContext::detached("processor");
        let processor = Processor {
            config: Reloadable::new(config),
            topics: self.topics.clone(),
            pipelines: Reloadable::new(self.pipelines.clone()),
            bus,
            store: self.events.clone(),
            schedule: self.schedule.clone(),
            answers: self.answers.clone(),
        };
        Running::new(context.clone(), run(context, processor))
    }

    /// The bus says that the group lags so far behind.
    pub(crate) fn lag_is(&self, records: u64) {
        let partition = TopicPartition::new(Topic::EVENTS, 0);
        self.bus.lag_is("processor", vec![Lag { partition, low: 0, committed: 0, high: records }]);
    }

    /// All stored events, oldest first.
    pub(crate) async fn stored(&self) -> Vec<Event> {
        let query = EventQuery { filter: EventFilter::default(), time: Timestamp::MIN..Timestamp::MAX };
        self.events.inner().events(&query, Order::OldestFirst, None, 10_000).await.unwrap().events
    }

    /// Waits until so many events are stored.
    pub(crate) async fn comes_to(&self, events: usize) -> Vec<Event> {
        soon(async {
            loop {
                let stored = self.stored().await;
                if stored.len() >= events {
                    return stored;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// The messages of all stored events, sorted.
    pub(crate) async fn messages(&self) -> Vec<String> {
        let mut messages: Vec<_> = self.stored().await.into_iter().map(|event| event.message).collect();
        messages.sort();
        messages
    }

    /// How far the group is behind on a topic.
    pub(crate) async fn lag(&self, topic: &Topic) -> u64 {
        let lags = self.bus.inner().lag(topic, &Group::PROCESSOR).await.unwrap();
        lags.iter().map(Lag::records).sum()
    }
}

/// The value of a counter `watchkeeper_processor_<name>`.
pub(crate) fn metric(context: &RoleContext, name: &str) -> f64 {
    counted(context.registry(), &format!("watchkeeper_processor_{name}"), &[])
}
