//! The processor's loops.

use crate::config::{Format, ProcessorConfig, SourceTopics};
use crate::counts::Counting;
use crate::decode::Processing;
use crate::deferral::{Deferral, Deferring};
use crate::live;
use crate::metrics::ProcessorMetrics;
use crate::retention;
use crate::routing::Routing;
use async_trait::async_trait;
use futures_util::future::try_join_all;
use std::sync::Arc;
use tokio::sync::watch;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{EventFilter, Timestamp};
use watchkeeper_persistence::{Batching, Persistence, Stored};
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::{
    AnswerCache, EventBus, EventQuery, EventStore, Group, Order, PortError, Processed, ScheduleStore, Sink,
    Topic,
};
use watchkeeper_runtime::{RoleContext, RoleResult};

/// What the processor needs.
pub struct Processor {
    /// Its settings.
    pub config: Reloadable<ProcessorConfig>,
    /// Further topics with events.
    pub topics: SourceTopics,
    /// What is done with events.
    pub pipelines: Reloadable<PipelineSet>,
    /// Where events come from.
    pub bus: Arc<dyn EventBus>,
    /// Where they are stored.
    pub store: Arc<dyn EventStore>,
    /// The clock's state, and until when counts are published.
    pub schedule: Arc<dyn ScheduleStore>,
    /// The counts of the last minutes.
    pub answers: Arc<dyn AnswerCache>,
}

/// Stores the events of topic `events` and of further topics, until the role stops.
pub async fn run(context: RoleContext, processor: Processor) -> RoleResult {
    let Processor { config, topics, pipelines, bus, store, schedule, answers } = processor;
    let metrics = ProcessorMetrics::register(context.registry())?;
    let batching = batching(config.clone());
    let stored = Arc::new(StoredEvents(Arc::clone(&store)));
    let group = Group::PROCESSOR;
    let persistence =
        Persistence::new(context.clone(), group, batching, Arc::clone(&bus), Arc::clone(&schedule), stored)?;
    let sink: Arc<dyn Sink<Processed>> =
        Arc::new(Routing { bus: Arc::clone(&bus), store: Arc::clone(&store), metrics: metrics.clone() });
    let deferral = Deferral::new();
    let deferring = Deferring {
        context: context.clone(),
        config: config.clone(),
        bus: Arc::clone(&bus),
        deferral: deferral.clone(),
        has_room: watch::Sender::new(false),
        metrics: metrics.clone(),
    };
    let decoder = |format, deferral| Processing {
        format,
        pipelines: pipelines.clone(),
        metrics: metrics.clone(),
        deferral,
    };
    let events = persistence.kind::<Processing>(sink)?;
    let own = events.store(decoder(Format::Auto, Some(deferral.clone())));
    let deferred = decoder(Format::Auto, None);
    let deferred = events.store_also(Topic::EVENTS_DEFERRED, Some(deferring.gate()), deferred);
    let others = topics.0.into_iter().map(|topic| {
        let decoder = decoder(topic.format, Some(deferral.clone()));
        events.store_also(Topic::named(topic.name), None, decoder)
    });
    let counting = Counting {
        context: context.clone(),
        persistence: persistence.clone(),
        pipelines: pipelines.clone(),
        bus,
        store: Arc::clone(&store),
        schedule,
        metrics: metrics.clone(),
    };
    tokio::try_join!(
        own,
        deferred,
        try_join_all(others.collect::<Vec<_>>()),
        deferring.keep_looking(),
        counting.keep_publishing(),
        live::keep_counting(context.clone(), Arc::clone(&store), answers),
        retention::keep_pruning(context.clone(), config, persistence.clone(), store),
        persistence.keep_looking(),
    )?;
    Ok(())
}

fn batching(config: Reloadable<ProcessorConfig>) -> impl Fn() -> Batching {
    move || {
        let config = config.current();
        Batching { records: config.batch_records, age: config.batch_age, retention: config.retention }
    }
}

struct StoredEvents(Arc<dyn EventStore>);

#[async_trait]
impl Stored for StoredEvents {
    async fn newest(&self, until: Timestamp) -> Result<Option<Timestamp>, PortError> {
        let query = EventQuery { filter: EventFilter::default(), time: Timestamp::MIN..until };
        let page = self.0.events(&query, Order::NewestFirst, None, 1).await?;
        Ok(page.events.first().map(|event| event.occurred_at))
    }
}
