//! The persister's loops.

use crate::config::PersisterConfig;
use crate::series::{LimitedStore, SeriesMetrics, keep_counting};
use async_trait::async_trait;
use std::sync::Arc;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{SeriesFilter, Timestamp};
use watchkeeper_persistence::{Batching, Persistence, Stored};
use watchkeeper_ports::{EventBus, Group, PortError, SampleStore, ScheduleStore};
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
    let series_metrics = SeriesMetrics::register(context.registry())?;
    let max_series = config.clone();
    let limited = LimitedStore::new(store.clone(), move || max_series.current().max_series, series_metrics);
    let batching = move || {
        let config = config.current();
        Batching { records: config.batch_records, age: config.batch_age, retention: config.retention }
    };
    let stored = Arc::new(StoredSamples(store));
    let persistence = Persistence::new(context.clone(), Group::PERSISTER, batching, bus, schedule, stored)?;
    let samples = persistence.kind::<SampleDecoder>(Arc::new(limited.clone()))?;
    let storing = samples.store(SampleDecoder::default());
    tokio::try_join!(storing, keep_counting(context, limited), persistence.keep_looking())?;
    Ok(())
}

struct StoredSamples(Arc<dyn SampleStore>);

#[async_trait]
impl Stored for StoredSamples {
    async fn newest(&self, until: Timestamp) -> Result<Option<Timestamp>, PortError> {
        let newest = self.0.newest(&SeriesFilter::default(), 1, until).await?;
        Ok(newest.first().map(|sample| sample.collected_at))
    }
}
