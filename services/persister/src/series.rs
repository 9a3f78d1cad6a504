//! How many series there are, and may be.

use crate::metrics::PersisterMetrics;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_ports::SampleStore;
use watchkeeper_runtime::{Grouped, Notice, RoleContext, RoleResult, Rounds, Stopped};

/// How often series are counted, the first time at the start.
const COUNT_EVERY: Duration = Duration::from_secs(60);
/// From which percentage of the most series on the operator is told.
const NEARLY_FULL_PERCENT: u64 = 90;

/// Why a sample of a new series is rejected.
pub(crate) fn no_room(series: u64, max_series: u64) -> String {
    format!(
        "series: is new, and the store has {series}, the limit is {max_series}, set by `max_series` in \
         [persister]: remove labels that change with every sample, or raise it"
    )
}

/// Counts the series in the store again and again until the role is asked to stop, and says when there will soon be
/// no room for others. A failure waits for the next time; one that only a restart helps ends the role.
pub(crate) async fn keep_counting(
    context: RoleContext,
    store: Arc<dyn SampleStore>,
    max_series: u64,
    metrics: Arc<PersisterMetrics>,
) -> RoleResult {
    let notice = context.notice("series in the store");
    let heartbeat = context.heartbeat("count series");
    let mut rounds = Rounds::every(COUNT_EVERY, &context, &heartbeat);
    while rounds.next(count(&*store, max_series, &metrics, &notice)).await? {}
    Ok(())
}

async fn count(
    store: &dyn SampleStore,
    max_series: u64,
    metrics: &PersisterMetrics,
    notice: &Notice,
) -> Result<(), Stopped> {
    let series = store.series_count().await?;
    metrics.series.set(i64::try_from(series).unwrap_or(i64::MAX));
    match nearly_full(series, max_series) {
        Some(text) => notice.set(text),
        None => notice.clear(),
    }
    Ok(())
}

/// What the operator is told of so many series, if anything.
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
    use crate::fake_store::{FakeStore, sample};
    use tokio::time::sleep;
    use watchkeeper_ports::Append;

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
        let store = Arc::new(FakeStore::refusing(|_| false));
        let metrics = Arc::new(PersisterMetrics::register(context.registry()).unwrap());
        let append = Append { samples: (0..9).map(sample).collect(), ..Append::default() };
        store.append(&Arc::new(append)).await.unwrap();
        let counting = tokio::spawn(keep_counting(context.clone(), store.clone(), 10, metrics.clone()));
        let shown = || context.roster().roles()["persister"].to_string();
        sleep(COUNT_EVERY / 2).await;
        assert_eq!(metrics.series.get(), 9);
        assert!(shown().starts_with("9 series of at most 10 (`max_series` in [persister]); "), "{}", shown());
        store.kept.lock().unwrap().pop_first();
        sleep(COUNT_EVERY).await;
        assert_eq!(metrics.series.get(), 8);
        assert!(!shown().contains("series"), "{}", shown());
        context.shutdown().cancel();
        counting.await.unwrap().unwrap();
    }
}
