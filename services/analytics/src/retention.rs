//! Prunes rollups by retention.

use crate::metrics::AnalyticsMetrics;
use crate::pass::Walk;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::RollupStore;
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped};

/// How often rollups are pruned, the first time at the start.
const PRUNE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Prunes the store periodically until the role stops. After a failure it waits for the next interval; one that only
/// a restart helps ends the role. While the clock is not trusted, prunes only what was due at the last trusted
/// reading.
pub(crate) async fn keep_pruning(
    context: RoleContext,
    clock: Clock,
    walks: Vec<Walk>,
    rollups: Arc<dyn RollupStore>,
    metrics: AnalyticsMetrics,
) -> RoleResult {
    let heartbeat = context.heartbeat("prune");
    let mut rounds = Rounds::every(PRUNE_EVERY, &context, &heartbeat);
    while rounds.next(prune(&clock, &walks, &*rollups, &metrics)).await? {}
    Ok(())
}

async fn prune(
    clock: &Clock,
    walks: &[Walk],
    rollups: &dyn RollupStore,
    metrics: &AnalyticsMetrics,
) -> Result<(), Stopped> {
    let present = clock.look(Timestamp::now()).await?;
    for Walk { window, retention, .. } in walks {
        let before = present.earliest.minus(*retention);
        let removed = rollups.prune(*window, before).await?;
        if removed > 0 {
            metrics.pruned(*window, removed);
            tracing::info!(%window, removed, %before, "pruned rollups");
        }
    }
    Ok(())
}
