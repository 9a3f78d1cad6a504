//! Filling an empty cache from the store.

use watchkeeper_domain::SeriesFilter;
use watchkeeper_domain::clock::Present;
use watchkeeper_domain::limits::latest_possible;
use watchkeeper_ports::{LatestCache, Page, PortError, SampleQueries, TtlPolicy};
use watchkeeper_runtime::Heartbeat;

/// The operators' name for the source of a refill.
pub(crate) const STORE: &str = "store";
/// Series per page of a refill.
const PAGE_SERIES: usize = 5_000;

/// Copies the latest sample of every series in the store into the cache; returns how many. A sample that would have
/// expired already is skipped; the others start a new time to live.
pub(crate) async fn refill(
    cache: &dyn LatestCache,
    store: &dyn SampleQueries,
    ttl: &TtlPolicy,
    present: Present,
    heartbeat: &Heartbeat,
) -> Result<usize, PortError> {
    let (all, mut page, mut count) = (SeriesFilter::default(), Page::first(PAGE_SERIES), 0);
    loop {
        heartbeat.beat();
        let latest = store.latest(&all, &page, latest_possible(present.latest));
        let mut samples = heartbeat.waiting(STORE, latest).await?;
        let Some(last) = samples.last() else { return Ok(count) };
        page.after = Some(last.series.key().to_owned());
        samples.retain(|sample| present.earliest.since(sample.collected_at) < ttl.of(sample.series.source()));
        count += samples.len();
        cache.put(&samples, ttl, present.latest).await?;
    }
}
