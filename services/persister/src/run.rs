//! The persister's loops.

use crate::clock::{BusTime, StoredClock, keep_looking};
use crate::config::PersisterConfig;
use crate::metrics::PersisterMetrics;
use crate::persist::Persistence;
use crate::series::{LimitedStore, SeriesMetrics, keep_counting};
use std::sync::Arc;
use watchkeeper_ports::{EventBus, SampleStore, ScheduleStore};
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_wire::sample::SampleDecoder;

/// Stores the samples of topic `metrics`, and removes those past their retention, until asked to stop. What is seen
/// of the clock meanwhile is kept in `schedule`.
pub async fn run(
    context: RoleContext,
    config: PersisterConfig,
    bus: Arc<dyn EventBus>,
    store: Arc<dyn SampleStore>,
    schedule: Arc<dyn ScheduleStore>,
) -> RoleResult {
    let (registry, max_series) = (context.registry(), config.max_series);
    let (metrics, series_metrics) =
        (PersisterMetrics::register(registry)?, SeriesMetrics::register(registry)?);
    let ledger = StoredClock { schedule, samples: store.clone() };
    let clock = Clock::new(&context, ledger, config.retention)?;
    let bus_time = Arc::new(BusTime::default());
    let looking = keep_looking(context.clone(), clock.clone(), Arc::clone(&bus), Arc::clone(&bus_time));
    let limited = LimitedStore::new(store, max_series, series_metrics);
    let counting = keep_counting(context.clone(), limited.clone());
    let persistence = Persistence { context, config, bus, clock, bus_time, metrics };
    // Each kind of record is one more line like this.
    let samples = persistence.of(SampleDecoder::default(), Arc::new(limited))?;
    tokio::try_join!(samples, counting, looking)?;
    Ok(())
}
