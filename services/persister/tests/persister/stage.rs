//! A persister on the embedded backend.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};
use watchkeeper_persister::{PersisterConfig, run};
use watchkeeper_ports::limits::BATCH_BYTES_TAKEN;
use watchkeeper_ports::{
    EventBus, Group, Offset, PositionStore as _, ReceivedBatch, RecordBatch, SampleQueries as _, Topic,
};
use watchkeeper_runtime::RoleContext;
use watchkeeper_test_kit::{BusEvent, Running, Staged, World, batch, metrics_partition, rejected, series};

/// Stores at once.
pub(crate) fn config() -> PersisterConfig {
    PersisterConfig {
        batch_records: 10_000,
        batch_age: Duration::ZERO,
        retention: Duration::from_secs(90 * 24 * 3600),
        max_series: 1_000,
    }
}

/// A sample of today that the test knows by its number.
pub(crate) fn sample(number: u32) -> Sample {
    let today = Timestamp::now().window_start(Duration::from_secs(24 * 3600));
    let collected_at = today.plus(Duration::from_micros(number.into()));
    Sample::new(series("test/number", &[]), collected_at, f64::from(number))
}

/// The records of some samples.
pub(crate) fn records(numbers: impl IntoIterator<Item = u32>) -> RecordBatch {
    batch(&numbers.into_iter().map(sample).collect::<Vec<_>>())
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
    /// The bus takes no larger batch than every bus does.
    pub(crate) fn new() -> Self {
        let world = World::new();
        world.bus.refuse_when(|event| match event {
            BusEvent::Published(_, batch) if batch.published_bytes() > BATCH_BYTES_TAKEN => {
                Some(rejected("bus", format!("{} bytes are too many", batch.published_bytes())))
            }
            _ => None,
        });
        Self(world)
    }

    /// The store refuses the sample of that number.
    pub(crate) fn refusing(number: u32) -> Self {
        let stage = Self::new();
        stage.samples.refuse_samples(move |sample| *sample == self::sample(number));
        stage
    }

    /// The same bus for one that has not heard that it was put out of its group.
    pub(crate) fn bus_of_a_zombie(&self) -> Arc<Staged<dyn EventBus>> {
        let bus = Staged::new(self.bus.inner());
        bus.join_as(Group::named("zombie"));
        bus
    }

    pub(crate) fn run(&self, config: PersisterConfig) -> Running {
        self.run_on(self.bus.clone(), config)
    }

    pub(crate) fn run_on(&self, bus: Arc<Staged<dyn EventBus>>, config: PersisterConfig) -> Running {
        let context = RoleContext::detached("persister");
        let config = Reloadable::new(config);
        Running::new(context.clone(), run(context, config, bus, self.samples.clone(), self.schedule.clone()))
    }

    /// The clock was looked at, and believed, so long ago.
    pub(crate) async fn looked_at_the_clock(&self, ago: Duration) {
        self.0.looked_at_the_clock("persister", ago).await;
    }

    /// The numbers of all samples in the store, each once, rising.
    pub(crate) async fn stored(&self) -> Vec<u32> {
        let samples = self.samples.newest(&SeriesFilter::default(), 100_000, Timestamp::MAX).await.unwrap();
        let mut numbers: Vec<_> = samples.iter().map(|sample| sample.value).collect();
        numbers.sort_by(f64::total_cmp);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "they were numbers")]
        numbers.into_iter().map(|number| number as u32).collect()
    }

    /// The records on the dead-letter topic.
    pub(crate) async fn dead_letters(&self) -> ReceivedBatch {
        self.records(&Topic::METRICS.dead_letters()).await
    }

    /// The records on topic `metrics`.
    pub(crate) async fn metrics(&self) -> ReceivedBatch {
        self.records(&Topic::METRICS).await
    }

    pub(crate) async fn position(&self) -> Option<Offset> {
        let topic_id = self.topic_id().await;
        self.samples.position(&Group::PERSISTER, &metrics_partition(), &topic_id).await.unwrap().known()
    }
}

/// The values of the counters `watchkeeper_persister_<name>_total`.
pub(crate) fn counted<const N: usize>(context: &RoleContext, names: [&str; N]) -> [String; N] {
    names.map(|name| {
        let name = format!("watchkeeper_persister_{name}_total");
        watchkeeper_test_kit::counted(context.registry(), &name, &[]).to_string()
    })
}
