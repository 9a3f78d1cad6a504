//! Forgetting values whose time has passed, in a cache that does not do so by itself.

use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::LatestCache;
use watchkeeper_runtime::clock::Clock;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped};

/// How often expired values are looked for; readers never see them in between.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Sweeps the cache again and again until the role is asked to stop. By a clock that is doubted nothing is forgotten
/// that had not expired when it was last believed.
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
