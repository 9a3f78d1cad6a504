//! The persister's loops.

use crate::clock::{BusTime, StoredClock, keep_looking};
use crate::config::PersisterConfig;
use crate::metrics::PersisterMetrics;
use crate::persist::Persistence;
use crate::series::{LimitedStore, SeriesMetrics, keep_counting};
use std::sync::Arc;
use watchkeeper_config::Reloadable;
use watchkeeper_ports::{EventBus, SampleStore, ScheduleStore};
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_wire::sample::SampleDecoder;

/// Stores the samples of topic `metrics`, and prunes them by retention, until the role stops. The clock's state is
/// kept in `schedule`.
pub async fn run(
    context: RoleContext,
    config: Reloadable<PersisterConfig>,
    bus: Arc<dyn EventBus>,
    store: Arc<dyn SampleStore>,
    schedule: Arc<dyn ScheduleStore>,
) -> RoleResult {
    let registry = context.registry();
    let (metrics, series_metrics) =
        (PersisterMetrics::register(registry)?, SeriesMetrics::register(registry)?);
    let (max_series, retention) = (config.clone(), config.clone());
    let max_series = move || max_series.current().max_series;
    let retention = move || retention.current().retention;
    let ledger = StoredClock { schedule, samples: store.clone() };
    let clock = Clock::new(&context, ledger, retention)?;
    let bus_time = Arc::new(BusTime::default());
    let looking = keep_looking(context.clone(), clock.clone(), Arc::clone(&bus), Arc::clone(&bus_time));
    let limited = LimitedStore::new(store, max_series, series_metrics);
    let counting = keep_counting(context.clone(), limited.clone());
    let persistence = Persistence { context, config, bus, clock, bus_time, metrics };
    // Add one line like this for each kind of record.
    let samples = persistence.of(SampleDecoder::default(), Arc::new(limited))?;
    tokio::try_join!(samples, counting, looking)?;
    Ok(())
}
