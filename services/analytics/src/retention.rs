//! Removing rollups that are older than their retention.

use crate::metrics::AnalyticsMetrics;
use crate::pass::Walk;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::RollupStore;
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::{RoleContext, RoleResult, now_and_then};

/// How often old rollups are removed, the first time at the start.
const PRUNE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Prunes the store again and again until the role is asked to stop. A failure waits for the next time. By a clock
/// that is doubted nothing is removed that was not old when it was last believed.
pub(crate) async fn keep_pruning(
    context: RoleContext,
    clock: Clock,
    walks: Vec<Walk>,
    rollups: Arc<dyn RollupStore>,
    metrics: AnalyticsMetrics,
) -> RoleResult {
    now_and_then(&context, PRUNE_EVERY, || async {
        let present = match clock.look(Timestamp::now()).await {
            Ok(present) => present,
            Err(error) => return tracing::warn!(%error, "cannot remove old rollups now"),
        };
        for Walk { window, retention, .. } in &walks {
            let before = present.earliest.minus(*retention);
            match rollups.prune(*window, before).await {
                Ok(0) => {}
                Ok(removed) => {
                    metrics.pruned(*window, removed);
                    tracing::info!(%window, rollups = removed, %before, "removed rollups past their retention");
                }
                Err(error) => tracing::warn!(%window, %error, "cannot remove old rollups now"),
            }
        }
    })
    .await
}
