//! Prunes by retention.

use prometheus::IntCounter;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::Sink;
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped};

/// How often samples are pruned, the first time at the start.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);

/// Prunes `sink` periodically until the role stops. After a failure it waits for the next interval; one that only a
/// restart helps ends the role. While the clock is not trusted, prunes only what was due at the last trusted reading.
pub(crate) async fn keep_pruning<T: Send + Sync + 'static>(
    context: RoleContext,
    clock: Clock,
    sink: Arc<dyn Sink<T>>,
    items: &'static str,
    retention: impl Fn() -> Duration,
    pruned: IntCounter,
) -> RoleResult {
    let heartbeat = context.heartbeat("prune");
    let mut rounds = Rounds::every(PRUNE_EVERY, &context, &heartbeat);
    while rounds.next(prune(&clock, &*sink, items, &retention, &pruned)).await? {}
    Ok(())
}

async fn prune<T: Send + Sync + 'static>(
    clock: &Clock,
    sink: &dyn Sink<T>,
    items: &'static str,
    retention: &impl Fn() -> Duration,
    pruned: &IntCounter,
) -> Result<(), Stopped> {
    let before = clock.look(Timestamp::now()).await?.earliest.minus(retention());
    let removed = sink.prune(before).await?;
    if removed > 0 {
        pruned.inc_by(removed);
        tracing::info!(removed, %before, "pruned {items}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::StreamMetrics;
    use async_trait::async_trait;
    use tokio::time::sleep;
    use watchkeeper_domain::Sample;
    use watchkeeper_domain::clock::Looks;
    use watchkeeper_ports::PortError;
    use watchkeeper_runtime::clock::ClockLedger;
    use watchkeeper_test_kit::{World, sample, unavailable};

    /// The clock is as it was.
    struct Steady;

    #[async_trait]
    impl ClockLedger for Steady {
        async fn looks(&self, now: Timestamp) -> Result<Looks, PortError> {
            Ok(Looks::beginning_at(now))
        }

        async fn note(&self, _: &Looks) -> Result<(), PortError> {
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn old_samples_are_removed_at_the_start_and_every_hour_also_after_a_failure() {
        let context = RoleContext::detached("persister");
        let world = World::new();
        let store = world.samples.clone();
        store.fail_next("prune", unavailable("store"));
        let old = || async { world.store(&[sample("test/n", &[], Timestamp::MIN, 1.0)]).await };
        old().await;
        let pruned = StreamMetrics::register(context.registry(), "persister", "samples").unwrap().pruned;
        let clock = Clock::new(&context, Steady, || Duration::ZERO).unwrap();
        let pruning = keep_pruning::<Sample>(
            context.clone(),
            clock,
            store.clone(),
            "samples",
            || Duration::ZERO,
            pruned.clone(),
        );
        let pruning = tokio::spawn(pruning);
        sleep(PRUNE_EVERY / 2).await;
        assert_eq!((store.calls("prune").ended, pruned.get()), (1, 0));
        sleep(PRUNE_EVERY).await;
        assert_eq!((store.calls("prune").ended, pruned.get()), (2, 1));
        old().await;
        sleep(PRUNE_EVERY).await;
        assert_eq!((store.calls("prune").ended, pruned.get()), (3, 2));
        context.shutdown().cancel();
        pruning.await.unwrap().unwrap();
    }
}
