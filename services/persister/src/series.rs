//! Limits the number of series in the store.

use async_trait::async_trait;
use prometheus::{IntCounter, IntGauge, Registry};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_ports::{
    Append, Appended, Group, PortError, PositionStore, SampleSink, Sink, StoredPosition, TopicId,
    TopicPartition,
};
use watchkeeper_runtime::telemetry::register;
use watchkeeper_runtime::{Grouped, Notice, RoleContext, RoleResult, Rounds, Stopped};

/// How often series are counted, the first time at the start.
const COUNT_EVERY: Duration = Duration::from_secs(60);
/// The percentage of the limit from which the operator is warned.
const NEARLY_FULL_PERCENT: u64 = 90;

/// The remedy when samples of new series are rejected.
const ADVICE: &str =
    ", set by `max_series` in [persister]: remove labels that change with every sample, or raise it";

#[derive(Clone)]
pub(crate) struct SeriesMetrics {
    series: IntGauge,
    without_room: IntCounter,
}

impl SeriesMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let series = IntGauge::new(
            "watchkeeper_persister_series",
            "Series in the store, counted at most a minute ago.",
        )?;
        let without_room = IntCounter::new(
            "watchkeeper_persister_samples_without_room_total",
            "Samples rejected because their series is new and the limit on series is reached.",
        )?;
        Ok(Self { series: register(registry, series)?, without_room: register(registry, without_room)? })
    }
}

/// A store of samples with a limit on the number of series.
#[derive(Clone)]
pub(crate) struct LimitedStore {
    store: Arc<dyn SampleSink>,
    max_series: Arc<dyn Fn() -> u64 + Send + Sync>,
    metrics: SeriesMetrics,
}

impl LimitedStore {
    /// `max_series` is asked each time, for it may be reloaded.
    pub(crate) fn new(
        store: Arc<dyn SampleSink>,
        max_series: impl Fn() -> u64 + Send + Sync + 'static,
        metrics: SeriesMetrics,
    ) -> Self {
        Self { store, max_series: Arc::new(max_series), metrics }
    }

    async fn count(&self, notice: &Notice) -> Result<(), Stopped> {
        let series = self.store.series_count().await?;
        self.metrics.series.set(i64::try_from(series).unwrap_or(i64::MAX));
        match nearly_full(series, (self.max_series)()) {
            Some(text) => notice.set(text),
            None => notice.clear(),
        }
        Ok(())
    }
}

#[async_trait]
impl PositionStore for LimitedStore {
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        self.store.position(group, partition, topic_id).await
    }
}

#[async_trait]
impl Sink<Sample> for LimitedStore {
    async fn append(&self, batch: Arc<Append<Sample>>) -> Result<Appended, PortError> {
        let appended = self.store.append_within((self.max_series)(), batch).await;
        appended.map_err(|error| match error {
            PortError::ItemsRejected { what, reason, items } => {
                self.metrics.without_room.inc_by(items.len() as u64);
                PortError::ItemsRejected { what, reason: reason + ADVICE, items }
            }
            other => other,
        })
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        self.store.prune(before).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.store.check().await
    }
}

/// Counts the series in the store periodically until the role stops, and warns before the limit is reached. After a
/// failure it waits for the next interval; one that only a restart helps ends the role.
pub(crate) async fn keep_counting(context: RoleContext, store: LimitedStore) -> RoleResult {
    let notice = context.notice("series in the store");
    let heartbeat = context.heartbeat("count series");
    let mut rounds = Rounds::every(COUNT_EVERY, &context, &heartbeat);
    while rounds.next(store.count(&notice)).await? {}
    Ok(())
}

/// The warning for so many series, if any.
fn nearly_full(series: u64, max_series: u64) -> Option<String> {
    let is_nearly_full = u128::from(series) * 100 >= u128::from(max_series) * u128::from(NEARLY_FULL_PERCENT);
    is_nearly_full.then(|| {
        let (series, most) = (Grouped(series), Grouped(max_series));
        format!("{series} series of at most {most} (`max_series` in [persister])")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;
    use watchkeeper_domain::Timestamp;
    use watchkeeper_test_kit::{World, sample};

    #[test]
    fn the_operator_is_told_before_there_is_no_room() {
        assert_eq!(nearly_full(899_999, 1_000_000), None);
        let told = "900,000 series of at most 1,000,000 (`max_series` in [persister])";
        assert_eq!(nearly_full(900_000, 1_000_000).as_deref(), Some(told));
        assert!(nearly_full(u64::MAX, 1).is_some());
        assert_eq!(nearly_full(0, u64::MAX), None);
    }

    #[tokio::test(start_paused = true)]
    async fn series_are_counted_every_minute_and_the_notice_comes_and_goes() {
        let context = RoleContext::detached("persister");
        let world = World::new();
        let store = world.samples.clone();
        let metrics = SeriesMetrics::register(context.registry()).unwrap();
        let (old, new) = (Timestamp::MIN, Timestamp::now());
        let of = |number: u32, at| sample("test/number", &[("of", &number.to_string())], at, 1.0);
        world
            .store(&(0..9).map(|number| of(number, if number == 0 { old } else { new })).collect::<Vec<_>>())
            .await;
        let limited = LimitedStore::new(store.clone(), || 10, metrics.clone());
        let counting = tokio::spawn(keep_counting(context.clone(), limited));
        let shown = || context.roster().roles()["persister"].to_string();
        sleep(COUNT_EVERY / 2).await;
        assert_eq!(metrics.series.get(), 9);
        assert!(shown().starts_with("9 series of at most 10 (`max_series` in [persister]); "), "{}", shown());
        store.prune(new).await.unwrap();
        sleep(COUNT_EVERY).await;
        assert_eq!(metrics.series.get(), 8);
        assert!(!shown().contains("series"), "{}", shown());
        context.shutdown().cancel();
        counting.await.unwrap().unwrap();
    }
}
