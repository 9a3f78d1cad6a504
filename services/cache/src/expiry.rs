//! Removes expired values from a cache that does not do so itself.

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::LatestCache;
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped};

/// How often expired values are removed; readers never see them in between.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Removes expired values periodically until the role stops. While the clock is not trusted, removes only what had
/// expired at the last trusted reading.
pub(crate) async fn keep_sweeping(
    context: RoleContext,
    clock: Clock,
    cache: Arc<dyn LatestCache>,
) -> RoleResult {
    let heartbeat = context.heartbeat("sweep");
    let mut rounds = Rounds::every(SWEEP_EVERY, &context, &heartbeat);
    while rounds.next(sweep(&clock, &*cache)).await? {}
    Ok(())
}

async fn sweep(clock: &Clock, cache: &dyn LatestCache) -> Result<(), Stopped> {
    let now = Timestamp::now();
    if clock.looked(now).await {
        cache.sweep(clock.present(now).earliest).await?;
    }
    Ok(())
}
